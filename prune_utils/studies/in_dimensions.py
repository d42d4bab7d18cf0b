"""A task whose data vary in a number of dimensions that can be chosen."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp

from ..keys import named_key
from ..tasks import spirals
from ..types import Dataset, Number


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["dimension", "noise", "blobs"],
    meta_fields=["inputs", "points_per_class", "test_points_per_class"],
)
@dataclass(frozen=True)
class InDimensions:
    """Two classes that vary in some dimensions of a larger space, turned at random.

    The network has the same inputs always; only the dimension of the data in them differs. Another
    dimension compiles nothing.

    Attributes:
      dimension: in how many dimensions the data vary, 2 to `inputs`.
      noise: for spirals, the standard deviation in each dimension beyond the plane.
      blobs: whether the classes are round Gaussian clusters with Gaussian centres, instead of the
        report's spirals in a plane.
      inputs, points_per_class, test_points_per_class: how many.
    """

    dimension: Number
    noise: Number = 0.1
    blobs: Number | bool = False
    inputs: int = 20
    points_per_class: int = 100
    test_points_per_class: int = 1000

    @property
    def classes(self):
        return 2

    def __call__(self, data_key, test_key):
        def normal(key, name, rows):
            return jax.random.normal(named_key(key, name), (rows, self.inputs))

        varies = (jnp.arange(self.inputs) < self.dimension).astype(jnp.float32)
        turn = jnp.linalg.qr(normal(data_key, "turn", self.inputs))[0]
        centres = 1.5 * normal(data_key, "centres", 2)

        def draw(key, points):
            flat = spirals(key, points)
            noise = normal(key, "noise", len(flat.y))
            spiral = (self.noise * noise).at[:, :2].set(flat.x)
            x = jnp.where(self.blobs, centres[flat.y] + noise, spiral)
            return Dataset((x * varies[None, :]) @ turn, flat.y)

        return draw(data_key, self.points_per_class), draw(test_key, self.test_points_per_class)
