"""When units die, by hand: two seeds, three watched steps, layers of two and of one unit."""

import numpy as np

from prune_utils.studies.deaths import (
    dead_in_the_end,
    gradients_before_death,
    silent_since,
    stuck_share,
    touching_dead,
    waking_table,
)

# Seed 0: unit 0 dies at the first step; the unit of the second layer later. Seed 1: unit 1 is dead
# at the first step, and wakes again.
BEFORE = np.array([[[0, 0], [1, 0], [1, 0]], [[0, 0], [0, 1], [0, 0]]], bool)
AFTER = np.array([[[0], [0], [1]], [[0], [0], [0]]], bool)
KERNEL = {
    "last": np.array([[[1], [30]], [[99], [98]]]),
    "count": np.array([[[1], [5]], [[9], [8]]]),
}


def test_one_of_two_units_killed_by_the_first_step_stays_dead():
    assert dead_in_the_end(BEFORE) == 0.5
    assert dead_in_the_end(np.concatenate([BEFORE, AFTER], axis=2)) == 0.5
    assert dead_in_the_end(BEFORE[:1]) == 1


def test_a_weight_touches_a_dead_unit_on_either_side():
    touching = touching_dead((BEFORE, AFTER))
    assert touching.shape == (2, 3, 2, 1)
    for (seed, step, i, j), touched in np.ndenumerate(touching):
        assert touched == (BEFORE[seed, step, i] or AFTER[seed, step, j])


def test_silence_is_of_units_dead_in_the_end_and_of_all_their_weights():
    # Seed 0: unit 0 had its last gradient at step 1, the second layer's unit at step 30. In seed 1
    # no unit is dead in the end.
    np.testing.assert_allclose(silent_since(KERNEL, (BEFORE, AFTER), 20), [0.5])
    np.testing.assert_allclose(silent_since(KERNEL, (BEFORE, AFTER), 30), [1.0])
    np.testing.assert_allclose(silent_since(KERNEL, (BEFORE, AFTER), 0), [0.0])


def test_gradients_are_counted_by_the_step_of_death():
    rows = gradients_before_death(KERNEL, AFTER, (0, 1, 1000))
    assert rows == {1000: {"units": 1, "gradients seen, median": 3, "at most one": 0.5}}
    assert gradients_before_death(KERNEL, AFTER, (0, 1)) == {}


def test_stuck_units_have_neither_a_gradient_nor_a_short_way():
    idle = {
        "dead": np.array([[1, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]], bool),
        "gradient": np.array([[0, 0.1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
        "distance": np.array([[0.5, 0.5, 0.001, 0.5], [1, 1, 1, 1], [0.02, 0, 0, 0]]),
    }
    np.testing.assert_allclose(stuck_share(idle, 0.01), [1 / 3, 1])
    np.testing.assert_allclose(stuck_share(idle, 0.03), [1 / 3, 0])


def test_the_waking_table_has_quantiles_of_the_dead_only():
    idle = {
        "dead": np.array([[1, 1, 0], [0, 0, 0], [1, 0, 0]], bool),
        "distance": np.array([[0.1, 0.3, 9], [9, 9, 9], [0.8, 9, 9]]),
    }
    row = waking_table({"after": idle}, (0.0, 0.5, 1.0))["after"]
    np.testing.assert_allclose(row.pop("median, by seed"), [0.2, 0.8])
    assert row == {"dead units": 3, "0 % of them": 0.1, "50 % of them": 0.3, "100 % of them": 0.8}
