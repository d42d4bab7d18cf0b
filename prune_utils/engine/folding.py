"""Where a kernel's changes go: the parameter that it is made of, and the bias behind it."""

from typing import NamedTuple

import numpy as np

from ..table import size_at
from . import atoms
from .layers import static_axis
from .program import is_float


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


def chain_to(graph, number, layers):
    """The `Chain` to this value if it is its parameter's only use and mere rearrangement, of
    numbers that are not rounded to integers; else None.
    """
    source, steps = graph.source_of(number), []
    while source is not None and number != source:
        if graph.uses.get(number) != 1:
            return None
        steps.append(graph.makers[number])
        number = steps[-1].inputs[0]
    if source is None or graph.uses.get(source) != 1:
        return None
    values = (source, *(step.outputs[0] for step in steps))
    if not all(is_float(graph.program.avals[value]) for value in values):
        return None
    steps.reverse()
    axes = [tuple(static_axis(axis, layers) for axis in graph.axes[s.inputs[0]]) for s in steps]
    return Chain(graph.program.inputs.index(source), tuple(steps), tuple(axes))


def bias_behind(graph, site, layers):
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
            chain = None if graph.source_of(other) is None else chain_to(graph, other, layers)
            if chain is not None and _told(graph, chain, other) == {order.index(d) for d in told}:
                return Bias(tuple(order), chain, -1 if step.name == "sub" else 1)
        elif step.name not in ("convert_element_type", "copy", "copy_p") or not is_float(
            graph.program.avals[step.outputs[0]]
        ):
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
