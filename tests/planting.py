"""Networks with units planted that a compensation must take out for free."""

import jax
import numpy as np
from masking import reading_axes

from prune_utils.surgery import slice_leaf
from prune_utils.table import positions


def planted(net, params, change, axes_of=reading_axes):
    """Parameters with change(name, leaf, axes) made to every leaf; axes: those along which it puts
    out units, and () for the others.
    """
    leaves, structure = jax.tree.flatten(params)
    result = []
    for name, leaf, axes in zip(net.traced.graph.names, leaves, net.table.axes, strict=True):
        reads = () if "embedding" in name else axes_of(name, leaf.shape)
        result.append(
            change(name, leaf, [() if p in reads else axis for p, axis in enumerate(axes)])
        )
    return jax.tree.unflatten(structure, result)


def with_constants(net, params, keep, axes_of=reading_axes, kernels=None):
    """Parameters that make every unit but the kept ones constant: their kernels are zero, their
    biases are not; kernels: the kernels' names, by default of all that have two axes.
    """

    def silence(name, leaf, axes):
        kernel = leaf.ndim > 1 if kernels is None else name in kernels
        for place, axis in enumerate(axes):
            if axis and kernel:
                shape = [-1 if place == other else 1 for other in range(leaf.ndim)]
                stays = np.isin(np.arange(leaf.shape[place]), positions(axis, keep))
                leaf = np.where(stays.reshape(shape), leaf, np.zeros((), leaf.dtype))
        return leaf

    return planted(net, params, silence, axes_of)


def with_duplicates(net, params, keep, axes_of=reading_axes):
    """Parameters that make every unit but the kept ones do what one of these does."""
    stand_ins = []
    for width, kept in zip(net.widths, keep, strict=True):
        stand_ins.append(kept[np.arange(width) % len(kept)])
        stand_ins[-1][kept] = kept
    return planted(net, params, lambda name, leaf, axes: slice_leaf(leaf, axes, stand_ins), axes_of)
