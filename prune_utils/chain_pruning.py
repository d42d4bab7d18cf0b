"""A chain of Dense layers, pruned from its parameters and activations alone.

The simplest case of the table of units: which axes belong to which units follows from the names.
The surgery, the compensations and the criteria are those of every other network.
"""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ._checks import require, require_finite
from .chain import chain, hidden_widths, require_activations
from .compensation import COMPENSATIONS, require_compensation, shift_and_mix
from .criteria import Layer, Read, require_criterion
from .surgery import require_parts, slice_tree
from .table import Dim, UnitTable
from .types import Activations, Keep, Number, Params, PerUnit, RandomKey


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


def slice_units(tree: PyTree, keep: Keep) -> PyTree:
    """A chain of Dense layers restricted to the kept units, or anything that holds such chains,
    see `slice_tree`.

    Args:
      tree: parameters, gradients, an optax state, snapshots with leading axes.
      keep: one index array (kept,) for each hidden layer.

    Returns:
      The same structure, smaller.

    Raises:
      ValueError: if the tree holds no chain of Dense layers, or `keep` does not fit it.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> x = jax.random.normal(jax.random.key(0), (20, 2))
      >>> params = pu.init_params(pu.MLP((6, 4, 2)), jax.random.key(1), x)
      >>> small = pu.slice_units(params, (jnp.array([0, 1, 5]), jnp.array([2, 3])))
      >>> small["Dense_1"]["kernel"].shape
      (3, 2)
    """

    def is_chain(node):
        layers = node.values() if isinstance(node, Mapping) else ()
        return len(layers) > 0 and all(isinstance(v, Mapping) and "kernel" in v for v in layers)

    found = [node for node in jax.tree.leaves(tree, is_leaf=is_chain) if is_chain(node)]
    require_parts(found, tree)
    return slice_tree(chain_table(found[0]), tree, keep) if found else tree


def prune(
    params: Params,
    keep: Keep,
    acts: Activations,
    compensation: str = "mean",
    *,
    activation: Callable = jax.nn.relu,
    ridge: Number = 1e-6,
) -> Params:
    """Removes all hidden units of a chain of Dense layers but the kept ones, and compensates the
    next layer.

    Write h (n, width) for a layer's original activations, ĥ (n, kept) for those of the kept units,
    W and b for the next layer's kernel and bias, and K for the kept rows of W. The next layer used
    to see h W + b.

    - "none": ĥ K + b. The units are deleted.
    - "mean": the dropped units are replaced by their means over the data,
      ĥ K + (b + Σ_dropped mean(h_i) W_i): the post's formula, with the means of the original
      network.
    - "least_squares": the best affine prediction of h from ĥ, folded into kernel and bias. ĥ is
      what the kept units do *in the pruned network*, layer after layer, so that each layer also
      corrects for what pruning did before it.

    Args:
      params: a chain of Dense layers.
      keep: one index array for each hidden layer.
      acts: the original hidden activations on the data, a tuple of (n, width).
      compensation: a name in `COMPENSATIONS`.
      activation: the network's activation function; "least_squares" needs it beyond the first
        hidden layer.
      ridge: penalty of "least_squares" relative to the mean variance of the kept units, above 0.

    Returns:
      The parameters of the smaller network.

    Raises:
      ValueError: if `params` is no chain, `keep` or `acts` do not fit it, a number is not finite,
        or the name is unknown.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> x = jax.random.normal(jax.random.key(0), (20, 2))
      >>> params = pu.init_params(pu.MLP((6, 4, 2)), jax.random.key(1), x)
      >>> acts = pu.hidden_activations(pu.MLP((6, 4, 2)), params, x)
      >>> small = pu.prune(params, (jnp.array([0, 1, 5]), jnp.array([2, 3])), acts, "least_squares")
      >>> small["Dense_1"]["kernel"].shape
      (3, 2)
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
    h_kept = None
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


def unit_scores(
    criterion: str,
    params: Params,
    acts: Activations,
    key: RandomKey | None = None,
    *,
    gradients: Activations | None = None,
) -> PerUnit:
    """A score for every hidden unit of a chain of Dense layers; the higher, the more worth keeping.

    Args:
      criterion: a name in `CRITERIA`; the functions there say what each is.
      params: a chain of Dense layers.
      acts: the hidden activations on the data, a tuple of (n, width).
      key: a `jax.random.key`, for "random" only.
      gradients: `activation_gradients(…)`, shaped like `acts`, for "taylor" only.

    Returns:
      A tuple of (width,) float32 arrays, one for each hidden layer.

    Raises:
      ValueError: for an unknown criterion, a missing `key` or `gradients`, shapes that do not fit,
        or NaN.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> x = jax.random.normal(jax.random.key(0), (20, 2))
      >>> params = pu.init_params(pu.MLP((6, 4, 2)), jax.random.key(1), x)
      >>> acts = pu.hidden_activations(pu.MLP((6, 4, 2)), params, x)
      >>> [scores.shape for scores in pu.unit_scores("std", params, acts)]
      [(6,), (4,)]
    """
    chosen, names = require_criterion(criterion, key), chain(params)
    flat = all(jnp.ndim(params[name]["kernel"]) == 2 for name in names)
    require(flat, "params", "2-D kernels; use jax.vmap for stacks")
    require_finite(params, "params")
    require_activations(acts, params)
    if chosen.needs == "loss":
        wanted = f'activation_gradients(model, params, data) for the criterion "{criterion}"'
        require(gradients is not None, "gradients", wanted)
        require_activations(gradients, params, "gradients")
    scores = []
    for index, (h, name, after) in enumerate(zip(acts, names, names[1:], strict=False)):
        gradient = None if gradients is None else gradients[index][:, :, None]
        read = Read(h[:, :, None], params[after]["kernel"][:, None, :], gradient)
        own = None if key is None else jax.random.fold_in(key, index)
        layer = Layer(h.shape[1], (read,), (params[name]["kernel"].T,), own)
        scores.append(chosen.score(layer))
    return tuple(scores)
