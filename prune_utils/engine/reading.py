"""What a kernel reads of a layer's units: activations as (rows, features), kernels as (features,
outputs).
"""

from typing import NamedTuple

import numpy as np

from ..linalg import centred
from ..surgery import slice_leaf
from ..table import Place, axis_at, full_size, layers_of
from .folding import Bias, Chain, bias_behind, chain_to
from .graph import Site
from .layers import static_axis
from .program import bind


class Reading(NamedTuple):
    """A `Site` with the axes that it works on, in terms of a `UnitTable`.

    Attributes:
      site: where it is.
      activations, kernel, outputs: the axes of either operand and of the result, for each
        dimension a tuple of parts.
      features: the axis that is summed over, but for places such as pixels: these count as rows.
      chain: how the parameter was rearranged into the kernel; None if it is shared, computed or
        of integers, and so cannot be changed to suit this reader.
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

    def cut(self, activations, keep):
        """Activations restricted to the kept units along all dimensions but the contracted ones."""
        axes = enumerate(self.activations)
        own = [() if place in self.site.contracted else axis for place, axis in axes]
        return slice_leaf(activations, own, keep)

    def deviations(self, rows):
        """What `rows` gives, less the mean of each place that the kernel treats in its own way."""
        if self.site.step.name != "dot_general":
            return rows
        parts = (part for place in self.site.contracted for part in self.activations[place])
        places = full_size(tuple(part for part in parts if isinstance(part, Place)))
        apart = rows.reshape(-1, places, rows.shape[1])
        return centred(apart).reshape(rows.shape)

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
    source, avals = graph.source_of(numbers[1]), graph.program.avals
    once = source is not None and avals[source].size == avals[numbers[1]].size  # no entry twice
    features = sum((activations[place] for place in site.contracted), ())
    features = tuple(part for part in features if not isinstance(part, Place))
    return Reading(
        site,
        activations,
        kernel,
        outputs,
        features,
        chain_to(graph, numbers[1], layers) if once else None,
        bias_behind(graph, site, layers),
    )


def _sizes(axis):
    """(size, whether it holds features) of each part of an axis."""
    return [(full_size((part,)), not isinstance(part, Place)) for part in axis]


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
