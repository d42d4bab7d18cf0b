"""Both orders at settings drawn at random, over everything that the post does not say.

What has a shape (points, arms, width, depth, steps, batch) is a fixed, balanced list, so that a run
compiles eight programs and takes the same time under every root key. Everything else is drawn.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .._checks import require
from ..ensemble import run_ensemble
from ..keys import named_key
from .orders import SEEDS
from .setting_checks import measure_network

NETWORKS = 4  # seeds of one setting
EACH = max(6, 25 * SEEDS // 256)  # settings of one shape


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


@dataclass(frozen=True)
class Shape:
    """What cannot vary without another compilation; `depth` hidden layers; `batch` None: all."""

    points: int
    arms: int
    width: int
    depth: int
    steps: int
    batch: int | None

    def __post_init__(self):
        require(self.width >= 4 and self.width % 2 == 0, "width", f"even, got {self.width}")


# Every value meets most others; what is slow in one respect is quick in another.
SHAPES = (
    Shape(100, 2, 100, 2, 1000, None),  # the inferred one
    Shape(100, 3, 50, 3, 300, None),
    Shape(100, 3, 50, 1, 3000, None),
    Shape(50, 2, 100, 3, 300, None),
    Shape(50, 3, 200, 1, 300, 50),
    Shape(100, 2, 200, 2, 300, 50),
    Shape(200, 3, 50, 2, 3000, 50),
    Shape(200, 2, 50, 3, 1000, 50),
)


class Ranges(NamedTuple):
    """From where to where each value is drawn, a pair each; of laws and optimizers, the numbers of
    the first and of the first left out. `noise`, and `rate` within its optimizer's range (0 to 1),
    on a logarithmic scale."""

    turns: tuple
    noise: tuple
    law: tuple
    optimizer: tuple
    rate: tuple


EVERYWHERE = Ranges((0.5, 1.5), (0.01, 0.05), (0, len(INITIALISATIONS)), (0, 4), (0.0, 1.0))
# Adam at 0.1, from Glorot's initialisation, one turn, noise 0.02
_PLACE = float(np.log(0.1 / 1e-3) / np.log(0.3 / 1e-3))
INFERRED = Ranges((1.0, 1.0), (0.02, 0.02), (0, 1), (0, 1), (_PLACE, _PLACE))


class Values(NamedTuple):
    """One drawn setting: `law` and `optimizer` by number; `place`: of the `rate` in its range."""

    turns: jax.Array
    noise: jax.Array
    law: jax.Array
    optimizer: jax.Array
    place: jax.Array
    rate: jax.Array


def _row(table, number):
    """The entries of a table's row of this number, which may be traced."""
    return [jnp.array(column)[number] for column in zip(*table.values())]


def draw(key, ranges):
    """A setting, the `Values` for a key and `Ranges`."""

    def uniform(name, low, high):
        return jax.random.uniform(named_key(key, name), (), minval=low, maxval=high)

    def number(name, low, high):
        return jax.random.randint(named_key(key, name), (), low, high)

    optimizer, place = number("optimizer", *ranges.optimizer), uniform("rate", *ranges.rate)
    low, high = jnp.log(_row(OPTIMIZERS, optimizer)[-1])
    return Values(
        turns=uniform("turns", *ranges.turns),
        noise=jnp.exp(uniform("noise", *(jnp.log(end) for end in ranges.noise))),
        law=number("law", *ranges.law),
        optimizer=optimizer,
        place=place,
        rate=jnp.exp(low + place * (high - low)),
    )


def initial_params(key, law, widths):
    """Parameters of a chain of Dense layers by the law of this number in `INITIALISATIONS`; widths:
    of inputs, hidden layers and outputs."""
    gain, both, normal, biased = _row(INITIALISATIONS, law)
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
    """The optimizer of this number in `OPTIMIZERS`, for `TrainConfig`; the number may be traced."""
    b1, gain, b2, adaptive, corrected, decay, *_ = _row(OPTIMIZERS, number)

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


def measure_setting(key, ranges, shape):
    """The `Values` of one drawn setting, and `measure_network` of each of its `NETWORKS` seeds."""
    values = draw(key, ranges)
    start = partial(initial_params, law=values.law)

    def one(seed):
        return measure_network(seed, shape, values, start, optimizer_of(values.optimizer))

    return values, jax.lax.map(one, jax.random.split(named_key(key, "networks"), NETWORKS))


_AT = {shape: partial(measure_setting, shape=shape) for shape in SHAPES}


def sweep_settings(key, each, ranges=EVERYWHERE, shapes=SHAPES):
    """`each` settings of every shape: a dict shape -> (`Values`, measured), over the settings."""
    return {
        shape: run_ensemble(_AT[shape], jax.random.split(named_key(key, str(shape)), each), ranges)
        for shape in shapes
    }
