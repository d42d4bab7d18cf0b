"""Pruning at step t, against the two orders at its ends and against training without stages."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import SMALL

import prune_utils as pu
from prune_utils.studies.orders import trained_scores
from prune_utils.studies.prune_at import LONGEST, STOPPED, Plan, Way, finished, prune_at
from prune_utils.studies.retraining import step_cost
from prune_utils.studies.stages import chosen_scores, lowest

KEY, STEPS, RATE, SLOW = jax.random.key(3), 6, 0.03, 0.01
SMALL = replace(SMALL, train=pu.TrainConfig(learning_rate=RATE, steps=STEPS))
COUNTED = replace(SMALL, keep_counts=(3, 3))


@pytest.fixture(scope="module")
def e():
    return pu.run_experiment(KEY, SMALL)


FIRST, BETWEEN, LAST, STOPS = (
    Way(RATE, 0, "std", "none"),
    Way(SLOW, STEPS // 2, "random", "mean"),
    Way(RATE, STEPS, "std", "mean"),
    Way(RATE, STOPPED, "std", "least_squares"),
)
WAYS = (LAST, FIRST, STOPS, BETWEEN)
PLAN = Plan(STEPS, STEPS // 2, {3: WAYS}, {3: (FIRST,)})


@pytest.fixture(scope="module")
def scores():
    """(whole, ways, longer) of all ways, compiled once."""
    return jax.jit(partial(prune_at, plan=PLAN))(KEY, SMALL)


@pytest.fixture(scope="module")
def networks():
    """(data, networks) with which all ways end, of the own start and of the stranger's."""
    run = jax.jit(partial(finished, plan=PLAN), static_argnames="stranger")
    return [run(KEY, SMALL, stranger=stranger) for stranger in (False, True)]


def last_of(scores, way):
    return scores[1][3].last[WAYS.index(way)]


def ended(networks, way):
    """The parameters with which one way ends."""
    return jax.tree.map(lambda leaf: leaf[WAYS.index(way)], networks[0][1][3])


def test_at_the_end_it_is_training_first(e, scores):
    np.testing.assert_allclose(
        scores[0][RATE].last, pu.accuracy(SMALL.model, e.full.params, e.test), atol=0.01
    )
    settings = replace(COUNTED, criteria=("std",))
    pruned = pu.run_experiment(KEY, settings).branches["std"].train_prune
    expected = pu.accuracy(COUNTED.small_model, pruned, e.test)
    np.testing.assert_allclose(last_of(scores, LAST), expected, atol=0.01)


def apart(one, other):
    return max(
        float(jnp.abs(a - b).max())
        for a, b in zip(*map(jax.tree.leaves, (one, other)), strict=True)
    )


def test_at_zero_it_is_pruning_first_by_the_scores_of_the_untrained_network(e, networks):
    *_, score_key, _ = jax.random.split(KEY, 5)

    def by_scores_of(params):
        scores = trained_scores("std", SMALL.model, params, e.data, score_key)
        start = pu.slice_units(e.init, pu.keep_highest(scores, (3, 3)))
        return pu.train(COUNTED.small_model, start, e.data, SMALL.train).params

    found = ended(networks, FIRST)
    assert apart(found, by_scores_of(e.init)) < 1e-4
    assert apart(found, by_scores_of(e.full.params)) > 0.1


def test_in_between_training_goes_on_with_the_pruned_state_of_the_optimizer(e, networks):
    half = replace(SMALL.train, steps=STEPS // 2, learning_rate=SLOW)
    run = pu.train(SMALL.model, e.init, e.data, half)
    acts = pu.hidden_activations(SMALL.model, run.params, e.data.x)
    *_, score_key, _ = jax.random.split(KEY, 5)
    scores = trained_scores("random", SMALL.model, run.params, e.data, score_key)
    keep = pu.keep_highest(scores, (3, 3))
    small, state = pu.prune(run.params, keep, acts, "mean"), pu.slice_units(run.opt_state, keep)

    def trained_on(state):
        return pu.train(COUNTED.small_model, small, e.data, half, opt_state=state).params

    found = ended(networks, BETWEEN)
    assert apart(found, trained_on(state)) < 1e-4
    assert apart(found, trained_on(None)) > 1e-3


def test_what_is_stopped_is_chosen_by_the_loss_in_validation():
    accuracies = jnp.array([[0.5, 0.6], [0.8, 0.7], [0.9, 0.4]])  # (checkpoints, sets)
    losses = jnp.array([[0.9, 0.1], [0.2, 0.9], [0.3, 0.9]])
    scores = chosen_scores(jnp.stack([accuracies, losses], axis=-1))
    np.testing.assert_allclose(jnp.stack(scores), [0.4, 0.7, 0.8], rtol=1e-6)


def test_a_loss_that_is_not_a_number_is_never_the_lowest():
    assert lowest(jnp.array([jnp.nan, 0.3, jnp.nan, 0.2])) == 3


def test_nothing_is_trained_after_the_best_checkpoint(scores):
    whole, ways, _ = scores
    np.testing.assert_allclose(last_of(scores, STOPS), ways[3].stopped[WAYS.index(STOPS)])
    assert set(whole) == {RATE, SLOW}


def test_equal_operations_are_more_steps_of_the_small_network(e, scores):
    *_, score_key, _ = jax.random.split(KEY, 5)
    own = trained_scores("std", SMALL.model, e.init, e.data, score_key)
    start = pu.slice_units(e.init, pu.keep_highest(own, (3, 3)))
    stages = int(2 * min(step_cost(e.init) / step_cost(start), LONGEST))
    assert stages > 2
    config = replace(SMALL.train, steps=stages * STEPS // 2)
    trained = pu.train(COUNTED.small_model, start, e.data, config).params
    expected = pu.accuracy(COUNTED.small_model, trained, e.test)
    np.testing.assert_allclose(scores[2][3].last[0], expected, atol=0.01)


def test_the_finished_networks_are_those_that_are_judged(e, scores, networks):
    params = networks[0][1][3]
    found = jax.vmap(lambda p: pu.accuracy(COUNTED.small_model, p, e.test))(params)
    np.testing.assert_allclose(found, scores[1][3].stopped, atol=0.01)


def test_a_stranger_starts_elsewhere_on_the_same_data(networks):
    (data, own), (same, other) = networks
    np.testing.assert_array_equal(data.x, same.x)
    kernels = (p[3]["Dense_0"]["kernel"] for p in (own, other))
    assert not np.isin(*kernels).any()


def test_only_what_is_pruned_before_training_is_trained_longer():
    plan = PLAN._replace(longer={3: (LAST,)})
    with pytest.raises(ValueError, match="plan: expected only ways that prune before training"):
        prune_at(KEY, SMALL, plan)


def test_times_that_no_stage_ends_at_are_refused():
    with pytest.raises(ValueError, match="plan: expected times that are multiples"):
        prune_at(KEY, SMALL, Plan(STEPS, STEPS // 2, {3: (Way(RATE, 1, "std", "mean"),)}, {}))
