"""The pieces of the dashed diagonal, on kernels made by hand."""

import jax
import numpy as np
import pytest
from conftest import SMALL

import prune_utils as pu
from prune_utils.studies.dashes import (
    correlations,
    diagonal_pieces,
    in_band,
    kernel_moves,
    lone_gradient,
    middle_piece,
    one_seed,
    outer_pieces,
    uniform_table,
    weight_density,
)
from prune_utils.studies.kernels import kernel_pairs

LIMIT, SHIFT = 0.17, 0.6


@pytest.fixture
def pair():
    """Three seeds of 20 by 20: a quarter of the weights untouched, a quarter moved alike by SHIFT,
    the others moved at random in either run."""
    rng = np.random.default_rng(1)
    init = rng.uniform(-LIMIT, LIMIT, size=(3, 20, 20))
    moves = rng.normal(size=(2, 3, 20, 20))
    moves[:, :, :5], moves[:, :, 5:10] = 0, SHIFT
    asleep, apart = np.zeros((3, 20), bool), np.zeros((3, 20, 20), bool)
    asleep[:, :10], apart[:, :5, :10] = True, True
    more = {name: rng.uniform(size=3) for name in ("r", "r_moves", "r_init", "p")}
    kernels = {"init": init, "train_prune": init + moves[0], "prune_train": init + moves[1]}
    return kernels | {"asleep": asleep, "apart": apart} | more


def test_outer_pieces_find_the_common_shift(pair):
    moves = pair["prune_train"] - pair["init"]
    outer = outer_pieces(moves)
    np.testing.assert_allclose(outer.band, SHIFT, rtol=1e-6)
    np.testing.assert_allclose(outer.position, SHIFT, rtol=1e-6)
    assert outer.there.mean == 1
    expected = np.mean((np.abs(moves) > 0.99 * SHIFT) & (np.abs(moves) < 1.01 * SHIFT))
    np.testing.assert_allclose(in_band(moves, SHIFT).mean, expected)


def test_diagonal_pieces_count_dense_ranges():
    rng = np.random.default_rng(2)
    first, second = rng.uniform(-1, 1, size=(2, 3, 200, 200))
    first[:, :20] = second[:, :20] = rng.uniform(-LIMIT, LIMIT, size=(3, 20, 200))
    diagonal = diagonal_pieces({"train_prune": first, "prune_train": second}, LIMIT, SHIFT)
    assert diagonal.ratio["middle"] > 3
    assert all(0.7 < diagonal.ratio[name] < 1.4 for name in ("lower", "upper", "gaps"))
    centre, near = (first + second) / 2, np.abs(first - second) < 0.005
    inside = near & (np.abs(centre) < 0.5)
    assert diagonal.near[:, 20:60].sum() == inside.sum()
    assert 3000 < diagonal.excess["middle"].mean <= 4100


def test_middle_piece_counts_untouched_and_equal_pairs(pair):
    middle = middle_piece(pair, LIMIT, SHIFT)
    assert middle.per_seed.mean == 100 and middle.none == 0
    assert middle.inner >= middle.inner_untouched == 300
    alike = (pair["train_prune"] == pair["prune_train"]).sum()
    assert middle.inner + middle.outside == alike and middle.outside_alike > 0
    np.testing.assert_array_equal(middle.unmoved, pair["init"][:, :5].ravel())
    means = pair["init"][:, :5].mean(axis=(1, 2)) / LIMIT
    np.testing.assert_allclose(middle.tilt.mean, means.mean())


def test_uniform_table_describes_each_kind_of_weight(pair):
    table = uniform_table(pair, LIMIT)
    row, init = table["untouched"], np.sort(pair["init"][:, :5].ravel())
    assert row["weights"] == 300
    np.testing.assert_allclose(row["mean / cut-off"], init.mean() / LIMIT)
    law = (init + LIMIT) / (2 * LIMIT)
    steps = np.arange(301) / 300
    distance = max((steps[1:] - law).max(), (law - steps[:-1]).max())
    np.testing.assert_allclose(row["distance from the uniform law"], distance)
    assert row["into a unit dead at the start"] == 0.5
    assert row["between units never active together"] == 0.5
    assert table["all, initial"]["between units never active together"] == 1 / 8


def test_weight_density_and_correlations(pair):
    inside = (np.abs(pair["train_prune"]) <= 1) & (np.abs(pair["prune_train"]) <= 1)
    assert weight_density(pair).sum() == inside.sum()
    ranks = [
        np.corrcoef(*(k[i].ravel().argsort().argsort() for k in kernels))[0, 1]
        for kernels in [(pair["train_prune"], pair["prune_train"])]
        for i in range(3)
    ]
    np.testing.assert_allclose(correlations(pair)["ranks"], ranks, rtol=1e-6)


def test_one_seed_tells_which_weights_moved(pair):
    numbers = one_seed(pair, 1)
    np.testing.assert_array_equal(numbers["init"], pair["init"][1])
    assert (numbers["touched"][:5] == 0).all() and (numbers["touched"][5:] == 3).all()


def test_kernels_of_an_experiment(e):
    key = jax.random.key(3)
    pairs = kernel_pairs(key, SMALL)
    assert set(pairs) == set(SMALL.criteria)
    branch = e.branches["random"]
    trained = branch.prune_train.params["Dense_1"]["kernel"]
    np.testing.assert_allclose(pairs["random"]["prune_train"], trained, rtol=1e-4, atol=1e-5)
    moved = trained - branch.init["Dense_1"]["kernel"]
    np.testing.assert_allclose(kernel_moves(key, SMALL), moved, rtol=1e-4, atol=1e-5)


def test_a_lone_gradient_moves_a_weight_as_the_closed_form_says():
    for step in (1, 3):
        expected = pu.adam_impulse_response(100, step)[-1]
        with jax.numpy_dtype_promotion("standard"):  # optax counts steps in int32
            moved = lone_gradient(step, 100)
        np.testing.assert_allclose(moved, expected, rtol=1e-3)
