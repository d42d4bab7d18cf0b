"""Runs a program at other widths than those at which it was recorded."""

import jax
import jax.numpy as jnp
from jax.extend import core

from . import resizing
from .program import CUSTOM, bind, differentiable, is_float, no_tangent


class Evaluator:
    """A program at some widths.

    Attributes:
      graph: the program's `Graph`.
      size: axis -> the number of its entries at these widths.
      constants: identity of a step -> what to add to what it puts out.
      watched: the identities of steps, and
      watch: called as (step, inputs, run) in place of these; run(inputs) runs the step. If it is
        given, checkpoints are none.
    """

    def __init__(self, graph, size, constants=None, watched=(), watch=None):
        self.graph, self.size, self.watched, self.watch = graph, size, watched, watch
        self.constants = constants or {}

    def __call__(self, *inputs):
        """The outputs, a list, for a list of input arrays."""
        program = self.graph.program
        values = dict(zip(program.inputs, inputs, strict=True)) | program.constants
        self.run(self.graph, program.steps, values)
        return [_read(values, output) for output in program.outputs]

    def run(self, graph, steps, values):
        """Executes steps on the values, a dict by number, which it extends."""
        for step in steps:
            if step.body is None:
                inputs = [_read(values, value) for value in step.inputs]
                results = self._step(graph, step, inputs)
            elif self._inlined(graph, step):
                self.run(graph, step.body, values)
                continue
            else:
                inputs = [_read(values, value) for value in step.inputs]
                results = self._nested(graph, step, inputs)
            for number, result in zip(step.outputs, results, strict=True):
                if not isinstance(number, core.Literal):
                    values[number] = result

    def resized(self, graph, step):
        """The step's own parameters at these widths."""
        if step.name not in resizing.RESIZED:
            return step.eqn.params
        operands = [graph.axes_of(value) for value in step.inputs]
        results = [graph.axes[number] for number in step.outputs]
        return {
            **step.eqn.params,
            **resizing.RESIZED[step.name](step, operands, results, self.size),
        }

    def _step(self, graph, step, inputs):
        def run(inputs):
            results = bind(step, inputs, self.resized(graph, step))
            constant = self.constants.get(id(step))
            return results if constant is None else [results[0] + constant]

        return self.watch(step, inputs, run) if id(step) in self.watched else run(inputs)

    def _inlined(self, graph, step):
        if step.name in CUSTOM:
            return id(step) not in graph.derivatives
        return self.watch is not None

    def _body(self, graph, step):
        def body(*inputs):
            values = {**graph.program.constants}
            values.update(
                (n, v)
                for n, v in zip(step.inputs, inputs, strict=True)
                if not isinstance(n, core.Literal)
            )
            self.run(graph, step.body, values)
            return [_read(values, output) for output in step.outputs]

        return body

    def _nested(self, graph, step, inputs):
        if step.name not in CUSTOM:
            body, params = self._body(graph, step), step.eqn.params
            return jax.checkpoint(body, policy=params["policy"], prevent_cse=params["prevent_cse"])(
                *inputs
            )
        return self._custom(graph, step, inputs)

    def _rule(self, graph, step):
        inner = graph.derivatives[id(step)]

        def rule(*inputs):
            if inner is None:
                raise NotImplementedError(f"third derivatives of {step.why}")
            program = inner.program
            values = dict(zip(program.inputs, inputs, strict=True)) | program.constants
            self.run(inner, program.steps, values)
            return [_read(values, output) for output in program.outputs]

        return rule

    def _custom(self, graph, step, inputs):
        """A function with its own derivative, whose rule runs at these widths, too."""
        # JAX says what is to be done with the derivatives of the values that it closes over.
        closed = step.eqn.params["num_consts"]
        floats, rule = differentiable(step), self._rule(graph, step)
        constants, inputs = inputs[:closed], inputs[closed:]

        def body(*inputs):
            return [jnp.asarray(value) for value in self._body(graph, step)(*constants, *inputs)]

        def outputs_of(results, inputs):
            """(the rule's outputs, with the integers that it leaves out; what else it gives)."""
            real = [is_float(var.aval) for var in step.eqn.outvars]
            own, rest = iter(results[: sum(real)]), results[sum(real) :]
            whole = real if all(real) else body(*inputs)
            pairs = zip(real, whole, strict=True)
            return [next(own) if is_real else output for is_real, output in pairs], rest

        def jvp(primals, tangents):
            results = rule(*constants, *primals, *(tangents[i - closed] for i in floats))
            outputs, moves = outputs_of(results, primals)
            moves = iter(moves)
            return outputs, [next(moves) if is_float(o) else no_tangent(o) for o in outputs]

        def forward(*inputs):
            zeros = [jnp.zeros_like(o) for o in body(*inputs) if is_float(o)]
            return outputs_of(rule(*constants, *inputs, *zeros), inputs)[0], inputs

        def backward(inputs, cotangents):
            results = rule(*constants, *inputs, *(c for c in cotangents if is_float(c)))
            pulls = dict(zip(floats, outputs_of(results, inputs)[1], strict=True))
            return tuple(pulls.get(i + closed, no_tangent(v)) for i, v in enumerate(inputs))

        if step.name == "custom_jvp_call":
            function = jax.custom_jvp(body)
            function.defjvp(jvp)
        else:
            function = jax.custom_vjp(body)
            function.defvjp(forward, backward)
        return function(*inputs)


def _read(values, value):
    return value.val if isinstance(value, core.Literal) else values[value]
