"""Toy data sets, and the plane on which networks are looked at."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ._checks import concrete, require


class Dataset(NamedTuple):
    """Points in the plane with their classes: `x` (n, 2) float32, `y` (n,) int32."""

    x: jax.Array
    y: jax.Array


def spirals(key, points_per_arm=100, arms=2, turns=1.0, noise=0.02):
    """Interleaved spiral arms, one class an arm.

    A point of arm a has a radius r uniform on [0, 1), the angle 2π (turns · r + a / arms), and Gaussian noise on both
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
    """
    for name, count in (("points_per_arm", points_per_arm), ("arms", arms)):
        require(isinstance(count, (int, np.integer)) and count >= 1, name, f"an integer of at least 1, got {count!r}")
    for name, value in (("turns", turns), ("noise", noise)):
        if concrete(value):
            require(0 <= value < float("inf"), name, f"a finite number of at least 0, got {value!r}")
    radius_key, noise_key = jax.random.split(key)
    arm = jnp.repeat(jnp.arange(arms, dtype=jnp.int32), points_per_arm)
    radius = jax.random.uniform(radius_key, arm.shape, jnp.float32)
    angle = 2 * jnp.pi * (turns * radius + arm.astype(jnp.float32) / arms)
    clean = radius[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    return Dataset(clean + noise * jax.random.normal(noise_key, clean.shape, jnp.float32), arm)


def spiral_posterior(x, arms=2, turns=1.0, noise=0.02, resolution=1000):
    """The exact class probabilities of the law of `spirals`: what the best possible classifier would output.

    The density of an arm is the Gaussian noise smeared along the arm's curve; the integral over the radius is a sum
    over `resolution` midpoints, which should lie closer together than the noise is wide.

    Args:
      x: points (n, 2).
      arms, turns, noise: as in `spirals`; noise above 0.

    Returns:
      (n, arms), rows summing to 1.
    """
    if concrete(noise):
        require(0 < noise < float("inf"), "noise", f"a finite number above 0, got {noise!r}")
    radius = (jnp.arange(resolution, dtype=jnp.float32) + 0.5) / resolution
    angle = 2 * jnp.pi * (turns * radius[None, :] + jnp.arange(arms, dtype=jnp.float32)[:, None] / arms)
    curve = radius[None, :, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)

    def log_density(point):
        squares = jnp.square(point[None, None, :] - curve).sum(axis=-1)
        return jax.nn.logsumexp(-squares / (2 * noise**2), axis=1)

    return jax.nn.softmax(jax.lax.map(log_density, x, batch_size=256))


def plane(resolution=100, extent=1.2):
    """A square grid over [-extent, extent]², as points (resolution², 2), row by row from the bottom left."""
    require(
        isinstance(resolution, int) and resolution >= 2, "resolution", f"an integer of at least 2, got {resolution!r}"
    )
    axis = jnp.linspace(-extent, extent, resolution)
    return jnp.stack(jnp.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
