"""What is known of a program's axes, and how it is followed through one step (`rules`)."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jax.extend import core

from .._checks import concrete
from . import rules
from .atoms import freeze, fresh
from .program import Step

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
      derivatives: the graphs of the functions' own derivatives, by the identity of their step;
        None where one is of too high an order to be known.
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

    def advance(self, step):
        """Follows the axes through one step."""
        rule = rules.RULES.get(step.name, rules.unknown)
        shapes = [self.program.avals[number].shape for number in step.outputs]
        results = rule(step, [self.axes_of(value) for value in step.inputs], shapes)
        kind = max((self.kind_of(value) for value in step.inputs), default=CONSTANT)
        for number, axes in zip(step.outputs, results, strict=True):
            self.axes[number], self.kinds[number], self.makers[number] = axes, kind, step
        source = self.source_of(step.inputs[0]) if step.inputs else None
        if step.name in REARRANGED and source is not None and len(step.inputs) == 1:
            self.sources[step.outputs[0]] = source

    def is_zero(self, value):
        """Whether a value is nothing but zeros, such as the first state of a recurrence: there is
        nothing in it to read.
        """
        if isinstance(value, core.Literal):
            return not np.any(value.val)
        if value in self.program.constants:
            given = self.program.constants[value]
            return concrete(given) and not np.any(np.asarray(given))
        maker = self.makers.get(value)
        return maker is not None and maker.name in REARRANGED and self.is_zero(maker.inputs[0])

    def parameter_axes(self):
        """The axes of every parameter."""
        return [self.axes[number] for number in self.program.inputs[: len(self.names)]]
