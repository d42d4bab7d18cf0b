"""What bounds are worth, counted by hand."""

import numpy as np

from prune_utils.studies.certificates import (
    bound_evidence,
    check_sets,
    check_unit_bounds,
    rank_correlations,
    violations,
)

ALIVE = np.array([[[True, True, True, False], [True, True, True, True]]])
UNITS = {
    "rise": np.array([[[0.1, -0.2, 0.3, 99.0], [0.4, 0.0, 0.002, -0.5]]]),
    "bound": np.array([[[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0]]]),
    "sharp": np.array([[[0.2, 0.1, 0.9, 0.0], [0.8, 1e-6, 0.004, 1.0]]]),
    "std": np.array([[[1.0, 2.0, 3.0, 0.0], [4.0, 3.0, 2.0, 1.0]]]),
    "unexplained": np.array([[[0.3, 0.2, 0.1, 0.0], [0.4, 0.3, 0.2, 0.1]]]),
}
SPARED = {
    "loss": np.array([0.1, 0.2, 0.3]),
    "half": {"mean": np.array([0.2, 1.2, 0.3]), "least_squares": np.array([0.1, 0.2, 0.2])},
    "bounds": {
        "mean": np.array([[1.0, 0.05], [2.0, 1.5], [3.0, 1.0]]),
        "least_squares": np.array([[1.0, 0.5], [1.0, 0.5], [1.0, 0.5]]),
    },
}


def test_rounding_is_no_violation():
    rise, bound = np.array([1.0, 1.00001, 1.001, 1e-6, 1e-4]), np.array([1.0, 1.0, 1.0, 0, 0])
    assert violations(rise, bound) == 2


def test_dead_units_do_not_count_and_losses_that_fall_do():
    found = check_unit_bounds(UNITS, ALIVE)
    assert found.living == 7
    assert found.broken == {"bound": 0, "sharp": 1}  # |−0.2| > 0.1
    np.testing.assert_allclose(found.ratios["bound"], [10, 5, 10 / 3, 5, 2e9, 1000, 4])
    np.testing.assert_allclose(found.useful["sharp"], 2 / 7)
    quantiles = found.quantiles["bound"]
    assert quantiles.shape == (101,) and quantiles[50] == np.median(found.ratios["bound"])
    # by hand: ranks (1, 2, 3) against (2, 1, 3), and (4, 3, 2, 1) against (4, 2, 3, 1)
    np.testing.assert_allclose(found.ranks["std"], [(0.5 + 0.8) / 2])


def test_ranks_are_compared_layer_by_layer():
    score = np.array([[[1.0, 2.0, 3.0], [30.0, 20.0, 10.0]]])
    rise = np.array([[[1.0, 2.0, 9.0], [1.0, 2.0, 9.0]]])
    np.testing.assert_allclose(rank_correlations(score, rise, np.full(rise.shape, True)), [0])


def test_sets_are_checked_by_both_bounds():
    found = check_sets(SPARED)
    np.testing.assert_allclose(found["mean"].rise, [0.1, 1.0, 0])
    assert found["mean"].broken == {"bound": 0, "sharp": 1}
    assert found["mean"].median == {"bound": 2, "sharp": 1}
    np.testing.assert_allclose(found["mean"].ratios["bound"], 10)
    assert not found["mean"].useful["bound"].any()
    assert found["least_squares"].broken == {"bound": 0, "sharp": 0}


def test_the_evidence_adds_up():
    single = {0.1: check_unit_bounds(UNITS, ALIVE)}
    evidence = bound_evidence(single, {0.1: check_sets(SPARED)})
    assert evidence.checked == 7 * 2 + 3 * 2 * 2
    assert evidence.violations == 2
    assert evidence.tightest == evidence.median["bound"][0.1] == 5
