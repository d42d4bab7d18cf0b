"""Criteria, compensations and tasks are tables that anyone can add to, in a few lines."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import prune_utils as pu
from prune_utils.compensation import Compensation
from prune_utils.criteria import Criterion
from prune_utils.tasks import TASKS

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (20, 3))
PARAMS = pu.init_params(pu.MLP((8, 2)), jax.random.key(1), X)
ACTS = pu.hidden_activations(pu.MLP((8, 2)), PARAMS, X)


@pytest.fixture
def net():
    return pu.trace(lambda p, x: pu.logits(pu.MLP((8, 2)), p, x), PARAMS, X)


def test_a_criterion_of_ones_own(monkeypatch, net):
    largest = Criterion(lambda layer: layer.reads[0].h.max(axis=(0, 2)))
    monkeypatch.setitem(pu.CRITERIA, "largest", largest)
    (score,) = pu.unit_scores("largest", PARAMS, ACTS)
    np.testing.assert_array_equal(score, ACTS[0].max(axis=0))
    np.testing.assert_allclose(net.scores("largest", PARAMS, X)[0], score, rtol=1e-6)


def test_a_compensation_of_ones_own(monkeypatch, net):
    def nearest(
        h, h_kept, kept, ridge
    ):  # each dropped unit's part goes to the kept one most like it
        apart = jnp.square(h_kept[:, :, None] - h[:, None, :]).sum(axis=0)
        return jax.nn.one_hot(apart.argmin(axis=0), len(kept), axis=0).at[:, kept].set(0)

    monkeypatch.setitem(pu.COMPENSATIONS, "nearest", Compensation(mix=nearest))
    keep = (jnp.array([1, 4, 6]),)
    small, traced = pu.prune(PARAMS, keep, ACTS, "nearest"), net.prune(PARAMS, keep, X, "nearest")
    for ours, theirs in zip(jax.tree.leaves(small), jax.tree.leaves(traced), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    plain = pu.prune(PARAMS, keep, ACTS, "none")
    assert not np.allclose(small["Dense_1"]["kernel"], plain["Dense_1"]["kernel"])
    outputs = [pu.logits(pu.MLP((n, 2)), p, X) for n, p in ((8, PARAMS), (3, small))]
    np.testing.assert_allclose(outputs[0].mean(axis=0), outputs[1].mean(axis=0), atol=1e-5)


def test_a_task_of_ones_own(monkeypatch):
    @jax.tree_util.register_static
    @dataclass(frozen=True)
    class Halves:
        classes = 2

        def __call__(self, data_key, test_key):
            points = [jax.random.normal(key, (12, 2)) for key in (data_key, test_key)]
            return tuple(pu.Dataset(x, (x[:, 0] > 0).astype(jnp.int32)) for x in points)

    monkeypatch.setitem(TASKS, "halves", Halves)
    settings = pu.Settings(
        task=TASKS["halves"](),
        features=(6, 5, 2),
        keep_counts=(3, 2),
        train=pu.TrainConfig(steps=2),
    )
    experiment = pu.run_experiment(KEY, settings)
    assert experiment.data.x.shape == (12, 2)
    assert set(np.unique(experiment.data.y)) <= {0, 1}
