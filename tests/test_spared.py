"""What can be spared in one network, against pruning in plain NumPy."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from conftest import SMALL, forward, take

import prune_utils as pu
from prune_utils.models import model_of
from prune_utils.studies.shifts import FOLDINGS
from prune_utils.studies.spared import (
    SCORES,
    kinds_and_accuracy,
    network_scores,
    spared,
    spared_after_training,
)

SETTINGS = replace(SMALL, features=(6, 6, 2), keep_counts=(3, 3), criteria=())
KEY = jax.random.key(3)
COUNTS = (4, 2)


@pytest.fixture(scope="module")
def e():
    return pu.run_experiment(KEY, SETTINGS)


@pytest.fixture(scope="module")
def found():
    keys = jax.random.split(KEY, 1)
    return take(pu.run_ensemble(lambda _: spared(KEY, SETTINGS, COUNTS), keys), 0)


def cross_entropy(outputs, y):
    return (np.logaddexp.reduce(outputs, axis=1) - outputs[np.arange(len(y)), y]).mean()


def without(e, keep, x, means):
    """Logits at x with the dropped units held at their means over the data, or at 0."""
    hidden = forward(e.full.params, e.data.x)[0]

    def held(layer, h):
        out = np.setdiff1d(np.arange(6), keep[layer])
        h = h.copy()
        h[:, out] = hidden[layer][:, out].mean(axis=0) if means else 0
        return h

    return forward(e.full.params, x, held)[1]


def test_the_whole_network_is_measured(e, found):
    outputs, y = forward(e.full.params, e.test.x)[1], np.asarray(e.test.y)
    np.testing.assert_allclose(found["full"][0], (outputs.argmax(axis=1) == y).mean(), atol=0.04)
    np.testing.assert_allclose(found["full"][1], cross_entropy(outputs, y), rtol=1e-3)
    outputs = forward(e.full.params, e.data.x)[1]
    np.testing.assert_allclose(
        found["loss"], cross_entropy(outputs, np.asarray(e.data.y)), rtol=1e-3
    )


def test_rungs_and_halves_are_pruned_by_their_criterion(e, found):
    assert found["rungs"]["mean"].shape == (len(SCORES), len(COUNTS), 2)
    scores, y = network_scores(KEY, e), np.asarray(e.test.y)
    for name in ("std", "contribution", "random"):
        for rung in ("none", "mean"):
            for column, count in enumerate(COUNTS):
                keep = pu.keep_highest(scores[name], (count, count))
                expected = cross_entropy(without(e, keep, e.test.x, rung == "mean"), y)
                measured = found["rungs"][rung][SCORES.index(name), column, 1]
                np.testing.assert_allclose(measured, expected, rtol=2e-3)
    keep = pu.keep_highest(scores["std"], (3, 3))
    expected = cross_entropy(without(e, keep, e.data.x, True), np.asarray(e.data.y))
    np.testing.assert_allclose(found["half"]["mean"], expected, rtol=2e-3)
    for rung, after in found["half"].items():
        assert (after - found["loss"] <= found["bounds"][rung] * 1.0001 + 1e-5).all()


def test_units_that_do_not_vary_are_dead_and_fewer_are_needed_if_more_may_be_lost(e, found):
    varies = np.stack([np.ptp(h, axis=0) > 0 for h in forward(e.full.params, e.data.x)[0]])
    np.testing.assert_array_equal(found["kinds"] == 0, ~varies)
    needed = (found["kinds"] == 2).mean()
    assert found["looser"][1e-2] <= needed <= found["looser"][1e-4]
    kinds, score = kinds_and_accuracy(KEY, SETTINGS)
    np.testing.assert_array_equal(kinds, found["kinds"].ravel())
    np.testing.assert_allclose(score, found["full"][0], atol=0.04)


def test_training_again_starts_from_the_pruned_network(e):
    config = pu.TrainConfig(steps=3, learning_rate=0.01)
    names = ("random", "std")
    trained = spared_after_training(KEY, SETTINGS, names, (4,), config)
    scores = network_scores(KEY, e, names)
    for index, name in enumerate(names):
        small = pu.prune(e.full.params, pu.keep_highest(scores[name], (4, 4)), e.acts)
        params = pu.train(model_of(small), small, e.data, config).params
        expected = (forward(params, e.test.x)[1].argmax(axis=1) == np.asarray(e.test.y)).mean()
        found = trained["after"][index, 0, FOLDINGS.index("mean")]
        np.testing.assert_allclose(found, expected, atol=0.04)


def test_what_a_unit_passes_on_is_how_far_the_logits_move_without_it(e, found):
    before = forward(e.full.params, e.data.x)[1]
    for layer, unit in ((0, 2), (1, 4)):
        keep = [np.arange(6), np.arange(6)]
        keep[layer] = np.delete(keep[layer], unit)
        change = without(e, keep, e.data.x, True) - before
        change -= change.mean(axis=1, keepdims=True)
        np.testing.assert_allclose(
            found["units"]["passed"][layer, unit],
            np.sqrt((change**2).sum(axis=1).mean()),
            rtol=1e-2,
            atol=1e-6,
        )


def test_the_untrained_network_is_the_control(e, found):
    acts = pu.hidden_activations(SETTINGS.model, e.init, e.data.x)
    np.testing.assert_array_equal(found["untrained"], np.stack(pu.unit_kinds(e.init, acts)))
