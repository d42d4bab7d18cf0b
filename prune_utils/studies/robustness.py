"""Both orders at settings drawn at random, over everything that the post does not say.

What has a shape (points, arms, width, depth, steps, batch) is a fixed, balanced list, so that a run
compiles seven programs and takes the same time under every root key. Everything else is drawn.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require
from ..ensemble import run_ensemble
from ..keys import named_key
from .orders import SEEDS
from .setting_checks import measure_network
from .variants import INITIALISATIONS, OPTIMIZERS, initial_params, optimizer_of, row

NETWORKS = 4  # seeds of one setting
# Settings of one shape: a multiple of 8, the chunk in which `run_ensemble` sends them to two cores.
EACH = 8 * max(1, SEEDS // 64)


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


def draw(key, ranges):
    """A setting, the `Values` for a key and `Ranges`."""

    def uniform(name, low, high):
        return jax.random.uniform(named_key(key, name), (), minval=low, maxval=high)

    def number(name, low, high):
        return jax.random.randint(named_key(key, name), (), low, high)

    optimizer, place = number("optimizer", *ranges.optimizer), uniform("rate", *ranges.rate)
    low, high = jnp.log(row(OPTIMIZERS, optimizer)[-1])
    return Values(
        turns=uniform("turns", *ranges.turns),
        noise=jnp.exp(uniform("noise", *(jnp.log(end) for end in ranges.noise))),
        law=number("law", *ranges.law),
        optimizer=optimizer,
        place=place,
        rate=jnp.exp(low + place * (high - low)),
    )


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
