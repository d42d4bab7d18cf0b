"""Training after pruning or instead."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from conftest import SMALL

import prune_utils as pu
from prune_utils.operations import operations_in
from prune_utils.studies import retraining
from prune_utils.studies.retraining import other_starts, step_cost


def test_the_cost_of_a_step_counts_the_products():
    params = pu.init_params(pu.MLP((4, 3, 2)), jax.random.key(0), jnp.zeros((1, 5)))
    forward, weights, activations = (2 * (5 * 4 + 4 * 3 + 3 * 2),) * 3
    assert step_cost(params) == forward + weights + activations - 2 * 5 * 4


def test_the_cost_of_a_step_is_what_is_counted_in_its_gradient():
    e = pu.run_experiment(jax.random.key(0), SMALL)
    gradient = jax.make_jaxpr(jax.grad(partial(pu.loss, SMALL.model)))(e.init, e.data)
    assert operations_in(gradient.jaxpr) == len(e.data.y) * step_cost(e.init)


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
