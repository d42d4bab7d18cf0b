"""Types and shapes of the public face, in the language of jaxtyping.

Nothing checks them at run time but the tests, which pass every call through beartype.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, Int32, Key, PyTree, Real, Shaped

Values = Array | np.ndarray  # JAX's arrays, those being traced among them, and NumPy's

Integer = int | np.integer
Number = float | int | np.number | Real[Values, ""]
Scalar = Float[Array, ""]
RandomKey = Key[Array, ""]

Params = PyTree[Shaped[ArrayLike, "..."]]  # of any structure
Inputs = PyTree[Shaped[Values, "..."]]  # usually one array, (n, …)

# One array for each layer. A layer's width is its own, so the shapes do not name it.
Activations = Sequence[Float[Values, "n _"]]  # the n points are the same in every layer
PerUnit = tuple[Float[Array, " _"], ...]
Scores = Sequence[Real[Values, " _"]]
Keep = Sequence[Int[Values, " _"]]
Kept = tuple[Int32[Array, " _"], ...]


class Dataset(NamedTuple):
    """Points with their classes: `x` (n, inputs) float32, `y` (n,) int32."""

    x: Float[Array, "n ..."]
    y: Int32[Array, " n"]
