"""Initialisations and optimizers by a number that may be traced, so that all share one program."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from .._checks import concrete, require
from ..keys import named_key


class Law(NamedTuple):
    """Of initial kernels: their variance is `gain` over the inputs, or over the mean of inputs and
    outputs if `both`; `normal`, cut off at two standard deviations, or uniform; biases are drawn
    from the uniform law, too, if `biased`."""

    gain: float
    both: bool
    normal: bool
    biased: bool


INITIALISATIONS = {
    "Glorot uniform": Law(1.0, True, False, False),
    "He normal": Law(2.0, False, True, False),
    "LeCun normal": Law(1.0, False, True, False),
    "PyTorch's default": Law(1 / 3, False, False, True),  # of torch.nn.Linear
}


class Update(NamedTuple):
    """One form of four optimizers. With running means m = `b1` m + `gain` g and v = `b2` v +
    (1 − `b2`) g², the step is m, over √v if `adaptive`, both unbiased if `corrected`; and `decay`
    times the weight. `rates`: the learning rates that are drawn, from, to."""

    b1: float
    gain: float
    b2: float
    adaptive: bool
    corrected: bool
    decay: float
    rates: tuple[float, float]


OPTIMIZERS = {
    "Adam": Update(0.9, 0.1, 0.999, True, True, 0.0, (1e-3, 0.3)),
    "AdamW": Update(0.9, 0.1, 0.999, True, True, 0.01, (1e-3, 0.3)),
    "RMSprop": Update(0.0, 1.0, 0.99, True, False, 0.0, (3e-4, 0.1)),
    "SGD with momentum": Update(0.9, 1.0, 0.999, False, False, 0.0, (1e-2, 1.0)),
}


def row(table, number):
    """The entries of a table's row of this number, which may be traced."""
    return [jnp.array(column)[number] for column in zip(*table.values())]


def initial_params(key, law, widths):
    """Parameters of a chain of Dense layers by the law of this number in `INITIALISATIONS`; widths:
    of inputs, hidden layers and outputs."""
    gain, both, normal, biased = row(INITIALISATIONS, law)
    params, sizes = {}, list(zip(widths, widths[1:]))
    rows = sum((inputs + 1) * width for inputs, width in sizes)
    flat = jax.random.uniform(named_key(key, "uniform"), (rows,), minval=-1.0) * 3**0.5
    # the standard deviation of what is left after the cut is 0.8796
    bell = jax.random.truncated_normal(named_key(key, "normal"), -2, 2, (rows,)) / 0.87962566
    drawn, start = jnp.where(normal, bell, flat), 0
    for index, (inputs, width) in enumerate(sizes):
        size = jnp.sqrt(gain / jnp.where(both, (inputs + width) / 2, inputs))
        end = start + (inputs + 1) * width
        layer, start = size * drawn[start:end].reshape(inputs + 1, width), end
        bias = jnp.where(biased, layer[-1], 0)
        params[f"Dense_{index}"] = {"kernel": layer[:-1], "bias": bias}
    return params


def optimizer_of(number):
    """The optimizer of this number in `OPTIMIZERS`, for `TrainConfig`; the number may be traced.

    One formula for all: faster than `numbered_optimizer`, which takes any.
    """
    b1, gain, b2, adaptive, corrected, decay, *_ = row(OPTIMIZERS, number)

    def optimizer(rate):
        def init(params):
            zeros = jax.tree.map(jnp.zeros_like, params)
            return optax.ScaleByAdamState(jnp.zeros((), jnp.int32), zeros, zeros)

        def update(gradients, state, params):
            count = state.count + 1
            m = jax.tree.map(lambda m, g: b1 * m + gain * g, state.mu, gradients)
            v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * jnp.square(g), state.nu, gradients)
            c1, c2 = (jnp.where(corrected, 1 - b**count, 1) for b in (b1, b2))

            def move(m, v, weight):
                scaled = jnp.where(adaptive, (m / c1) / (jnp.sqrt(v / c2) + 1e-8), m)
                return -rate * (scaled + decay * weight)

            return jax.tree.map(move, m, v, params), optax.ScaleByAdamState(count, m, v)

        return optax.GradientTransformation(init, update)

    return optimizer


def numbered_optimizer(optimizers, number):
    """Of several optimizers the one with this number, counted from 0, which may be traced.

    Each is a function as in `TrainConfig`, and so is what is returned. Its state holds the states
    of all; those of the others stay as they began.
    """
    require(
        not concrete(number) or 0 <= number < len(optimizers),
        "number",
        f"0 to {len(optimizers) - 1}, got {number!r}",
    )

    def optimizer(learning_rate):
        every = [one(learning_rate) for one in optimizers]

        def updated_by(place):
            def update(gradients, states, params):
                moves, state = every[place].update(gradients, states[place], params)
                return moves, (*states[:place], state, *states[place + 1 :])

            return update

        def update(gradients, states, params=None):
            ways = [updated_by(place) for place in range(len(every))]
            return jax.lax.switch(number, ways, gradients, states, params)

        def init(params):
            return tuple(one.init(params) for one in every)

        return optax.GradientTransformation(init, update)

    return optimizer
