"""A function as a flat list of steps: its jaxpr with every call inlined."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

INLINED = {"jit", "pjit", "closed_call", "core_call", "custom_lin"}
CHECKPOINTS = {"checkpoint", "remat", "remat2"}
CUSTOM = {"custom_jvp_call", "custom_vjp_call"}


@dataclass
class Step:
    """One operation.

    Attributes:
      name: the primitive's.
      eqn: the equation of the jaxpr that it came from.
      inputs: for each operand the number of a value, or a `Literal`.
      outputs: the numbers of the values that it makes.
      where: the scope that it was traced in, such as "Net/Dense_0".
      body: of a checkpoint or a function with a derivative of its own, its steps.
      groups: of a grouped convolution, the axis over its groups.
    """

    name: str
    eqn: Any
    inputs: list
    outputs: list[int]
    where: str
    body: list | None = None
    groups: tuple = ()

    @property
    def why(self):
        """Names the step in a reason."""
        return f"{self.name} in {self.where}" if self.where else self.name


@dataclass
class Program:
    """Steps on numbered values.

    Attributes:
      steps: in the order of execution, bodies nested.
      inputs, outputs: as `Step` has them.
      constants: the values that the function closes over, by number.
      avals: shape and type of every value, by number.
      number: hands out the next number.
    """

    inputs: list[int] = field(default_factory=list)
    outputs: list = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    constants: dict[int, Any] = field(default_factory=dict)
    avals: dict[int, Any] = field(default_factory=dict)

    def number(self, aval):
        self.avals[len(self.avals)] = aval
        return len(self.avals) - 1


def record(function: Callable, *args) -> tuple[Program, Any]:
    """The program of a function of these arguments (arrays or shapes), and the structure of its
    result.
    """
    closed, shape = jax.make_jaxpr(function, return_shape=True)(*args)
    program = Program()
    program.inputs = [program.number(var.aval) for var in closed.jaxpr.invars]
    program.outputs = _inline(program, program.steps, closed, program.inputs, "")
    return program, jax.tree.structure(shape)


def _inline(program, steps, closed, inputs, where):
    """Appends a jaxpr's equations to the steps; returns what stands for its outputs."""
    known = dict(zip(closed.jaxpr.invars, inputs, strict=True))
    for var, value in zip(closed.jaxpr.constvars, closed.consts, strict=True):
        known[var] = program.number(var.aval)
        program.constants[known[var]] = value

    def read(var):
        return var if isinstance(var, core.Literal) else known[var]

    for eqn in closed.jaxpr.eqns:
        name, inputs = eqn.primitive.name, [read(var) for var in eqn.invars]
        scope = "/".join(filter(None, (where, str(eqn.source_info.name_stack))))
        if name in INLINED or name in CHECKPOINTS or name in CUSTOM:
            inner = eqn.params["call_jaxpr" if name in CUSTOM else "jaxpr"]
            if isinstance(inner, core.Jaxpr):
                inner = core.ClosedJaxpr(inner, ())
            body = steps if name in INLINED else []
            outputs = _inline(program, body, inner, inputs, scope)
            if name not in INLINED:
                steps.append(Step(name, eqn, inputs, outputs, scope, body))
        else:
            outputs = [program.number(var.aval) for var in eqn.outvars]
            steps.append(Step(name, eqn, inputs, outputs, scope))
        known.update(zip(eqn.outvars, outputs, strict=True))
    return [read(var) for var in closed.jaxpr.outvars]


def every_step(steps):
    """All steps, those within bodies included."""
    for step in steps:
        yield step
        if step.body:
            yield from every_step(step.body)


def bind(step, inputs, params=None):
    """Runs one equation on values, as a list of results."""
    params = step.eqn.params if params is None else params
    params = step.eqn.primitive.get_bind_params(params)
    # before JAX 0.10 the functions of a custom derivative come apart from the rest
    functions, params = params if isinstance(params, tuple) else ((), params)
    results = step.eqn.primitive.bind(*functions, *inputs, **params)
    return list(results) if step.eqn.primitive.multiple_results else [results]


def is_float(aval):
    """Whether a derivative by such values makes sense."""
    return jnp.issubdtype(aval.dtype, jnp.inexact)


def differentiable(step):
    """The places of the inputs that a function with its own derivative can be derived by."""
    first = step.eqn.params["num_consts"]  # values that it closes over come first
    return [i for i, var in enumerate(step.eqn.invars) if i >= first and is_float(var.aval)]


def no_tangent(value):
    """What JAX wants as the derivative of an integer."""
    return np.zeros(np.shape(value), jax.dtypes.float0)


def derivative(step):
    """The rule of a function that brings its own derivative, as JAX applies it, recorded as a
    `Program`.

    For `custom_jvp` a program (inputs, tangents of the float ones) -> float outputs and their
    tangents; for `custom_vjp` a program (inputs, cotangents of the float outputs) -> float outputs,
    and cotangents of the float inputs. The outputs are the rule's own, because second derivatives
    are those of what it does.
    """
    inputs = [var.aval for var in step.eqn.invars]
    floats = differentiable(step)
    outputs = [var.aval for var in step.eqn.outvars if is_float(var.aval)]
    shape = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in inputs]

    def split(args):
        values, given = list(args[: len(inputs)]), args[len(inputs) :]

        def call(*chosen):
            for place, value in zip(floats, chosen, strict=True):
                values[place] = value
            results = bind(step, values)
            return [r for r, v in zip(results, step.eqn.outvars, strict=True) if is_float(v.aval)]

        return call, [args[i] for i in floats], given

    def forward(*args):
        call, chosen, tangents = split(args)
        outputs, tangents = jax.jvp(call, chosen, list(tangents))
        return [*outputs, *tangents]

    def backward(*args):
        call, chosen, cotangents = split(args)
        outputs, pull = jax.vjp(call, *chosen)
        return [*outputs, *pull(list(cotangents))]

    if step.name == "custom_jvp_call":
        return record(forward, *shape, *(shape[i] for i in floats))[0]
    like = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in outputs]
    return record(backward, *shape, *like)[0]
