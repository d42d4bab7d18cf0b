"""Which axes of which arrays belong to which units, read off a function's jaxpr.

Every axis of every value is followed through the program (`rules`). What reaches an input, an
output, a place in space or an operation without a rule stays whole. What is left, sits in a
parameter, and is read by a kernel, is units.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jax.extend import core

from . import atoms, rules
from .atoms import freeze, fresh
from .contractions import contraction
from .program import Step, derivative, differentiable, every_step, is_float

REARRANGED = {
    "reshape", "transpose", "squeeze", "broadcast_in_dim", "convert_element_type", "copy", "copy_p",
    "optimization_barrier",
}  # fmt: skip
CONSTANT, PARAMETER, DATA = range(3)


class Site(NamedTuple):
    """A place where a kernel reads units: a product or a convolution of activations with a
    parameter.

    Attributes:
      step: the operation.
      kernel: which of its operands is the kernel, 0 or 1.
      contracted: the dimensions of the activations that the kernel sums over.
      rows: the dimensions of the kernel that it sums over, in the same order.
      name: the kernel's, made distinct.
    """

    step: Step
    kernel: int
    contracted: tuple[int, ...]
    rows: tuple[int, ...]
    name: str


@dataclass
class Graph:
    """What is known of a program's axes.

    Attributes:
      program: a `Program`; its first inputs are the parameters.
      names: of the parameters, one for each of these first inputs.
      axes: the axes of every value, by its number.
      kinds: whether a value follows from constants, parameters or data.
      sources: the parameter that a value is a mere rearrangement of, by number.
      makers: the step that made a value.
      uses: how many steps use a value.
      sites: the places where kernels read.
      producers: (step, which operand) wherever a parameter puts out units: products, convolutions,
        tables.
      derivatives: the graphs of the functions' own derivatives, by the identity of their step.
    """

    program: Any
    names: list[str]
    axes: dict = field(default_factory=dict)
    kinds: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)
    makers: dict = field(default_factory=dict)
    uses: dict = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    producers: list = field(default_factory=list)
    derivatives: dict = field(default_factory=dict)

    def new(self, number, kind, reason=None, position=False):
        """Axes of which nothing is known, for a value that no step makes."""
        self.axes[number] = [fresh(size) for size in self.program.avals[number].shape]
        self.kinds[number] = kind
        if reason:
            for axis in self.axes[number]:
                freeze(axis, reason, position)

    def axes_of(self, value):
        return [] if isinstance(value, core.Literal) else self.axes[value]

    def kind_of(self, value):
        return CONSTANT if isinstance(value, core.Literal) else self.kinds[value]

    def source_of(self, value):
        return None if isinstance(value, core.Literal) else self.sources.get(value)


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
            _walk(graph, step.body, step if step.name.startswith("custom") else within)
            if step.name.startswith("custom") and within is None:
                _learn_from_rule(graph, step)
            continue
        for value in step.inputs:
            _use(graph, value)
        _advance(graph, step)
        if step.name in ("dot_general", "conv_general_dilated"):
            _contract(graph, step, within)
        if step.name == "gather" and graph.kind_of(step.inputs[0]) == PARAMETER:
            graph.producers.append((step, 0))


def _advance(graph, step):
    """Follows the axes through one step."""
    rule = rules.RULES.get(step.name, rules.unknown)
    shapes = [graph.program.avals[number].shape for number in step.outputs]
    results = rule(step, [graph.axes_of(value) for value in step.inputs], shapes)
    kind = max((graph.kind_of(value) for value in step.inputs), default=CONSTANT)
    for number, axes in zip(step.outputs, results, strict=True):
        graph.axes[number], graph.kinds[number], graph.makers[number] = axes, kind, step
    source = graph.source_of(step.inputs[0]) if step.inputs else None
    if step.name in REARRANGED and source is not None and len(step.inputs) == 1:
        graph.sources[step.outputs[0]] = source


def _contract(graph, step, within):
    """Notes which kernel reads what here, or why what is summed over must stay."""
    kinds = [graph.kind_of(value) for value in step.inputs]
    grouped = step.name != "dot_general" and step.eqn.params["feature_group_count"] > 1
    one = kinds.count(PARAMETER) == 1  # beside data, or a constant such as a first state of zeros
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
        reason = (
            f"one kernel a batch entry, {step.why}" if batch else within and f"within {within.why}"
        )
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


def _learn_from_rule(graph, step):
    """A function's own derivative may tie or mix what the function does not."""
    try:
        rule = derivative(step)
    except Exception as error:  # the derivative is the user's code and may raise anything
        for value in (*step.inputs, *step.outputs):
            for axis in graph.axes_of(value):
                freeze(axis, f"derivative of {step.why} cannot be traced ({type(error).__name__})")
        return
    inner = Graph(rule, [])
    inputs = [graph.axes_of(value) for value in step.inputs]
    chosen, outputs = [inputs[i] for i in differentiable(step)], []
    for value, var in zip(step.outputs, step.eqn.outvars, strict=True):
        outputs += [graph.axes_of(value)] if is_float(var.aval) else []
    forward = step.name == "custom_jvp_call"
    given, made = (chosen, outputs) if forward else (outputs, chosen)
    for number, axes in zip(rule.inputs, [*inputs, *given], strict=True):
        inner.axes[number], inner.kinds[number] = axes, DATA
    for number in rule.constants:
        inner.new(number, CONSTANT, "constant")
    for nested in every_step(rule.steps):
        if nested.body is None:
            _advance(inner, nested)
    for value, axes in zip(rule.outputs, made, strict=True):
        for ours, theirs in zip(inner.axes_of(value), axes, strict=False):
            atoms.unify(ours, theirs)
    graph.derivatives[id(step)] = inner


def parameter_axes(graph):
    """The axes of every parameter."""
    return [graph.axes[number] for number in graph.program.inputs[: len(graph.names)]]
