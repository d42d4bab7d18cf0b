"""What a kernel reads of a layer's units: activations as (rows, features), kernels as (features,
outputs).
"""

from typing import NamedTuple

import numpy as np

from . import atoms
from .graph import Site
from .program import bind
from .surgery import Concat, Dim, axis_at, full_size, layers_of, size_at


class Chain(NamedTuple):
    """How a parameter, the leaf of this number, becomes a value: steps that rearrange it, and
    their operands' axes.
    """

    leaf: int
    steps: tuple
    axes: tuple


class Bias(NamedTuple):
    """Where a constant in a kernel's output can go: its dimensions in this order, into this
    parameter, with this sign.
    """

    order: tuple[int, ...]
    chain: Chain
    sign: int


class Reading(NamedTuple):
    """A `Site` with the axes that it works on, in terms of a `UnitTable`.

    Attributes:
      site: where it is.
      activations, kernel, outputs: the axes of either operand and of the result, for each
        dimension a tuple of parts.
      features: the axis that is summed over, but for places such as pixels: these count as rows.
      chain: how the parameter was rearranged into the kernel; None if it is shared or computed.
      bias: the first additive parameter behind, or None.
    """

    site: Site
    activations: tuple
    kernel: tuple
    outputs: tuple
    features: tuple
    chain: Chain | None
    bias: Bias | None

    @property
    def name(self):
        return self.site.name

    @property
    def layers(self):
        """The layers whose units are read here."""
        return tuple(dict.fromkeys(layers_of(self.features)))

    def operands(self, pair):
        """(activations, kernel) as the step takes them; the other way around, too."""
        return (pair[1 - self.site.kernel], pair[self.site.kernel])

    def at(self, widths):
        """The same at these widths."""
        resized = {
            name: tuple(axis_at(axis, widths) for axis in getattr(self, name))
            for name in ("activations", "kernel", "outputs")
        }
        return self._replace(**resized, features=axis_at(self.features, widths))

    def rows(self, activations):
        """Activations as (rows, features), and the function that undoes it."""
        places = self.site.contracted
        return features_last(activations, places, [_sizes(self.activations[p]) for p in places])

    def columns(self, kernel):
        """The kernel as (outputs, features), and the function that undoes it."""
        sizes = [_sizes(self.activations[place]) for place in self.site.contracted]
        return features_last(kernel, self.site.rows, sizes)

    def averaged(self, activations):
        """Activations averaged over the inputs and whatever else the kernel treats alike; these
        dimensions stay, of size 1.
        """
        step = self.site.step
        if step.name == "dot_general":
            places = [p for p in range(activations.ndim) if p not in self.site.contracted]
        else:
            places = [step.eqn.params["dimension_numbers"].lhs_spec[0]]
        return activations.mean(axis=tuple(places), keepdims=True)

    def output_of(self, field, kernel):
        """What the kernel makes of averaged activations: one number for each of its outputs, the
        other dimensions of size 1.
        """
        (result,) = bind(self.site.step, self.operands((field, kernel)))
        if self.site.step.name == "dot_general":
            return result
        places = self.site.step.eqn.params["dimension_numbers"].out_spec[2:]
        return result.mean(axis=tuple(places), keepdims=True)


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
    numbers = [
        site.step.inputs[1 - site.kernel],
        site.step.inputs[site.kernel],
        site.step.outputs[0],
    ]
    activations, kernel, outputs = (
        tuple(static_axis(axis, layers) for axis in graph.axes_of(number)) for number in numbers
    )
    features = sum((activations[place] for place in site.contracted), ())
    features = tuple(part for part in features if not isinstance(part, _Place))
    return Reading(
        site,
        activations,
        kernel,
        outputs,
        features,
        _chain(graph, numbers[1], layers),
        _bias_behind(graph, site, layers),
    )


def _chain(graph, number, layers):
    """The `Chain` to this value if it is its parameter's only use and mere rearrangement; else
    None.
    """
    source, steps = graph.source_of(number), []
    while source is not None and number != source:
        if graph.uses.get(number) != 1:
            return None
        steps.append(graph.makers[number])
        number = steps[-1].inputs[0]
    if source is None or graph.uses.get(source) != 1:
        return None
    steps.reverse()
    axes = [tuple(static_axis(axis, layers) for axis in graph.axes[s.inputs[0]]) for s in steps]
    return Chain(graph.program.inputs.index(source), tuple(steps), tuple(axes))


def _bias_behind(graph, site, layers):
    """The first additive parameter to which a constant in the site's output can be moved, a
    `Bias`, or None.
    """
    users = {}
    for step in graph.makers.values():
        users.update((value, step) for value in step.inputs if isinstance(value, int))
    number, order = site.step.outputs[0], list(range(len(graph.axes[site.step.outputs[0]])))
    told = _own_dimensions(graph, site)
    while graph.uses.get(number) == 1 and number in users:
        step = users[number]
        if step.name == "transpose":
            order = [order[place] for place in step.eqn.params["permutation"]]
        elif step.name in ("add", "sub", "add_any"):
            first = step.inputs[0] == number
            other = step.inputs[1 if first else 0]
            if (step.name == "sub" and not first) or len(graph.axes_of(other)) not in (
                0,
                len(order),
            ):
                return None
            chain = None if graph.source_of(other) is None else _chain(graph, other, layers)
            if chain is not None and _told(graph, chain, other) == {order.index(d) for d in told}:
                return Bias(tuple(order), chain, -1 if step.name == "sub" else 1)
        elif step.name not in ("convert_element_type", "copy", "copy_p"):
            return None
        number = step.outputs[0]
    return None


def _own_dimensions(graph, site):
    """The dimensions of a site's output that are the kernel's, those of size 1 left out."""
    step, shape = site.step, [atoms.size_of(axis) for axis in graph.axes[site.step.outputs[0]]]
    if step.name == "dot_general":
        (contracted, batch) = step.eqn.params["dimension_numbers"]
        free = [
            len(graph.axes_of(v)) - len(c) - len(b)
            for v, c, b in zip(step.inputs, contracted, batch, strict=True)
        ]
        start = len(batch[0]) + (free[0] if site.kernel == 1 else 0)
        own = range(start, start + free[site.kernel])
    else:
        own = [step.eqn.params["dimension_numbers"].out_spec[1]]
    return {place for place in own if shape[place] > 1}


def _told(graph, chain, number):
    """The dimensions of a rearranged parameter along which it may differ; None if that cannot be
    said.
    """
    if not chain.steps:
        return {place for place, axis in enumerate(graph.axes[number]) if atoms.size_of(axis) > 1}
    told = None
    for step in chain.steps:
        before, after = (
            [atoms.size_of(a) for a in graph.axes[v]] for v in (step.inputs[0], step.outputs[0])
        )
        if told is None:
            told = {place for place, size in enumerate(before) if size > 1}
        if step.name == "broadcast_in_dim":
            told = {step.eqn.params["broadcast_dimensions"][place] for place in told}
        elif step.name == "transpose":
            told = {step.eqn.params["permutation"].index(place) for place in told}
        elif step.name in ("reshape", "squeeze"):
            if told != {place for place, size in enumerate(before) if size > 1}:
                return None
            told = {place for place, size in enumerate(after) if size > 1}
    return told


def rearranged_back(chain, value, widths, dtype):
    """The parameter of which a value, or one with size 1 where entries are repeated, is the
    rearrangement.
    """
    for step, axes in zip(reversed(chain.steps), reversed(chain.axes), strict=True):
        if step.name == "transpose":
            value = value.transpose(np.argsort(step.eqn.params["permutation"]))
        value = value.reshape([size_at(axis, widths) for axis in axes])
    return value.astype(dtype)


def _sizes(axis):
    """(size, whether it holds features) of each part of an axis."""
    return [(full_size((part,)), not isinstance(part, _Place)) for part in axis]


def features_last(array, places, parts):
    """An array as (rows, features), and the function that undoes it.

    Args:
      array: of any shape.
      places: the dimensions that hold features.
      parts: the sizes of their parts; those that hold none, but count pixels or tokens, become
        rows.
    """
    others = [place for place in range(array.ndim) if place not in places]
    order, sizes, features = [*others, *places], [array.shape[place] for place in others], []
    for size, holds in (pair for axis in parts for pair in axis):
        features += [len(sizes)] if holds else []
        sizes.append(size)
    shape = tuple(array.shape[place] for place in order)
    places_last = [*(place for place in range(len(sizes)) if place not in features), *features]
    moved = array.transpose(order).reshape(sizes).transpose(places_last)
    flat = moved.reshape(-1, int(np.prod([sizes[place] for place in features], dtype=int)))

    def undo(flat):
        back = flat.reshape(moved.shape).transpose(np.argsort(places_last))
        return back.reshape(shape).transpose(np.argsort(order))

    return flat, undo
