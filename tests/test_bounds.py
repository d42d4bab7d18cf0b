"""The bounds hold: a proven bound has no violation, on random networks of every kind."""

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import networks
from hypothesis import given, strategies as st

import prune_utils as pu
from prune_utils.models import model_of
from prune_utils.studies.removal import removal_rises

ROUNDING = 1e-4  # float32, losses of some tens of nats


def rise(network, keep, compensation, y):
    data = pu.Dataset(jnp.asarray(network.x), jnp.asarray(y, jnp.int32))
    small = pu.prune(network.params, keep, network.acts, compensation)
    before = pu.loss(model_of(network.params), network.params, data)
    return float(pu.loss(model_of(small), small, data) - before), float(before)


@given(networks(), st.integers(0, 2**12 - 1), st.sampled_from(("mean", "least_squares")))
def test_no_pruning_costs_more_than_its_bound(network, labels, compensation):
    y = (labels >> np.arange(12)) & 1
    cost, before = rise(network, network.keep, compensation, y)
    sharp, loose = (
        float(pu.lipschitz_bound(network.params, network.acts, network.keep, compensation, s))
        for s in (True, False)
    )
    slack = ROUNDING * (1 + abs(before) + loose)
    assert cost <= sharp + slack
    assert sharp <= loose + slack


@given(networks(), st.integers(0, 2**12 - 1))
def test_no_single_unit_costs_more_than_its_bounds_which_are_those_of_the_set(network, labels):
    data = pu.Dataset(jnp.asarray(network.x), jnp.asarray((labels >> np.arange(12)) & 1, jnp.int32))
    rises = removal_rises(model_of(network.params), network.params, network.acts, data)
    for sharp in (True, False):
        bounds = pu.unit_bounds(network.params, network.acts, sharp)
        for layer, (cost, bound) in enumerate(zip(rises, bounds)):
            assert (np.asarray(cost) <= np.asarray(bound) * (1 + ROUNDING) + 1e-3).all()
            keep = [np.arange(h.shape[1]) for h in network.h]
            keep[layer] = keep[layer][1:]
            if len(keep[layer]):
                whole = pu.lipschitz_bound(network.params, network.acts, tuple(keep), "mean", sharp)
                np.testing.assert_allclose(bound[0], whole, rtol=1e-4, atol=1e-6)


def test_the_constant_cannot_be_smaller():
    # Two units that never act together. Without the first, each point's margin falls from +40 to
    # −40, and half of that by its own move.
    x = jnp.array([[1.0], [-1.0]])
    params = {
        "Dense_0": {"kernel": jnp.array([[40.0, -40.0]]), "bias": jnp.zeros(2)},
        "Dense_1": {
            "kernel": jnp.array([[-1.0, 1.0], [-1.0, 1.0]]),
            "bias": jnp.array([40.0, -40.0]),
        },
    }
    keep, data = (jnp.array([1]),), pu.Dataset(x, jnp.array([1, 0], jnp.int32))
    acts = pu.hidden_activations(model_of(params), params, x)
    small, bound = (
        pu.prune(params, keep, acts),
        float(pu.lipschitz_bound(params, acts, keep, sharp=True)),
    )
    cost = float(pu.loss(pu.MLP((1, 2)), small, data) - pu.loss(pu.MLP((2, 2)), params, data))
    assert bound - 0.7 < cost <= bound


@given(networks(), st.integers(0, 2**12 - 1), st.sampled_from(("mean", "least_squares")))
def test_the_bound_holds_for_other_activations(network, labels, compensation):
    model = pu.MLP((*(h.shape[1] for h in network.h), 2), activation=jnp.tanh)
    data = pu.Dataset(jnp.asarray(network.x), jnp.asarray((labels >> np.arange(12)) & 1, jnp.int32))
    acts = pu.hidden_activations(model, network.params, data.x)
    small = pu.prune(network.params, network.keep, acts, compensation, activation=jnp.tanh)
    before = pu.loss(model, network.params, data)
    after = pu.loss(pu.MLP((*(len(k) for k in network.keep), 2), activation=jnp.tanh), small, data)
    bound = pu.lipschitz_bound(
        network.params, acts, network.keep, compensation, sharp=True, activation=jnp.tanh
    )
    assert after - before <= bound + ROUNDING * (1 + before + bound)


def test_keeping_all_units_costs_nothing():
    params = {
        "Dense_0": {"kernel": jnp.ones((2, 3)), "bias": jnp.zeros(3)},
        "Dense_1": {"kernel": jnp.ones((3, 2)), "bias": jnp.zeros(2)},
    }
    acts = (jnp.asarray(np.random.default_rng(0).uniform(size=(7, 3)), jnp.float32),)
    assert pu.lipschitz_bound(params, acts, (jnp.arange(3),)) == 0
    with pytest.raises(ValueError, match="compensation"):
        pu.lipschitz_bound(params, acts, (jnp.arange(3),), "none")
    with pytest.raises(ValueError, match="keep"):
        pu.lipschitz_bound(params, acts, (jnp.array([3]),))
    with pytest.raises(ValueError, match="acts"):
        pu.lipschitz_bound(params, (acts[0][:, :2],), (jnp.arange(3),))
