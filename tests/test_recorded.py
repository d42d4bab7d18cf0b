"""Recorded data: what comes with packages, the same every time, and split without overlap."""

import random

import jax
import numpy as np
import pytest

from prune_utils.recorded import RECORDED, split
from prune_utils.types import Dataset

SHAPES = {"digits": (1797, 8, 8, 1), "MNIST": (5000, 28, 28, 1), "MNIST-1D": (4000, 40)}


@pytest.mark.parametrize("name", RECORDED)
def test_every_class_is_there_about_as_often(name):
    data = RECORDED[name]()
    assert data.x.shape == SHAPES[name] and data.x.dtype == np.float32
    counts = np.bincount(data.y, minlength=10)
    assert len(counts) == 10 and counts.min() > 0.09 * len(data.y)
    assert name == "MNIST-1D" or (data.x.min(), data.x.max()) == (0, 1)


def test_made_signals_are_the_same_each_time_and_leave_global_seeds_alone():
    np.random.seed(5)  # noqa: NPY002 - what a user may have done
    random.seed(5)
    states = np.random.get_state()[1], random.getstate()  # noqa: NPY002
    first, second = RECORDED["MNIST-1D"](), RECORDED["MNIST-1D"]()
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_array_equal(states[0], np.random.get_state()[1])  # noqa: NPY002
    assert states[1] == random.getstate()


def test_parts_have_all_points_once():
    data = Dataset(np.arange(30.0, dtype=np.float32)[:, None], np.arange(30, dtype=np.int32))
    parts = split(jax.random.key(0), data, (20, 4))
    assert [len(part.y) for part in parts] == [20, 4, 6]
    assert sorted(np.concatenate([part.y for part in parts])) == list(range(30))
    assert all((np.asarray(part.x)[:, 0] == np.asarray(part.y)).all() for part in parts)
    other = split(jax.random.key(1), data, (20, 4))
    assert not (parts[0].y == other[0].y).all()


@pytest.mark.parametrize("sizes", [(30,), (0, 4), (20, 10), (1.5,)])
def test_sizes_that_leave_nothing_are_refused(sizes, unchecked):
    data = Dataset(np.zeros((30, 1), np.float32), np.zeros(30, np.int32))
    with pytest.raises(
        ValueError, match=r"^sizes: expected positive integers, and less than 30 together"
    ):
        split(jax.random.key(0), data, sizes)
