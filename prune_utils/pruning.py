"""Takes units out of a network and makes up for them: one surgery, one compensation."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from ._checks import require, require_finite, require_indices
from .compensation import COMPENSATIONS, missing, mixture, require_compensation
from .engine.folding import rearranged_back
from .engine.tracing import shape_of
from .linalg import wide
from .surgery import part_widths, slice_leaf, slice_tree
from .table import positions, widths_of


@partial(jax.tree_util.register_dataclass, data_fields=["params", "constants"], meta_fields=[])
@dataclass
class WithConstants:
    """Parameters of a pruned network with constants for the kernels that have no bias behind them.

    A pytree like any other: `net.apply` takes it, optimizers train it, and `net.slice` cuts it and
    the moments that an optimizer keeps of it. Moments of the unpruned network have no constants;
    they go on as `WithConstants(moments, jax.tree.map(jnp.zeros_like, small.constants))`.

    Attributes:
      params: of the structure of the user's own.
      constants: kernel name -> array, added to what that kernel puts out.
    """

    params: Any
    constants: dict[str, Any]


def unwrapped(params):
    """(parameters, constants) of what `Network.prune` returns."""
    return (params.params, params.constants) if isinstance(params, WithConstants) else (params, {})


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


def slice_network(net, tree, keep):
    """See `Network.slice`."""
    readings = {reading.name: reading for reading in net.traced.readings.values()}

    def cut(node):
        if not isinstance(node, WithConstants):
            return node
        widths, constants = part_widths(net.table, node.params), dict(node.constants)
        for name, value in node.constants.items():
            outputs = readings[name].at(widths).outputs
            sizes = value.shape[value.ndim - len(outputs) :]
            axes = [axis if size > 1 else () for axis, size in zip(outputs, sizes, strict=True)]
            constants[name] = slice_leaf(value, axes, keep)
        return WithConstants(node.params, constants)

    tree = jax.tree.map(cut, tree, is_leaf=lambda node: isinstance(node, WithConstants))
    return slice_tree(net.table, tree, keep)


def prune_network(net, params, keep, x, compensation, ridge):
    """See `Network.prune`."""
    require_compensation(compensation, ridge)
    require_finite(params, "params")
    widths = widths_of(net.table, unwrapped(params)[0])
    require_indices(keep, widths, "keep")
    rung = COMPENSATIONS[compensation]
    if rung.mix is None and not rung.constant:
        return net.slice(params, keep)
    require_inputs(net, x, f'the compensation "{compensation}"')
    return net.compiled(_made_up, rung)(params, keep, x, ridge)


def _made_up(net, rung, params, keep, x, ridge):
    """`prune_network`, once all arguments were looked at."""
    small, widths = net.slice(params, keep), widths_of(net.table, unwrapped(params)[0])
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
    require(not jnp.iscomplexobj(h), "x", f"real activations where {here.name} reads")
    h, fine, mix = here.cut(h, keep), wide(h.dtype), None
    if here.chain is not None:  # else the kernel cannot take a mixture
        rows, rows_kept = here.rows(h.astype(fine))[0], after.rows(h_kept.astype(fine))[0]
        if rung.centred:
            rows, rows_kept = here.deviations(rows), after.deviations(rows_kept)
        mix = mixture(rung, rows, rows_kept, kept, ridge)
    others = [axis if place not in here.site.rows else () for place, axis in enumerate(here.kernel)]
    rest = slice_leaf(kernel, others, keep).astype(fine)
    if mix is not None:
        columns, undo = after.columns(small.astype(fine))
        small = undo(columns + here.columns(rest)[0] @ mix.T)
    means, undo = here.rows(here.averaged(h.astype(fine)))
    means_kept, _ = after.rows(here.averaged(h_kept.astype(fine)))
    field = undo(missing(rung, means, means_kept, kept, mix))
    constant = here.output_of(field.astype(h.dtype), rest.astype(h.dtype))
    constant = constant if rung.constant else jnp.zeros_like(constant)
    return small, constant.astype(h.dtype)


def _written(net, small, changes):
    """The parameters with the readers' new kernels, and their constants in the parameters behind
    them.
    """
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
            bias = leaves[chain.leaf]
            moved = rearranged_back(chain, moved, widths, bias.dtype)
            leaves[chain.leaf] = bias + sign * moved.reshape(bias.shape)
    own = jax.tree.unflatten(structure, leaves)
    return WithConstants(own, constants) if constants else own
