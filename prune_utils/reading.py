"""What a kernel reads of a layer's units: activations as (rows, features), kernels as (features, outputs)."""

from typing import Any, NamedTuple

import numpy as np

from . import atoms
from .graph import Site
from .surgery import Concat, Dim, layers_of, size_at


class Reading(NamedTuple):
    """A `Site` with the axes that it works on, in terms of a `UnitTable`.

    Attributes:
      site: where it is.
      activations, kernel: the axes of either operand, for each dimension a tuple of parts.
      features: the axis that is summed over, but for places such as pixels: these count as rows.
      chain: the steps that rearrange the parameter into the kernel; None if it is shared or computed.
      bias: (permutations, value number, sign) of the first additive parameter behind, or None.
    """

    site: Site
    activations: tuple
    kernel: tuple
    features: tuple
    chain: tuple | None
    bias: tuple | None

    @property
    def name(self):
        return self.site.name

    @property
    def layers(self):
        """The layers whose units are read here."""
        return tuple(dict.fromkeys(layers_of(self.features)))

    def operands(self, inputs):
        """(activations, kernel) of the step's inputs, or the other way around."""
        return (inputs[1 - self.site.kernel], inputs[self.site.kernel])


class _Place(NamedTuple):
    """A part of an axis that counts places."""

    size: int
    layer: None = None


def static_axis(axis, layers):
    """An axis of the graph as parts of the table; layers: dict atom -> layer."""
    parts = []
    for root in atoms.resolve(axis):
        if root.parts is not None:
            parts.append(Concat(tuple(static_axis(piece, layers) for piece in root.parts)))
        elif root.position and root not in layers:
            parts.append(_Place(root.size))
        else:
            parts.append(Dim(root.size, layers.get(root)))
    return tuple(parts)


def reading(graph, site, layers):
    """The `Reading` of a site; layers: dict atom -> layer."""
    numbers = [site.step.inputs[1 - site.kernel], site.step.inputs[site.kernel]]
    activations, kernel = (
        tuple(static_axis(axis, layers) for axis in graph.axes_of(number)) for number in numbers
    )
    features = sum((activations[place] for place in site.contracted), ())
    features = tuple(part for part in features if not isinstance(part, _Place))
    return Reading(site, activations, kernel, features, _chain(graph, numbers[1]), _bias_behind(graph, site))


def _chain(graph, number):
    """The steps from a parameter to this value if they are the parameter's only use and only rearrange it."""
    source, steps = graph.source_of(number), []
    while source is not None and number != source:
        if graph.uses.get(number) != 1:
            return None
        steps.append(graph.makers[number])
        number = steps[-1].inputs[0]
    return tuple(reversed(steps)) if source is not None and graph.uses.get(source) == 1 else None


def _bias_behind(graph, site):
    """The first additive parameter to which a constant in the site's output can be moved."""
    users = {}
    for step in graph.makers.values():
        for value in step.inputs:
            if isinstance(value, int):
                users[value] = step
    number, permutations, ndim = site.step.outputs[0], [], len(graph.axes[site.step.outputs[0]])
    while graph.uses.get(number) == 1 and number in users:
        step = users[number]
        if step.name == "transpose":
            permutations.append(step.eqn.params["permutation"])
        elif step.name in ("add", "sub", "add_any"):
            first = step.inputs[0] == number
            other = step.inputs[1 if first else 0]
            if step.name == "sub" and not first:
                return None
            if graph.source_of(other) is not None and _chain(graph, other) is not None:
                return tuple(permutations), other, -1 if step.name == "sub" else 1
        elif step.name not in ("convert_element_type", "copy", "copy_p"):
            return None
        if len(graph.axes[step.outputs[0]]) != ndim:
            return None
        number = step.outputs[0]
    return None


def rearranged_back(chain, value, shapes):
    """Undoes a chain of rearrangements.

    Args:
      chain: steps from a parameter to a value.
      value: an array of the shape of the last result, or with size 1 where that repeats entries.
      shapes: the shape and type of the operand of each step.
    """
    for step, like in zip(reversed(chain), reversed(shapes), strict=True):
        if step.name == "transpose":
            value = value.transpose(np.argsort(step.eqn.params["permutation"]))
        value = value.reshape(like.shape).astype(like.dtype)
    return value


def features_last(array, places, axes, widths):
    """An array as (rows, features), and the function that undoes it.

    Args:
      array: of any shape.
      places: the dimensions that hold features.
      axes: the parts of each of them; those that count pixels or tokens become rows.
      widths: of the network that the array is from.
    """
    others = [place for place in range(array.ndim) if place not in places]
    order, sizes, features = [*others, *places], [array.shape[place] for place in others], []
    for axis in axes:
        for part in axis:
            if not isinstance(part, _Place):
                features.append(len(sizes))
            sizes.append(size_at((part,), widths))
    shape = tuple(array.shape[place] for place in order)
    rows = [place for place in range(len(sizes)) if place not in features]
    moved = array.transpose(order).reshape(sizes).transpose(*rows, *features)
    flat = moved.reshape(-1, int(np.prod([sizes[place] for place in features], dtype=int)))

    def undo(flat):
        back = flat.reshape(moved.shape).transpose(np.argsort([*rows, *features]))
        return back.reshape(shape).transpose(np.argsort(order))

    return flat, undo
