"""What a network costs: parameters, operations, measured latency; and the choice of units within a
budget.
"""

import math
import numbers
import time
from functools import partial
from typing import NamedTuple

import jax
import numpy as np

from ._checks import concrete, require
from .engine import atoms
from .engine.program import every_step
from .operations import operations_of
from .table import layers_of, shapes_at


class Cost(NamedTuple):
    """Parameters, and multiplications and additions of products and convolutions for one input.

    Of a branch the cheapest case counts, and of a loop whose length is computed one round.
    """

    parameters: int
    operations: int


def graph_operations(graph, size, inputs, steps=None):
    """Multiplications and additions of a graph's products and convolutions for one of its inputs.

    Args:
      graph: a `Graph`.
      size: axis -> number of its entries.
      inputs: how many inputs the graph is for.
      steps: count these only.
    """
    total = 0
    for step in every_step(graph.program.steps) if steps is None else steps:
        if step.body is None:
            shapes = [
                [size(axis) for axis in graph.axes_of(v)] for v in (*step.inputs, *step.outputs)
            ]
            total += operations_of(step.eqn, shapes)
    return round(total / inputs)


def cost_at(net, widths):
    """The `Cost` of a traced network at these widths."""
    size, inputs = net.traced.sizes(net.table, widths), net.traced.inputs
    parameters = sum(math.prod(shape) for shape in shapes_at(net.table, widths))
    return Cost(parameters, graph_operations(net.traced.graph, size, inputs))


def latencies(functions, repeats=30):
    """Seconds that each of several functions takes: the median of calls in random turn, after a
    first one, because machines change their speed.

    Args:
      functions: callables without arguments that return arrays.
      repeats: calls of each.
    """
    taken, order = np.empty((repeats, len(functions))), np.random.default_rng(0)
    for function in functions:
        jax.block_until_ready(function())
    for times in taken:
        for place in order.permutation(len(functions)):  # who follows whom makes a difference
            start = time.perf_counter()
            jax.block_until_ready(functions[place]())
            times[place] = time.perf_counter() - start
    return np.median(taken, axis=0).tolist()


def compare(net, params, small, x):
    """See `Network.compare`."""
    calls = [partial(jax.jit(net.apply), tree, x) for tree in (params, small)]
    before, after = (net.cost(tree) for tree in (params, small))
    times = tuple(1000 * seconds for seconds in latencies(calls))
    counts = {name: (getattr(before, name), getattr(after, name)) for name in Cost._fields}
    return counts | {"latency": times}


def keep_within(net, scores, share, of="operations", multiple=1):
    """See `Network.keep_within`."""
    require(of in ("operations", "parameters"), "of", f"operations or parameters, got {of!r}")
    part = isinstance(share, numbers.Real) and 0 < share <= 1
    require(part, "share", f"a number above 0, at most 1, got {share!r}")
    whole = isinstance(multiple, (int, np.integer)) and multiple is not True and multiple >= 1
    require(whole, "multiple", f"an integer of at least 1, got {multiple!r}")
    widths = tuple(len(score) for score in scores)
    fits = len(widths) == len(net.widths) and all(map(int.__le__, widths, net.widths))
    require(fits, "scores", f"one for each unit of the layers of {net.widths}, got {widths}")
    require(
        concrete(scores), "scores", "numbers, not traced ones: how many units stay depends on them"
    )
    values = [np.asarray(score, np.float64) for score in scores]
    require(all(np.isfinite(v).all() for v in values), "scores", "finite numbers only")
    # Layers differ in scale: each in units of its own root mean square. (Molchanov et al. 2017
    # divide by the root of the sum of squares, by which wide layers would lose more.)
    scaled = [v / max(np.sqrt(np.square(v).mean()), np.finfo(float).tiny) for v in values]
    ranked = np.sort(np.concatenate(scaled))
    budget = share * getattr(cost_at(net, widths), of)

    def counts(threshold):
        kept = [max(int((v >= threshold).sum()), 1) for v in scaled]
        return _rounded_up(kept, widths, multiple)

    def fits(counts):
        return getattr(cost_at(net, counts), of) <= budget

    low, high, smallest = 0, len(ranked) - 1, counts(np.inf)
    least = getattr(cost_at(net, smallest), of) / budget * share
    require(fits(smallest), "share", f"at least {least:.3f}, what the widths {smallest} cost")
    while low < high:  # the lowest threshold that fits
        middle = (low + high) // 2
        low, high = (low, middle) if fits(counts(ranked[middle])) else (middle + 1, high)
    chosen = counts(ranked[low]) if fits(counts(ranked[low])) else smallest
    return _filled_up(chosen, scaled, multiple, fits)


def _rounded_up(counts, widths, multiple):
    pairs = zip(counts, widths, strict=True)
    return tuple(min(-(-count // multiple) * multiple, width) for count, width in pairs)


def _filled_up(counts, scores, multiple, fits):
    """Counts with what a budget still allows, which rounding has left: always the layer whose next
    unit has the highest score.
    """
    ordered, widths = [np.sort(score)[::-1] for score in scores], [len(score) for score in scores]
    while True:
        larger = []
        for layer, (count, width) in enumerate(zip(counts, widths, strict=True)):
            more = [*counts[:layer], count + 1, *counts[layer + 1 :]]
            more = _rounded_up(more, widths, multiple)
            if count < width and fits(more):
                larger.append((ordered[layer][count], more))
        if not larger:
            return counts
        counts = max(larger)[1]


def table_of(net):
    """What `print(net)` shows."""
    whole = cost_at(net, net.widths)
    lines = [("layer", "units", "parameters", "operations", "read by")]
    for layer, (name, width) in enumerate(zip(net.names, net.widths, strict=True)):
        readers = [r for r in net.traced.readings.values() if layer in r.layers]
        parameters = sum(
            math.prod(shape)
            for shape, axes in zip(shapes_at(net.table, net.widths), net.table.axes, strict=True)
            if any(layer in layers_of(axis) for axis in axes)
        )
        steps = [r.site.step for r in readers]
        steps += [
            s for s, _ in net.traced.graph.producers if _touches(net, s, layer) and s not in steps
        ]
        operations = graph_operations(net.traced.graph, atoms.size_of, net.traced.inputs, steps)
        read = ", ".join(_reader(r) for r in readers)
        lines.append((name, f"{width:,}", f"{parameters:,}", f"{operations:,}", read))
    lines.append(("whole network", "", f"{whole.parameters:,}", f"{whole.operations:,}", ""))
    return "\n".join([*_aligned(lines), "", *_reasons(net.frozen)])


def _reader(reading):
    """A reader's name, with a note if nothing but a constant can make up for what it misses."""
    name = reading.name.removeprefix("params/")
    return name if reading.chain is not None else f"{name} (constant only)"


def _touches(net, step, layer):
    unit = net.traced.units[layer]
    root = atoms.resolve((unit,))[0]
    axes = [axis for number in step.outputs for axis in net.traced.graph.axes[number]]
    return any(atom is root for axis in axes for atom in atoms.leaves(axis))


def _aligned(lines):
    """Rows of texts as lines with columns; numbers to the right."""
    sizes = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            cell.rjust(size) if 0 < place < 4 else cell.ljust(size)
            for place, (cell, size) in enumerate(zip(line, sizes, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _reasons(frozen):
    """The frozen axes, put together by reason."""
    groups = {}
    for axis, reason in frozen.items():
        groups.setdefault(reason, []).append(axis.removeprefix("params/"))
    yield "stays whole:"
    for reason, axes in groups.items():
        more = f" and {len(axes) - 3} more" if len(axes) > 3 else ""
        yield f"  {reason}: {', '.join(axes[:3])}{more}"
