"""Training on after pruning and training from scratch, against single trainings."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import SMALL

import prune_utils as pu
from prune_utils.studies import tuning
from prune_utils.studies.retraining import step_cost
from prune_utils.studies.stages import Scores

KEY, STEPS, EVERY = jax.random.key(3), 6, 3
SETTINGS = replace(SMALL, keep_counts=(3, 3), train=pu.TrainConfig(steps=STEPS))
AFTER = {("std", 0.1): (0.1, 0.01), ("random", 0.01): (0.1, 0.01)}


@pytest.fixture(scope="module")
def found():
    run = partial(tuning.tune_or_restart, after=AFTER, scratch=(0.03,), every=EVERY)
    return jax.jit(run)(KEY, SETTINGS)


def last(e, start, rate, steps):
    config, model = pu.TrainConfig(learning_rate=rate, steps=steps), SETTINGS.small_model
    return pu.accuracy(model, pu.train(model, start, e.data, config).params, e.test)


@pytest.mark.parametrize("case", AFTER)
def test_each_half_is_trained_on_with_a_fresh_optimizer(found, case):
    criterion, first = case
    whole = replace(SETTINGS.train, learning_rate=first)
    e = pu.run_experiment(KEY, replace(SETTINGS, criteria=(criterion,), train=whole))
    start = e.branches[criterion].train_prune
    expected = [last(e, start, rate, STEPS) for rate in AFTER[case]]
    np.testing.assert_allclose(found[0][case].last, expected, atol=0.01)


def test_training_from_scratch_takes_as_many_operations_or_steps(found):
    e = pu.run_experiment(KEY, replace(SETTINGS, criteria=()))
    first = pu.slice_units(e.init, (jnp.arange(3), jnp.arange(3)))
    stages = int(STEPS // EVERY * (1 + step_cost(e.init) / step_cost(first)))
    assert stages > STEPS // EVERY
    for budget, steps in (("equal operations", stages * EVERY), ("equal steps", STEPS)):
        np.testing.assert_allclose(found[1][budget].last, [last(e, first, 0.03, steps)], atol=0.01)


def scores(stopped, validation=None):
    stopped = np.array(stopped, float)
    return Scores(np.zeros_like(stopped), stopped, np.array(validation or stopped))


def test_rates_are_chosen_in_validation_by_the_mean_over_seeds():
    tried = scores([[0.9, 0.1], [0.9, 0.1]], [[0.2, 0.5], [0.6, 0.4]])
    assert tuning.best_rate(tried, (0.01, 0.1)) == 0.1


def test_gaps_are_paired_by_seed():
    tuned = {("std", 0.1): scores([[0.5], [1.0]])}
    anew = {"equal operations": scores([[0.25], [0.5]]), "equal steps": scores([[0.75], [1]])}
    gaps = tuning.tuning_gaps(tuned, anew)
    np.testing.assert_allclose(gaps["equal operations"]["std", 0.1], [0.25, 0.5])
    np.testing.assert_allclose(gaps["equal steps"]["std", 0.1], [-0.25, 0])


def test_two_scores_of_the_same_seeds_are_compared():
    row = tuning.compared(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 2.0, 1.0, 5.0]))
    assert (row["difference"].mean, row["better"], row["worse"]) == (0.5, 0.5, 0.25)


def test_tables_say_which_rate_is_chosen_and_what_it_ends_with():
    tried = scores([[0.9, 0.1], [0.9, 0.1]], [[0.2, 0.5], [0.6, 0.4]])
    rows = tuning.validation_table({("std", 0.1): tried}, {tuning.AS_MANY: tried}, (0.01, 0.1))
    assert rows["std half, trained at 0.1"] == rows["from scratch"]
    assert list(rows["from scratch"].values()) == ["0.4000", "0.4500 (chosen)"]
    tuned, anew = {("std", 0.1): scores([[0.5], [1.0]])}, {tuning.AS_MANY: scores([[0.25], [0.5]])}
    rows = tuning.test_table(tuned, anew)
    own, other = rows["std half, trained at 0.1"], rows["from scratch, equal operations"]
    assert (own["seeds below 0.9"], other["seeds below 0.9"]) == (1, 2)
    np.testing.assert_allclose(own["less from scratch, equal operations"], [0.25, 0.5])
    np.testing.assert_allclose(other["test accuracy"], [0.25, 0.5])
