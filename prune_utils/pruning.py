"""Slice units out of a network, and compensate the next layer for what was dropped."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from ._checks import require, require_finite, require_indices
from .models import chain, hidden_widths, require_activations
from .redundancy import centred

COMPENSATIONS = ("none", "mean", "least_squares")


def slice_units(tree, keep):
    """The bare slicing: every kernel and bias restricted to the kept units.

    Works on parameters, on anything of their shape (gradients, Adam's moments), on any pytree that holds such parts
    (the optax state of Adam, SGD and the like: `slice_units(run.opt_state, keep)` lets training go on with the moments of the kept units), and on
    stacks of them with leading axes (snapshots). Leaves outside a chain, such as step counts, pass through.

    Args:
      tree: the pytree.
      keep: one index array (kept,) for each hidden layer.

    Returns:
      The same structure, smaller.

    Raises:
      ValueError: if the tree holds no chain of Dense layers, or `keep` does not fit it.
    """

    def is_chain(node):
        return (
            isinstance(node, Mapping)
            and len(node) > 0
            and all(isinstance(v, Mapping) and "kernel" in v for v in node.values())
        )

    found = []

    def slice_node(node):
        if not is_chain(node):
            return node
        found.append(node)
        return _slice_chain(node, keep)

    result = jax.tree.map(slice_node, tree, is_leaf=is_chain)
    bare = all(jnp.ndim(leaf) == 0 for leaf in jax.tree.leaves(tree))  # the state of plain SGD: nothing to slice
    require(found or bare, "tree", "a params-shaped pytree, or one that holds such parts")
    return result


def _slice_chain(params, keep):
    names = chain(params)
    require_indices(keep, hidden_widths(params), "keep")
    result = {}
    for index, name in enumerate(names):
        kernel, bias = params[name]["kernel"], params[name]["bias"]
        if index > 0:
            kernel = jnp.take(kernel, keep[index - 1], axis=-2)
        if index < len(keep):
            kernel, bias = jnp.take(kernel, keep[index], axis=-1), jnp.take(bias, keep[index], axis=-1)
        result[name] = {"kernel": kernel, "bias": bias}
    return result


def prune(params, keep, acts, compensation="mean", *, activation=jax.nn.relu, ridge=1e-6):
    """Removes all hidden units but the kept ones, and compensates the next layer.

    Write h (n, width) for a layer's original activations, ĥ (n, kept) for those of the kept units, W and b for the next
    layer's kernel and bias, and K for the kept rows of W. The next layer used to see h W + b.

    - "none": ĥ K + b. The units are deleted.
    - "mean": the dropped units are replaced by their means over the data, ĥ K + (b + Σ_dropped mean(h_i) W_i): the
      post's formula, with the means of the original network.
    - "least_squares": the best affine prediction of h from ĥ, folded into kernel and bias. ĥ is what the kept units do
      *in the pruned network*, layer after layer, so that each layer also corrects for what pruning did before it. The
      regression is on the deviation from "mean" with a small relative ridge: where the kept units predict nothing it
      *is* "mean", and dead or duplicate units do no harm.

    Args:
      params: a chain of Dense layers.
      keep: one index array for each hidden layer.
      acts: the original hidden activations on the data, a tuple of (n, width).
      compensation: one of the names above.
      activation: the network's activation function; "least_squares" needs it beyond the first hidden layer.
      ridge: penalty of "least_squares" relative to the mean variance of the kept units, above 0.

    Returns:
      The parameters of the smaller network.

    Raises:
      ValueError: if `params` is no chain, `keep` or `acts` do not fit it, a number is not finite, or the name is
        unknown.
    """
    require(compensation in COMPENSATIONS, "compensation", f"one of {', '.join(COMPENSATIONS)}, got {compensation!r}")
    names = chain(params)
    require(all(params[name]["kernel"].ndim == 2 for name in names), "params", "2-D kernels; use jax.vmap for stacks")
    require(0 < ridge < float("inf"), "ridge", f"a positive number, got {ridge!r}")
    require_finite(params, "params")
    require_activations(acts, params)
    small = slice_units(params, keep)
    if compensation == "none":
        return small
    for index, kept in enumerate(keep):
        before, after = small[names[index]], names[index + 1]
        h = jnp.asarray(acts[index])
        if compensation == "mean" or index == 0:
            h_kept = jnp.take(h, kept, axis=1)
        else:
            h_kept = activation(h_kept @ before["kernel"] + before["bias"][None, :])
        original = params[after]["kernel"]
        shift, mix = make_up(h, h_kept, kept, compensation, ridge)
        bias = params[after]["bias"] + shift @ original
        kernel = jnp.take(original, kept, axis=0)
        if mix is not None:
            kernel = kernel + mix @ original
        if index + 1 < len(keep):
            kernel, bias = jnp.take(kernel, keep[index + 1], axis=1), jnp.take(bias, keep[index + 1])
        small = {**small, after: {"kernel": kernel, "bias": bias}}
    return small


def make_up(h, h_kept, kept, compensation, ridge=1e-6):
    """How a compensation replaces a layer's activations by those of its kept units.

    Args:
      h: the original activations (n, width).
      h_kept: the kept units' in the pruned network (n, kept).
      kept: their indices.
      compensation: "mean" or "least_squares".
      ridge: see `prune`.

    Returns:
      (shift, mix), (width,) and (kept, width): in place of h stands h_kept in the columns of the kept units, plus
      h_kept @ mix + shift everywhere. For "mean" mix is None.
    """
    residual = h.at[:, kept].add(-h_kept)
    shift = residual.mean(axis=0)
    if compensation == "mean":
        return shift, None
    mix = _ridge_regression(h_kept, residual, ridge)
    return shift - h_kept.mean(axis=0) @ mix, mix


def _ridge_regression(inputs, targets, ridge):
    """Coefficients (inputs, targets) of the centred regression, by QR of the design with the ridge as extra rows."""
    x = centred(inputs)
    y = targets - targets.mean(axis=0, keepdims=True)
    points, width = x.shape
    penalty = jnp.maximum(ridge * jnp.square(x).sum() / width, jnp.finfo(x.dtype).tiny)  # all kept units dead: no 0 / 0
    q, r = jnp.linalg.qr(jnp.concatenate([x, jnp.sqrt(penalty) * jnp.eye(width, dtype=x.dtype)]))
    return jax.scipy.linalg.solve_triangular(r, q[:points].T @ y)
