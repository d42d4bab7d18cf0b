"""Tasks, which give training and test data for keys; and points of the plane to draw them on."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from ._checks import concrete, require
from .recorded import digits, split
from .types import Dataset, Integer, Number, RandomKey


def spirals(
    key: RandomKey,
    points_per_arm: Integer = 100,
    arms: Integer = 2,
    turns: Number = 1.0,
    noise: Number = 0.02,
) -> Dataset:
    """Interleaved spiral arms, one class an arm.

    A point of arm a has a radius r uniform on [0, 1), the angle 2π (turns · r + a / arms), and
    Gaussian noise on both
    coordinates. Another key gives a fresh sample of the same law: that is how test sets are made.

    Args:
      key: a `jax.random.key`.
      points_per_arm, arms: how many, both at least 1.
      turns: how often an arm winds around the origin, at least 0.
      noise: standard deviation of the noise, in units of the outer radius, at least 0.

    Returns:
      A `Dataset` of points_per_arm · arms points, ordered by arm.

    Raises:
      ValueError: for a count below 1, or for `turns` or `noise` negative or not finite.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> pu.spirals(jax.random.key(0), points_per_arm=50, arms=3).x.shape
      (150, 2)
    """
    for name, count in (("points_per_arm", points_per_arm), ("arms", arms)):
        fits = isinstance(count, (int, np.integer)) and count >= 1
        require(fits, name, f"an integer of at least 1, got {count!r}")
    for name, value in (("turns", turns), ("noise", noise)):
        if concrete(value):
            require(
                0 <= value < float("inf"), name, f"a finite number of at least 0, got {value!r}"
            )
    radius_key, noise_key = jax.random.split(key)
    arm = jnp.repeat(jnp.arange(arms, dtype=jnp.int32), points_per_arm)
    radius = jax.random.uniform(radius_key, arm.shape, jnp.float32)
    angle = 2 * jnp.pi * (turns * radius + arm.astype(jnp.float32) / arms)
    clean = radius[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    return Dataset(clean + noise * jax.random.normal(noise_key, clean.shape, jnp.float32), arm)


def spiral_posterior(x, arms=2, turns=1.0, noise=0.02, resolution=1000):
    """The exact class probabilities of the law of `spirals`: what the best possible classifier
    would output.

    The density of an arm is the Gaussian noise smeared along the arm's curve; the integral over the
    radius is a sum over `resolution` midpoints, which should lie closer together than the noise is
    wide.

    Args:
      x: points (n, 2).
      arms, turns, noise: as in `spirals`; noise above 0.

    Returns:
      (n, arms), rows summing to 1.
    """
    if concrete(noise):
        require(0 < noise < float("inf"), "noise", f"a finite number above 0, got {noise!r}")
    radius = (jnp.arange(resolution, dtype=jnp.float32) + 0.5) / resolution
    angle = (
        2 * jnp.pi * (turns * radius[None, :] + jnp.arange(arms, dtype=jnp.float32)[:, None] / arms)
    )
    curve = radius[None, :, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)

    def log_density(point):
        squares = jnp.square(point[None, None, :] - curve).sum(axis=-1)
        return jax.nn.logsumexp(-squares / (2 * noise**2), axis=1)

    return jax.nn.softmax(jax.lax.map(log_density, x, batch_size=256))


def plane(resolution=100, extent=1.2):
    """A square grid over [-extent, extent]², as points (resolution², 2), row by row from the bottom
    left."""
    fits = isinstance(resolution, int) and resolution >= 2
    require(fits, "resolution", f"an integer of at least 2, got {resolution!r}")
    axis = jnp.linspace(-extent, extent, resolution)
    return jnp.stack(jnp.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


@runtime_checkable
class Task(Protocol):
    """A law of data, as a value that `jax.jit` takes as an argument."""

    @property
    def classes(self) -> int:
        """How many classes there are."""

    def __call__(self, data_key, test_key) -> tuple[Dataset, Dataset]:
        """Training data, and fresh data of the same law for tests."""


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["turns", "noise"],
    meta_fields=["points_per_arm", "arms", "test_points_per_arm"],
)
@dataclass(frozen=True)
class Spirals:
    """Interleaved spiral arms, see `spirals`. Another value of `turns` or `noise` compiles
    nothing."""

    points_per_arm: int = 100
    arms: int = 2
    turns: Number = 1.0
    noise: Number = 0.02
    test_points_per_arm: int = 1000

    @property
    def classes(self):
        return self.arms

    def __call__(self, data_key, test_key):
        draw = partial(spirals, arms=self.arms, turns=self.turns, noise=self.noise)
        return draw(data_key, self.points_per_arm), draw(test_key, self.test_points_per_arm)


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["spread", "noise"],
    meta_fields=["points_per_class", "classes", "dimensions", "test_points_per_class"],
)
@dataclass(frozen=True)
class Blobs:
    """Gaussian clusters, one a class; their centres are Gaussian, too, and follow from the data's
    key.

    Attributes:
      points_per_class, classes, dimensions, test_points_per_class: how many.
      spread, noise: standard deviation of the centres, and of the points around them.
    """

    points_per_class: int = 60
    classes: int = 4
    dimensions: int = 10
    spread: Number = 1.5
    noise: Number = 1.0
    test_points_per_class: int = 1000

    def __call__(self, data_key, test_key):
        centre_key, point_key = jax.random.split(data_key)
        centres = self.spread * jax.random.normal(centre_key, (self.classes, self.dimensions))

        def draw(key, points):
            y = jnp.repeat(jnp.arange(self.classes, dtype=jnp.int32), points)
            x = centres[y] + self.noise * jax.random.normal(key, (len(y), self.dimensions))
            return Dataset(x, y)

        return draw(point_key, self.points_per_class), draw(test_key, self.test_points_per_class)


@partial(jax.tree_util.register_dataclass, data_fields=[], meta_fields=["points", "flat"])
@dataclass(frozen=True)
class Digits:
    """Handwritten digits, 1797 images of 8×8 pixels from 0 to 1, that come with scikit-learn.

    The data's key chooses those for training, the others are for tests; the tests' key has no say.

    Attributes:
      points: how many are for training.
      flat: whether `x` has the shape (n, 64) rather than (n, 8, 8, 1).
    """

    points: int = 1200
    flat: bool = True

    @property
    def classes(self):
        return 10

    def __call__(self, data_key, test_key):
        every = digits()
        most = len(every.y) - 1
        require(0 < self.points <= most, "points", f"1 to {most}, got {self.points}")
        data = every if not self.flat else every._replace(x=every.x.reshape(len(every.x), -1))
        return split(data_key, data, (self.points,))


TASKS = {"spirals": Spirals, "blobs": Blobs, "digits": Digits}
