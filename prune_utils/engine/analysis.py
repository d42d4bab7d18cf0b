"""Which axes of which arrays belong to which units, read off a function's jaxpr.

Every axis of every value is followed through the program. What reaches an input, an output, a place
in space or an operation without a rule stays whole. What is left, sits in a parameter, and is read
by a kernel, is units (`layers`).
"""

from jax.extend import core

from . import atoms
from .atoms import freeze
from .contractions import CONTRACTIONS, contraction
from .derivatives import learn_from_rule
from .graph import CONSTANT, DATA, PARAMETER, Graph, Site
from .program import CUSTOM


def analyse(program, names, seeds=None):
    """The `Graph` of a program whose first inputs are the parameters of these names.

    Args:
      program: from `record`.
      names: one for each parameter.
      seeds: known axes of the parameters, of an earlier analysis; nothing is known if None.
    """
    graph = Graph(program, names)
    for index, number in enumerate(program.inputs):
        if index < len(names):
            graph.new(number, PARAMETER)
            graph.sources[number] = number
        else:
            graph.new(number, DATA, "input", position=True)
    for index, axes in enumerate(seeds or ()):
        for known, axis in zip(axes, graph.axes[program.inputs[index]], strict=True):
            atoms.unify(axis, known)
    for number in program.constants:
        graph.new(number, CONSTANT, "constant")
    _walk(graph, program.steps, within=None)
    for value in program.outputs:
        _use(graph, value)
        for axis in graph.axes_of(value):
            freeze(axis, "output")
    return graph


def _use(graph, value):
    if not isinstance(value, core.Literal):
        graph.uses[value] = graph.uses.get(value, 0) + 1


def _walk(graph, steps, within):
    for step in steps:
        if step.body is not None:
            _walk(graph, step.body, step if step.name in CUSTOM else within)
            if step.name in CUSTOM and within is None:
                learn_from_rule(graph, step)
            continue
        for value in step.inputs:
            _use(graph, value)
        graph.advance(step)
        if step.name in CONTRACTIONS:
            _contract(graph, step, within)
        if step.name == "gather" and graph.kind_of(step.inputs[0]) == PARAMETER:
            graph.producers.append((step, 0))


def _contract(graph, step, within):
    """Notes which kernel reads what here, or why what is summed over must stay."""
    kinds = [graph.kind_of(value) for value in step.inputs]
    grouped = step.name != "dot_general" and step.eqn.params["feature_group_count"] > 1
    one = kinds.count(PARAMETER) == 1  # beside data, or a constant
    if one and (step.name == "dot_general" or kinds[1] == PARAMETER):
        kernel = kinds.index(PARAMETER)
        contracted, rows = contraction(step, kernel)
        name = _kernel_name(graph, step.inputs[kernel])
        graph.producers.append((step, kernel))
        batch = step.name == "dot_general" and any(
            atoms.size_of(graph.axes_of(step.inputs[kernel])[place]) > 1
            for place in step.eqn.params["dimension_numbers"][1][kernel]
        )
        if grouped:
            return
        reason = within and f"within {within.why}"
        if batch:
            reason = f"one kernel a batch entry, {step.why}"
        if kinds[1 - kernel] == CONSTANT and not graph.is_zero(step.inputs[1 - kernel]):
            reason = f"product of a parameter and a constant, {step.why}"
        if not reason:
            used = sum(site.name.split("#")[0] == name for site in graph.sites)
            name = f"{name}#{used + 1}" if used else name
            graph.sites.append(Site(step, kernel, contracted, rows, name))
    else:
        contracted, _ = contraction(step, 1)
        kernel, reason = 1, f"no kernel but a product of activations reads it, {step.why}"
        if max(kinds) < DATA:
            reason = f"product of parameters, {step.why}"
    if reason:
        for place in contracted:
            freeze(graph.axes_of(step.inputs[1 - kernel])[place], reason)


def _kernel_name(graph, value):
    """The name of the parameter that a kernel is, or that it is computed from."""
    source = graph.sources.get(value)
    while source is None:
        candidates = [v for v in graph.makers[value].inputs if graph.kind_of(v) == PARAMETER]
        value = candidates[0]
        source = graph.sources.get(value)
    return graph.names[graph.program.inputs.index(source)]
