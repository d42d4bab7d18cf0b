"""What a function's own derivative says of its axes: it may tie or mix what the function does
not."""

from jax.extend import core

from . import atoms
from .atoms import freeze
from .contractions import CONTRACTIONS, contraction
from .graph import CONSTANT, DATA, REARRANGED, Graph
from .program import CUSTOM, derivative, differentiable, every_step, is_float


def learn_from_rule(graph, step, order=2):
    """A function's own derivative may tie or mix what the function does not; so may the derivative
    of that, up to this order.
    """
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
    cotangents = () if forward else rule.inputs[len(inputs) :]
    for number, axes in zip(rule.inputs, [*inputs, *given], strict=True):
        inner.axes[number], inner.kinds[number] = axes, DATA
    for number in rule.constants:
        inner.new(number, CONSTANT, "constant")
    for nested in every_step(rule.steps):
        if nested.body is None:
            inner.advance(nested)
        if nested.name in CONTRACTIONS:
            _sum_up(inner, nested, cotangents, f"derivative of {step.why} sums over it")
    for nested in every_step(rule.steps):
        if nested.name in CUSTOM:
            inner.derivatives[id(nested)] = None
            if order > 1:
                learn_from_rule(inner, nested, order - 1)
    for value, axes in zip(rule.outputs, [*outputs, *made], strict=True):
        for ours, theirs in zip(inner.axes_of(value), axes, strict=False):
            atoms.unify(ours, theirs)
    graph.derivatives[id(step)] = inner


def _sum_up(inner, step, cotangents, reason):
    """Keeps what a derivative sums over, unless the terms of units that nobody reads are zero."""
    if not any(_vanishes(inner, value, cotangents) for value in step.inputs):
        for place in contraction(step, 1)[0]:
            freeze(inner.axes_of(step.inputs[0])[place], reason)


def _vanishes(inner, value, cotangents):
    """Whether a value is zero wherever a cotangent is: made of one, entry by entry."""
    maker = None if isinstance(value, core.Literal) else inner.makers.get(value)
    if maker is None:
        return value in cotangents
    own = [_vanishes(inner, v, cotangents) or inner.is_zero(v) for v in maker.inputs]
    if maker.name in REARRANGED - {"broadcast_in_dim"}:
        return own[0]
    shape = inner.program.avals[value].shape  # what is broadcast is not entry by entry
    pairs = zip(own, maker.eqn.invars, strict=True)
    own = [zero and var.aval.shape == shape for zero, var in pairs]
    if maker.name == "mul":
        return any(own)
    if maker.name in ("neg", "div"):
        return own[0]
    if maker.name == "select_n":
        return all(own[1:])
    return maker.name in ("add", "sub", "add_any") and all(own)
