"""Predicted and measured bands, on made-up displacements with a band at a known place."""

import numpy as np
import pytest
from conftest import plain_adam

import prune_utils as pu
from prune_utils.studies.bands import (
    NONE,
    Band,
    compare_band,
    describe_tests,
    outcome,
    predicted_band,
    run_test,
    without_decay,
)

RNG = np.random.default_rng(0)


def moves_with_a_band(place, seeds=2):
    """Displacements (seeds, 40, 50), a fifth of them at ± `place`."""
    moves = RNG.uniform(0.5, 12, size=(seeds, 40, 50)) * RNG.choice([-1, 1], size=(seeds, 40, 50))
    banded = RNG.uniform(size=moves.shape) < 0.2
    moves[banded] = np.sign(moves[banded]) * place * (1 + RNG.normal(0, 1e-4, banded.sum()))
    return moves, banded


@pytest.mark.parametrize(
    ("place", "predicted", "right"),
    [(6.0, 6.02, True), (6.0, 6.1, False), (6.0, NONE, False)],
)
def test_a_band_is_right_if_it_lies_where_predicted(place, predicted, right):
    moves, banded = moves_with_a_band(place)
    band = compare_band(moves, predicted)
    assert band.right is right
    assert abs(band.measured / place - 1) < 1e-3 and band.contrast > 3
    assert abs(band.share - banded.mean()) < 0.02


def test_no_band_is_right_only_if_none_was_predicted():
    smooth = RNG.uniform(0.5, 12, size=20000)
    assert compare_band(smooth, NONE).right and np.isnan(compare_band(smooth, NONE).measured)
    assert not compare_band(smooth, 6.0).right


def test_a_test_reads_the_histories_of_the_layer():
    moves, banded = moves_with_a_band(6.0)
    kernel = {"move": 0.1 * moves, "count": np.where(banded, 1, 4), "first": np.ones(moves.shape)}
    dead = [np.zeros((2, 1, 3), bool), np.array([[[1]], [[0]]], bool)]
    records = {"Dense_2": kernel, "dead": dead, "accuracy": np.array([0.5, 1.0])}
    test = run_test(records, 6.0, 0.1, "Dense_2")
    assert test.band.right
    np.testing.assert_allclose(test.lone, banded.mean(axis=(1, 2)))
    np.testing.assert_allclose(test.dead, [0.25, 0])
    halved = run_test(records, 3.0, 0.1, "Dense_2", moves=kernel["move"] / 2)
    assert halved.band.right and abs(halved.band.measured - 3) < 0.01
    row = describe_tests({"it": test})["it"]
    assert row["accuracy"] == 0.75 and row["dead units"] == 0.125 and row["as predicted"]
    np.testing.assert_allclose(row["error (%)"], 100 * (test.band.measured - 6) / 6)


def test_the_predicted_band_is_adams_answer_to_the_first_gradients():
    value = RNG.choice([-1, 1], 4000) * 10 ** RNG.uniform(-4, 0, 4000)
    first = np.where(np.arange(4000) % 4, 1, 0)
    kernel = {"value": np.where(first, value, 1e-9), "first": first}
    answer = plain_adam([1.0] + [0] * 59, b1=0.8)
    np.testing.assert_allclose(predicted_band(kernel, 60, b1=0.8), answer, rtol=1e-3)
    kernel["value"] = 10 ** RNG.uniform(-5, -1, 4000)
    assert np.isnan(predicted_band(kernel, 60, eps=0.01))  # each size has an answer of its own


def test_without_decay_leaves_what_the_gradients_did():
    decay, rate, steps = 0.004, 0.1, 60
    init = np.array([0.5, -0.3, 0.2])
    weight, count = init.copy(), np.array([1, 1, 0])
    impulse = np.diff([0.0] + [plain_adam([1.0] + [0] * later) for later in range(steps)])
    for step in impulse:
        weight = weight * (1 - decay) - rate * step * np.array([1, -1, 0])
    moves = without_decay({"init": init, "move": weight - init, "count": count}, decay, steps)
    left = (impulse * (1 - decay) ** np.arange(steps - 1, -1, -1)).sum()
    np.testing.assert_allclose(moves, rate * left * np.array([-1, 1, 0]), atol=1e-12)


def test_outcome_sums_up_many_predictions():
    bands = {
        "a": Band(6.0, 6.006, 9.0, 0.2, True),
        "b": Band(3.0, 2.994, 9.0, 0.2, True),
        "c": Band(NONE, NONE, 1.0, 0.0, True),
    }
    found = outcome(bands)
    assert (found.placed, found.absent, found.all_right) == (["a", "b"], ["c"], True)
    np.testing.assert_allclose(found.worst, 0.002)
    assert not outcome(bands | {"d": Band(NONE, 5.0, 9.0, 0.1, False)}).all_right


def test_lone_answers_of_large_gradients_all_lie_at_the_impulse_response():
    kernel = {"value": RNG.normal(size=2000), "first": np.ones(2000)}
    np.testing.assert_allclose(
        predicted_band(kernel, 100), pu.adam_impulse_response(100)[-1], rtol=1e-3
    )
