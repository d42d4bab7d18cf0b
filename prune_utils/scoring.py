"""What a criterion sees of the layers of a traced network."""

import jax
import jax.numpy as jnp

from ._checks import require, require_finite
from .criteria import Layer, Read, require_criterion
from .engine.contractions import contraction
from .engine.evaluation import Evaluator
from .engine.graph import PARAMETER
from .engine.layers import static_axis
from .engine.program import every_step
from .linalg import wide
from .pruning import require_inputs, unwrapped
from .table import axis_at, layers_of, members, widths_of


def network_scores(net, criterion, params, x, key, loss):
    """See `Network.scores`."""
    chosen = require_criterion(criterion, key)
    require_finite(params, "params")
    if chosen.needs == "loss":
        wanted = f'a function outputs -> scalar for the criterion "{criterion}"'
        require(callable(loss), "loss", wanted)
    if chosen.needs in ("x", "loss"):
        require_inputs(net, x, f'the criterion "{criterion}"')
    return net.compiled(_scores, chosen, loss if chosen.needs == "loss" else None)(params, x, key)


def _scores(net, chosen, loss, params, x, key):
    """`network_scores`, once all arguments were looked at."""
    widths = widths_of(net.table, unwrapped(params)[0])
    reads = reads_of(net, params, x, loss) if chosen.needs in ("x", "loss") else {}
    puts_out = incoming_weights(net, params) if chosen.needs is None else {}
    scores = []
    for layer, (width, name) in enumerate(zip(widths, net.names, strict=True)):
        own = None if key is None else jax.random.fold_in(key, layer)
        weights = tuple(puts_out.get(layer, ()))
        known = chosen.needs is not None or weights
        require(known, "criterion", f"a parameter that puts out {name}, whose norm could be taken")
        scores.append(chosen.score(Layer(width, tuple(reads.get(layer, ())), weights, own)))
    return tuple(scores)


def reads_of(net, params, x, loss=None):
    """dict layer -> list of `Read`, with gradients if there is a loss."""
    widths, seen, reads = widths_of(net.table, unwrapped(params)[0]), {}, {}

    def remember(reading, inputs, run):
        if reading.layers:
            seen[reading.name] = (reading.at(widths), *reading.operands(inputs))
        return run(inputs)

    net.watch(params, x, remember)
    gradients = {} if loss is None else _gradients(net, params, x, seen, loss)
    for name, (here, h, kernel) in seen.items():
        require(not jnp.iscomplexobj(h), "x", f"real activations where {name} reads")
        fine = wide(h.dtype)
        rows, columns = here.rows(h.astype(fine))[0], here.columns(kernel.astype(fine))[0]
        slopes = here.rows(gradients[name].astype(fine))[0] if gradients else None
        for layer in here.layers:
            own = members(here.features, layer)
            gradient = None if slopes is None else slopes[:, own]
            read = Read(rows[:, own], columns[:, own].transpose(1, 2, 0), gradient)
            reads.setdefault(layer, []).append(read)
    return reads


def _gradients(net, params, x, seen, loss):
    """dict kernel name -> gradient of the loss by what it reads."""

    def moved_loss(moves):
        def move(reading, inputs, run):
            if reading.name not in moves:
                return run(inputs)
            activations, kernel = reading.operands(inputs)
            return run(reading.operands((activations + moves[reading.name], kernel)))

        return loss(net.watch(params, x, move))

    zeros = {name: jnp.zeros_like(h) for name, (_, h, _) in seen.items()}
    return jax.grad(moved_loss)(zeros)


def incoming_weights(net, params):
    """dict layer -> list of (units, weights), for every parameter that puts units of the layer
    out.
    """
    own, graph, layers = unwrapped(params)[0], net.traced.graph, net.traced.layers
    widths, result = widths_of(net.table, own), {}
    values = dict(zip(graph.program.inputs, jax.tree.leaves(own), strict=False))
    values |= graph.program.constants
    steps = [s for s in every_step(graph.program.steps) if s.body is None]
    steps = [s for s in steps if all(graph.kinds[number] <= PARAMETER for number in s.outputs)]
    Evaluator(graph, net.traced.sizes(net.table, widths)).run(graph, steps, values)
    for step, operand in graph.producers:
        kernel, axes = values[step.inputs[operand]], graph.axes[step.inputs[operand]]
        read = () if step.name == "gather" else contraction(step, operand)[1]
        for place, axis in enumerate(axes):
            axis = axis_at(static_axis(axis, layers), widths)
            for layer in dict.fromkeys(layers_of(axis)) if place not in read else ():
                moved = jnp.moveaxis(kernel, place, 0)[members(axis, layer)]
                result.setdefault(layer, []).append(moved.reshape(widths[layer], -1))
    return result
