"""Takes units out of a network and makes up for them: one surgery, one compensation."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from ._checks import require, require_finite, require_indices
from .compensation import COMPENSATIONS, missing, replacement, shift_and_mix
from .linalg import wide
from .models import chain, hidden_widths, require_activations
from .reading import rearranged_back
from .surgery import Dim, UnitTable, positions, slice_leaf, slice_tree, widths_of
from .tracing import shape_of


@partial(jax.tree_util.register_dataclass, data_fields=["params", "constants"], meta_fields=[])
@dataclass
class WithConstants:
    """Parameters of a pruned network with constants for the kernels that have no bias behind them.

    Attributes:
      params: of the structure of the user's own.
      constants: kernel name -> array, added to what that kernel puts out.
    """

    params: Any
    constants: dict[str, jax.Array]


def unwrapped(params):
    """(parameters, constants) of what `Network.prune` returns."""
    return (params.params, params.constants) if isinstance(params, WithConstants) else (params, {})


def require_compensation(compensation, ridge):
    """Raises ValueError unless there is such a compensation, and the ridge is one."""
    known = ", ".join(COMPENSATIONS)
    require(compensation in COMPENSATIONS, "compensation", f"one of {known}, got {compensation!r}")
    require(0 < ridge < float("inf"), "ridge", f"a positive number, got {ridge!r}")


def require_inputs(net, x, purpose):
    """Raises ValueError unless there are inputs to look at the units on, like the traced one."""
    require(x is not None, "x", f"inputs, which {purpose} needs")
    (like,) = net.traced.args
    fits = jax.tree.structure(x) == jax.tree.structure(like)
    require(fits, "x", f"the structure {jax.tree.structure(like)}, got {jax.tree.structure(x)}")
    for own, traced in zip(jax.tree.leaves(shape_of(x)), jax.tree.leaves(like), strict=True):
        fits = own.ndim == traced.ndim and own.shape[1:] == traced.shape[1:]
        wanted = ("any number", *traced.shape[1:]) if traced.ndim else ()
        require(fits, "x", f"the shape {wanted}, as traced, got {own.shape}")
        fits = jnp.issubdtype(own.dtype, jnp.inexact) == jnp.issubdtype(traced.dtype, jnp.inexact)
        require(fits, "x", f"{traced.dtype}, as traced, got {own.dtype}")
    require_finite(x, "x")
    require(all(leaf.size for leaf in jax.tree.leaves(x)), "x", "at least one input, got none")


def prune_network(net, params, keep, x, compensation, ridge):
    """See `Network.prune`."""
    require_compensation(compensation, ridge)
    require_finite(params, "params")
    widths = widths_of(net.table, unwrapped(params)[0])
    require_indices(keep, widths, "keep")
    small, rung = net.slice(params, keep), COMPENSATIONS[compensation]
    if rung.mix is None and not rung.constant:
        return small
    require_inputs(net, x, f'the compensation "{compensation}"')
    before, changes = {}, []

    def remember(reading, inputs, run):
        if reading.layers:
            before[reading.name] = inputs
        return run(inputs)

    def make_up(reading, inputs, run):
        if not reading.layers:
            return run(inputs)
        here = reading.at(widths)
        kernel, constant = _compensated(here, before[reading.name], inputs, keep, rung, ridge)
        changes.append((reading, kernel, constant))
        activations, old = reading.operands(inputs)
        (result,) = run(reading.operands((activations, kernel.astype(old.dtype))))
        return [result + constant]

    net.watch(params, x, remember)
    net.watch(small, x, make_up)
    return _written(net, small, changes)


def _compensated(here, before, inputs, keep, rung, ridge):
    """A reader's new kernel, and the constant to add to what it puts out.

    Args:
      here: its `Reading` before the pruning.
      before: the step's inputs in the network before the pruning.
      inputs: the same in the network as pruned so far.
      keep, rung, ridge: what stays, how it makes up, and the ridge.
    """
    after = here.at([len(kept) for kept in keep])
    kept = positions(here.features, keep)
    (h, kernel), (h_kept, small) = here.operands(before), here.operands(inputs)
    fine = wide(h.dtype)
    rows, _ = here.rows(h.astype(fine))
    rows_kept, _ = after.rows(h_kept.astype(fine))
    mixes = rung.mix is not None and here.chain is not None
    mix, _ = replacement(rung if mixes else rung._replace(mix=None), rows, rows_kept, kept, ridge)
    others = [axis if place not in here.site.rows else () for place, axis in enumerate(here.kernel)]
    rest = slice_leaf(kernel, others, keep).astype(fine)
    if mix is not None:
        columns, undo = after.columns(small.astype(fine))
        small = undo(columns + here.columns(rest)[0] @ mix.T)
    means, undo = here.rows(here.averaged(h.astype(fine)))
    seen = after.rows(here.averaged(h_kept.astype(fine)))[0] if rung.sequential else means[:, kept]
    field = undo(missing(means, seen, kept, mix))
    constant = here.output_of(field.astype(h.dtype), rest.astype(h.dtype))
    return small, constant.astype(h.dtype)


def _written(net, small, changes):
    """The parameters with the readers' new kernels, and their constants in the parameters behind them."""
    own, constants = unwrapped(small)
    leaves, structure = jax.tree.flatten(own)
    widths, constants = widths_of(net.table, own), dict(constants)
    for reading, kernel, constant in changes:
        if reading.chain is not None:
            old = leaves[reading.chain.leaf]
            leaves[reading.chain.leaf] = rearranged_back(reading.chain, kernel, widths, old.dtype)
        if reading.bias is None:
            constants[reading.name] = constants.get(reading.name, 0) + constant
        else:
            order, chain, sign = reading.bias
            moved = constant.transpose(order)
            leaves[chain.leaf] += sign * rearranged_back(
                chain, moved, widths, leaves[chain.leaf].dtype
            )
    own = jax.tree.unflatten(structure, leaves)
    return WithConstants(own, constants) if constants else own


def chain_table(params):
    """The `UnitTable` of a chain of Dense layers, from its parameters alone."""
    names, widths = chain(params), hidden_widths(params)
    axes = {}
    for index, name in enumerate(names):
        inputs, outputs = params[name]["kernel"].shape[-2:]
        into = (Dim(inputs, index - 1 if index else None),)
        out = (Dim(outputs, index if index < len(widths) else None),)
        axes[name] = {"kernel": (into, out), "bias": (out,)}
    structure = jax.tree.structure(params)
    return UnitTable(widths, tuple(names[:-1]), tuple(structure.flatten_up_to(axes)), structure)


def slice_units(tree, keep):
    """A chain of Dense layers restricted to the kept units, or anything that holds such chains, see `slice_tree`.

    Args:
      tree: parameters, gradients, an optax state, snapshots with leading axes.
      keep: one index array (kept,) for each hidden layer.

    Returns:
      The same structure, smaller.

    Raises:
      ValueError: if the tree holds no chain of Dense layers, or `keep` does not fit it.
    """

    def is_chain(node):
        layers = node.values() if isinstance(node, Mapping) else ()
        return len(layers) > 0 and all(isinstance(v, Mapping) and "kernel" in v for v in layers)

    found = [node for node in jax.tree.leaves(tree, is_leaf=is_chain) if is_chain(node)]
    bare = all(
        jnp.ndim(leaf) == 0 for leaf in jax.tree.leaves(tree)
    )  # plain SGD's state: nothing to slice
    require(found or bare, "tree", "a params-shaped pytree, or one that holds such parts")
    return slice_tree(chain_table(found[0]), tree, keep) if found else tree


def prune(params, keep, acts, compensation="mean", *, activation=jax.nn.relu, ridge=1e-6):
    """Removes all hidden units of a chain of Dense layers but the kept ones, and compensates the next layer.

    Write h (n, width) for a layer's original activations, ĥ (n, kept) for those of the kept units, W and b for the next
    layer's kernel and bias, and K for the kept rows of W. The next layer used to see h W + b.

    - "none": ĥ K + b. The units are deleted.
    - "mean": the dropped units are replaced by their means over the data, ĥ K + (b + Σ_dropped mean(h_i) W_i): the
      post's formula, with the means of the original network.
    - "least_squares": the best affine prediction of h from ĥ, folded into kernel and bias. ĥ is what the kept units do
      *in the pruned network*, layer after layer, so that each layer also corrects for what pruning did before it.

    Args:
      params: a chain of Dense layers.
      keep: one index array for each hidden layer.
      acts: the original hidden activations on the data, a tuple of (n, width).
      compensation: a name in `COMPENSATIONS`.
      activation: the network's activation function; "least_squares" needs it beyond the first hidden layer.
      ridge: penalty of "least_squares" relative to the mean variance of the kept units, above 0.

    Returns:
      The parameters of the smaller network.

    Raises:
      ValueError: if `params` is no chain, `keep` or `acts` do not fit it, a number is not finite, or the name is
        unknown.
    """
    require_compensation(compensation, ridge)
    names, rung = chain(params), COMPENSATIONS[compensation]
    flat = all(params[name]["kernel"].ndim == 2 for name in names)
    require(flat, "params", "2-D kernels; use jax.vmap for stacks")
    require_finite(params, "params")
    require_activations(acts, params)
    small = slice_units(params, keep)
    if rung.mix is None and not rung.constant:
        return small
    for index, kept in enumerate(keep):
        layer, after, h = small[names[index]], names[index + 1], jnp.asarray(acts[index])
        if rung.sequential and index > 0:
            h_kept = activation(h_kept @ layer["kernel"] + layer["bias"][None, :])
        else:
            h_kept = jnp.take(h, kept, axis=1)
        shift, mix = shift_and_mix(rung, h, h_kept, kept, ridge)
        out = keep[index + 1] if index + 1 < len(keep) else slice(None)
        original = params[after]["kernel"][:, out]
        kernel = original[kept] if mix is None else original[kept] + mix @ original
        small = {
            **small,
            after: {"kernel": kernel, "bias": params[after]["bias"][out] + shift @ original},
        }
    return small
