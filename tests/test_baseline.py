"""The full network of one seed, against plain NumPy."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from conftest import SMALL, forward

from prune_utils.studies.baseline import (
    baseline,
    best_accuracy,
    change_table,
    confidence,
    dead_table,
    filmed_run,
    full_accuracy,
    planted_changes,
    silent_changes,
)
from prune_utils.tasks import plane, spiral_posterior

KEY = jax.random.key(3)
FILMED = replace(SMALL, train=replace(SMALL.train, snapshot_steps=(0, 2, 5)))


def right(params, data):
    return (forward(params, data.x)[1].argmax(axis=1) == np.asarray(data.y)).mean()


def test_full_accuracy_is_that_of_the_experiment(e):
    np.testing.assert_allclose(full_accuracy(KEY, SMALL), right(e.full.params, e.test), atol=0.04)


def test_best_accuracy_follows_the_law(e):
    law = spiral_posterior(e.test.x, turns=SMALL.task.turns, noise=SMALL.task.noise)
    expected = (np.asarray(law)[:, 1] > 0.5) == np.asarray(e.test.y)
    np.testing.assert_allclose(best_accuracy(KEY, SMALL), expected.mean(), rtol=1e-6)


def test_filmed_run_tests_every_snapshot(e):
    run = filmed_run(KEY, FILMED)
    for index in range(3):
        params = jax.tree.map(lambda leaf: leaf[index], run.full.snapshots)
        logits = forward(params, e.test.x)[1]
        y = np.asarray(e.test.y)
        own = np.logaddexp(*logits.T) - logits[np.arange(len(y)), y]
        np.testing.assert_allclose(run.test_loss[index], own.mean(), rtol=1e-3)
        np.testing.assert_allclose(run.test_accuracy[index], right(params, e.test), atol=0.04)


def test_confidence_is_the_right_class_probability(e):
    logits, y = forward(e.full.params, e.data.x)[1], np.asarray(e.data.y)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = chances[np.arange(len(y)), y]
    np.testing.assert_allclose(confidence(e.full.params, e.data), expected, atol=1e-4)


def test_baseline_measures_one_network(e):
    measured = baseline(KEY, FILMED, plane(5, 1.2), planted=2, silent=1)
    sure = np.asarray(confidence(e.full.params, e.data))
    np.testing.assert_allclose(measured["right"], (sure > 0.5).mean(), atol=0.06)
    assert measured["confident"] <= measured["right"]
    assert measured["dead"].shape == (2, 3)
    dead = [(layer == 0).all(axis=0).mean() for layer in forward(e.full.params, e.data.x)[0]]
    np.testing.assert_allclose(measured["dead"][:, -1], dead, atol=1e-6)
    assert measured["constant_folded"] < 1e-5 < measured["constant_deleted"]


def test_planted_constants_go_without_a_trace_only_if_folded(e):
    scores = (jnp.arange(6.0), jnp.arange(5.0))
    changes = planted_changes(KEY, e.full.params, e.data.x, scores, plane(5, 1.2), 2)
    assert changes["constant_folded"] < 1e-5 < changes["constant_deleted"]


def test_silent_changes_know_what_is_dead_on_the_data():
    # The first unit is active for x > 1 only, the second never, the others vary.
    params = {
        "Dense_0": {
            "kernel": jnp.array([[1.0, 0.0, 1.0, -1.0], [0.0, 0.0, 1.0, 0.5]]),
            "bias": jnp.array([-1.0, -1.0, 0.0, 0.0]),
        },
        "Dense_1": {"kernel": jnp.arange(8.0).reshape(4, 2) + 1, "bias": jnp.zeros(2)},
    }
    x = jnp.array([[0.5, 0.1], [-0.5, 0.2], [0.2, -0.9]])
    acts = tuple(jnp.asarray(layer, jnp.float32) for layer in forward(params, x)[0])
    spread, noise = (acts[0].std(axis=0),), (jnp.array([3.0, 2.0, 1.0, 0.0]),)
    far = jnp.array([[2.0, 0.0]])
    changes = silent_changes(params, acts, x, noise, spread, far, 2)
    assert changes["all_silent"] and changes["silent_data"] < 1e-6
    # There the first unit is 1, with a row (1, 2), and the third 2, with (5, 6).
    np.testing.assert_allclose(changes["silent_plane"], 2 / 14, rtol=1e-5)
    assert changes["random_data"] > 0.1
    assert not silent_changes(params, acts, x, noise, spread, far, 3)["all_silent"]


def test_tables_have_the_numbers_of_all_and_of_the_first_seed():
    dead = np.arange(12.0).reshape(2, 2, 3)
    table = dead_table(dead, (0, 1, 9), shown=(1,))
    np.testing.assert_array_equal(table["both layers, step 1"]["all seeds"], [2.5, 8.5])
    np.testing.assert_array_equal(table["second layer, step 9"]["all seeds"], [5, 11])
    assert table["first layer, step 9"]["the first seed"] == 2
    rows = change_table({"a": np.array([1.0, 2.0, 6.0]), "b": np.array([])})
    assert rows == {"a": {"median": 2, "largest": 6, "seeds": 3}, "b": {}}
