"""Fine-tuning and training from scratch, against single trainings and plain arithmetic."""

from dataclasses import replace

import jax
import numpy as np
from conftest import SMALL

import prune_utils as pu
from prune_utils.studies import tuning

PLAN = tuning.Plan((2, 5), (0.1, 0.01), (2, 5, 8), (0.01, 0.1))


def test_curves_are_those_of_single_trainings(e):
    tuned, scratch = tuning.tune_or_restart(jax.random.key(3), SMALL, {"std": 0.1}, PLAN)["std"]
    assert tuned.shape == (2, 3) and scratch.shape == (2, 3)
    branch, model = e.branches["std"], SMALL.small_model
    before = pu.accuracy(model, branch.train_prune, e.test)
    np.testing.assert_allclose(tuned[:, 0], before, atol=0.04)
    config = replace(SMALL.train, learning_rate=0.1)
    again = pu.train(model, branch.train_prune, e.data, config)
    np.testing.assert_allclose(tuned[0, 2], pu.accuracy(model, again.params, e.test), atol=0.04)
    longer = pu.train(model, branch.init, e.data, replace(config, steps=8))
    np.testing.assert_allclose(scratch[1, 2], pu.accuracy(model, longer.params, e.test), atol=0.04)


# seeds, rates, steps
TUNED = np.array([[[0, 0.5], [0, 1.0]], [[0, 0.5], [0, 0.75]], [[0, 0.5], [0, 0.5]]])
SCRATCH = np.array([[[0.5, 0.25]] * 2, [[0.5, 0.25]] * 2, [[0.5, 0.25]] * 2])
CURVES = {"std": (TUNED, SCRATCH)}
SHORT = tuning.Plan((1,), (0.1, 0.01), (1, 2), (0.01, 0.1))
BUDGETS = {"equal steps": 0, "more": 1}


def test_gaps_are_paired_by_seed():
    gaps, real = tuning.tuning_gaps(CURVES, BUDGETS)
    np.testing.assert_allclose(gaps["std", "equal steps"], [[0, 0, 0], [0.5, 0.25, 0]])
    np.testing.assert_allclose(gaps["std", "more"], [[0.25] * 3, [0.75, 0.5, 0.25]])
    assert not real["std", "equal steps"][0] and real["std", "more"][0]


def test_the_tables_say_where_training_ends():
    rows = tuning.tuned_table(CURVES, SHORT)
    assert [row["seeds below 0.9"] for row in rows.values()] == [3, 2]
    np.testing.assert_array_equal(rows["std, fine-tuned at 0.01"]["test accuracy"], TUNED[:, 1, 1])
    row = tuning.scratch_table(CURVES, SHORT, BUDGETS)["std, from scratch at 0.1"]
    assert {name: i.mean for name, i in row.items()} == {
        "1 steps (equal steps)": 0.5,
        "2 steps (more)": 0.25,
    }
    row = tuning.compared(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 2.0, 1.0, 5.0]))
    assert (row["difference"].mean, row["better"], row["worse"]) == (0.5, 0.5, 0.25)
