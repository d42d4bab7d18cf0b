"""The table of units: which axes of which parameters belong to which units."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ._checks import require


class Dim(NamedTuple):
    """A part of an axis: `size` entries, which are the units of a layer or, if `layer` is None,
    all stay.
    """

    size: int
    layer: int | None = None


class Concat(NamedTuple):
    """A part of an axis that is several axes one after another, each a tuple of parts."""

    parts: tuple

    @property
    def size(self):
        return sum(full_size(part) for part in self.parts)


class Place(NamedTuple):
    """A part of an axis that counts places, such as pixels or tokens; of what a kernel reads."""

    size: int
    layer: None = None


class UnitTable(NamedTuple):
    """Which axes of which parameters belong to which units.

    Attributes:
      widths: the number of units of every layer.
      names: the layers' names.
      axes: for every leaf of the parameters a tuple of axes, each a tuple of `Dim`, `Concat` and
        `Place`, slowest first.
      structure: the structure of the parameters, as of `jax.tree.structure`.
    """

    widths: tuple[int, ...]
    names: tuple[str, ...]
    axes: tuple
    structure: Any

    def at(self, widths):
        """The same table for the same network with fewer units."""
        axes = tuple(tuple(axis_at(axis, widths) for axis in leaf) for leaf in self.axes)
        return self._replace(widths=tuple(widths), axes=axes)


def full_size(axis):
    """The number of entries of an axis in the whole network."""
    return int(np.prod([part.size for part in axis], dtype=int))


def size_at(axis, widths):
    """The number of entries of an axis in a network with these widths."""
    size = 1
    for part in axis:
        if isinstance(part, Concat):
            size *= sum(size_at(piece, widths) for piece in part.parts)
        else:
            size *= part.size if part.layer is None else widths[part.layer]
    return size


def axis_at(axis, widths):
    """The axis in a network with these widths."""
    return tuple(
        Concat(tuple(axis_at(piece, widths) for piece in part.parts))
        if isinstance(part, Concat)
        else part._replace(size=size_at((part,), widths))
        for part in axis
    )


def layers_of(axis):
    """The layers whose units an axis holds, one entry for each place."""
    found = []
    for part in axis:
        pieces = part.parts if isinstance(part, Concat) else ()
        found += [layer for piece in pieces for layer in layers_of(piece)]
        found += [part.layer] if isinstance(part, Dim) and part.layer is not None else []
    return found


def positions(axis, keep):
    """The entries of an axis that stay, as an index array (kept,)."""
    chosen = jnp.zeros(1, jnp.int32)
    for part in axis:
        if isinstance(part, Concat):
            offsets = np.cumsum([0, *map(full_size, part.parts)])
            inner = jnp.concatenate(
                [
                    positions(piece, keep) + start
                    for piece, start in zip(part.parts, offsets, strict=False)
                ]
            )
        else:
            inner = jnp.arange(part.size) if part.layer is None else jnp.asarray(keep[part.layer])
        chosen = (chosen[:, None] * part.size + inner.astype(jnp.int32)[None, :]).ravel()
    return chosen


def members(axis, layer):
    """For each unit of a layer the entries of an axis that are its own, as a NumPy array (units,
    entries).
    """
    label = _labels(axis, layer)
    units = [np.flatnonzero(label == unit) for unit in range(label.max() + 1)]
    return np.stack(units)


def _labels(axis, layer):
    label = np.full(1, -1)
    for part in axis:
        if isinstance(part, Concat):
            inner = np.concatenate([_labels(piece, layer) for piece in part.parts])
        else:
            inner = np.arange(part.size) if part.layer == layer else np.full(part.size, -1)
        label = np.maximum(label[:, None], inner[None, :]).ravel()
    return label


def shapes_at(table, widths):
    """The shapes of all parameters at these widths."""
    return [tuple(size_at(axis, widths) for axis in axes) for axes in table.axes]


def widths_of(table, params):
    """The widths of a network, read off the shapes of its parameters.

    Raises:
      ValueError: if the parameters are not those of the table's network at any widths.
    """
    found = jax.tree.structure(params)
    require(found == table.structure, "params", f"the structure {table.structure}, got {found}")
    shapes = [jnp.shape(leaf) for leaf in jax.tree.leaves(params)]
    fits = all(len(shape) == len(axes) for shape, axes in zip(shapes, table.axes, strict=True))
    widths = solve_widths(table.axes, shapes, len(table.widths)) if fits else (None,)
    expected = shapes_at(table, table.widths if None in widths else widths)
    for shape, wanted, path in zip(shapes, expected, leaf_names(params), strict=True):
        require(shape == wanted, f"params[{path}]", f"shape {wanted}, got {shape}")
    return widths


def solve_widths(axes, shapes, layers):
    """The widths at which axes have these sizes, layer by layer; None where the sizes do not
    tell.
    """
    widths = [None] * layers
    open_axes = [
        (axis, size)
        for leaf, shape in zip(axes, shapes, strict=True)
        for axis, size in zip(leaf, shape, strict=False)
    ]
    known = -1
    while known != sum(width is not None for width in widths):
        known = sum(width is not None for width in widths)
        for axis, size in open_axes:
            missing = {layer for layer in layers_of(axis) if widths[layer] is None}
            if len(missing) == 1:
                (layer,) = missing
                none, one = (size_at(axis, _with(widths, layer, value)) for value in (0, 1))
                if one > none and (size - none) % (one - none) == 0:
                    widths[layer] = (size - none) // (one - none)
    return tuple(widths)


def _with(widths, layer, value):
    return [value if place == layer else width for place, width in enumerate(widths)]


def leaf_names(params):
    """A readable path for every leaf of the parameters."""
    return [
        jax.tree_util.keystr(path, simple=True, separator="/")
        for path, _ in jax.tree_util.tree_leaves_with_path(params)
    ]
