"""Training after pruning or instead."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import SMALL

import prune_utils as pu
from prune_utils.studies import retraining
from prune_utils.studies.retraining import learning_curves, other_starts, step_cost


def test_the_cost_of_a_step_counts_the_products():
    params = pu.init_params(pu.MLP((4, 3, 2)), jax.random.key(0), jnp.zeros((1, 5)))
    forward, weights, activations = (2 * (5 * 4 + 4 * 3 + 3 * 2),) * 3
    assert step_cost(params) == forward + weights + activations - 2 * 5 * 4


def test_learning_curves_are_those_of_single_trainings():
    e = pu.run_experiment(jax.random.key(0), SMALL)
    config = replace(SMALL.train, snapshot_steps=(0, 2, 5))
    curves = learning_curves(SMALL.model, e.init, e.data, e.test, config, (0.1, 0.01))
    assert curves.shape == (2, 3)
    np.testing.assert_allclose(curves[:, 0], pu.accuracy(SMALL.model, e.init, e.test), rtol=1e-6)
    np.testing.assert_allclose(
        curves[0, 2], pu.accuracy(SMALL.model, e.full.params, e.test), atol=0.04
    )
    for wrong, rates, name in ((SMALL.train, (0.1,), "config"), (config, 0.1, "rates")):
        with pytest.raises(ValueError, match=name):
            learning_curves(SMALL.model, e.init, e.data, e.test, wrong, rates)


def test_other_starts_shuffle_weights_or_draw_them_anew(monkeypatch):
    e = pu.run_experiment(jax.random.key(0), SMALL)
    starts = []
    monkeypatch.setattr(
        retraining, "train", lambda model, start, data, config: starts.append(start) or e.full
    )
    monkeypatch.setattr(retraining, "accuracy", lambda *args: jnp.zeros(()))
    monkeypatch.setattr(
        jax.lax, "map", lambda f, xs: [f(jax.tree.map(lambda x: x[i], xs)) for i in range(2)]
    )
    assert list(other_starts(jax.random.key(1), e, "std", SMALL)) == ["shuffled", "fresh"]
    shuffled, fresh = starts
    for name, layer in e.branches["std"].init.items():
        before, after = layer["kernel"], shuffled[name]["kernel"]
        np.testing.assert_array_equal(jnp.sort(before.ravel()), jnp.sort(after.ravel()))
        assert (before != after).any() and (fresh[name]["kernel"] != before).all()
