"""Adam's answers to few gradients, against a plain Adam in NumPy."""

import jax
import numpy as np
import optax
from conftest import plain_adam

from prune_utils.studies.responses import (
    decayed_response,
    equal_gradients,
    fitting_rates,
    late_limit,
    responses,
)


def test_several_equal_gradients_are_adam_of_that_sequence():
    ratios = np.array([-1.5, 0.0, 0.3, 2.0])
    for length in (2, 4):
        expected = [plain_adam([1.0] + [r] * (length - 1) + [0] * (30 - length)) for r in ratios]
        np.testing.assert_allclose(equal_gradients(length, ratios, 30), expected, rtol=1e-4)


def test_responses_are_adam_of_one_gradient_after_another():
    steps = 200
    r = responses(steps)
    for step, curve in r.over_time.items():
        assert len(curve) == 81 and not curve[:step].any()
        expected = plain_adam([0] * (step - 1) + [1] + [0] * (80 - step))
        np.testing.assert_allclose(curve[-1], expected, rtol=1e-4)
    for index in (0, len(r.when) // 2):
        gradients = np.zeros(r.when[index] + 299)
        gradients[r.when[index] - 1] = 1
        np.testing.assert_allclose(r.arrivals[index], plain_adam(gradients), rtol=1e-3)
    assert abs(r.arrivals[-1] / late_limit() - 1) < 0.01
    for (eps, form), curve in r.by_size.items():
        if form == "corrected":
            for index in (0, 20, -1):
                gradients = [r.sizes[index]] + [0] * (steps - 1)
                expected = plain_adam(gradients, eps=eps)
                np.testing.assert_allclose(curve[index], expected, rtol=0.02)
    small = r.sizes < 1e-6
    assert (r.by_size[1e-7, "keras"][small] < r.by_size[1e-7, "corrected"][small]).all()
    assert set(r.by_ratio) == {2, 3, 4}


def test_late_limit_is_the_sum_of_uncorrected_steps():
    b1, b2 = 0.8, 0.99
    moves = [(1 - b1) * b1**k / np.sqrt((1 - b2) * b2**k) for k in range(500)]
    np.testing.assert_allclose(late_limit(b1, b2), sum(moves), rtol=1e-9)


def test_decayed_response_decays_step_by_step():
    moved, decay = 0.0, 0.03
    totals = [0.0] + [plain_adam([1.0] + [0] * later) for later in range(50)]
    for step in np.diff(totals):
        moved = moved * (1 - decay) + step
    np.testing.assert_allclose(decayed_response(50, decay), moved, rtol=1e-4)


def test_fitting_rates_finds_the_nearest_round_rate():
    with jax.numpy_dtype_promotion("standard"):
        fitting = fitting_rates(
            {"momentum": lambda r: optax.sgd(r, 0.9), "SGD": optax.sgd}, 0.6, 50
        )
    sgd, momentum = fitting["SGD"], fitting["momentum"]
    assert sgd["rate"] == 0.5 and abs(sgd["wanted"] - 0.6) < 1e-6
    np.testing.assert_allclose(sgd["error"], 0.5 / 0.6 - 1, rtol=1e-5)
    np.testing.assert_allclose(momentum["answer"], (1 - 0.9**50) / 0.1, rtol=1e-5)
    assert momentum["rate"] == 0.05
    np.testing.assert_allclose(momentum["band"], 0.05 * momentum["answer"])
    errors = [abs(row["error"]) for row in fitting.values()]
    assert errors == sorted(errors)
