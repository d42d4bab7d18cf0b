"""Both orders and their controls, against networks where the answer is known and against plain
NumPy."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from conftest import SMALL, assert_identical, forward

import prune_utils as pu
from prune_utils.compare import linear_cka
from prune_utils.models import model_of
from prune_utils.roles import best_match, role_correlation, role_similarity
from prune_utils.studies.distances import PAIRS, Network, compare_orders, distances
from prune_utils.studies.sweeps import sweep
from prune_utils.tasks import plane

GRID = plane(8, 1.2)
KEY = jax.random.key(3)


@pytest.fixture(scope="module")
def compared(e):
    return compare_orders(jax.random.key(4), e, "std", SMALL, GRID)


def classes(params, x):
    return forward(params, x)[1].argmax(axis=1)


def test_a_network_is_at_no_distance_from_itself(e):
    network = Network(e.full.params, e.init)
    found = distances(network, network, e.data, e.test, GRID)
    for name in ("map", "data", "probability", "kl", "kernel", "moves", "cka"):
        assert abs(found[name]) < 1e-5, name


def test_distances_are_what_they_say(e):
    first, second = (
        Network(p, i) for p, i in ((e.full.params, e.init), (e.stranger.params, e.stranger_init))
    )
    found = distances(first, second, e.data, e.test, GRID)
    for name, x in (("map", GRID), ("data", e.test.x)):
        expected = (classes(first.params, x) != classes(second.params, x)).mean()
        np.testing.assert_allclose(found[name], expected, atol=1e-6)
    p, q = (
        scipy.special.log_softmax(forward(n.params, e.test.x)[1], axis=1) for n in (first, second)
    )
    variation = np.abs(np.exp(p) - np.exp(q)).sum(axis=1).mean() / 2
    np.testing.assert_allclose(found["probability"], variation, rtol=1e-4)
    both_ways = (np.exp(p) * (p - q)).sum(axis=1) + (np.exp(q) * (q - p)).sum(axis=1)
    np.testing.assert_allclose(found["kl"], both_ways.mean() / 2, rtol=1e-4)
    kernels = [
        np.asarray(tree["Dense_1"]["kernel"], float).ravel()
        for pair in (first, second)
        for tree in pair[:2]
    ]
    np.testing.assert_allclose(
        found["kernel"], 1 - np.corrcoef(kernels[0], kernels[2])[0, 1], atol=1e-5
    )
    moves = kernels[0] - kernels[1], kernels[2] - kernels[3]
    np.testing.assert_allclose(found["moves"], 1 - np.corrcoef(*moves)[0, 1], atol=1e-5)
    assert [roles.shape for roles in found["roles"]] == [(6, 6), (5, 5)]


def test_every_pair_is_of_the_networks_that_it_names(e, compared):
    pairs, scores = compared
    assert all(0 < pair["p"] <= 1 for pair in pairs.values())
    branch, key = e.branches["std"], jax.random.split(jax.random.key(4), 3)
    acts = pu.hidden_activations(SMALL.model, e.stranger.params, e.data.x)
    keep = pu.keep_highest(pu.unit_scores("std", e.stranger.params, acts), SMALL.keep_counts)
    small = SMALL.small_model
    other = pu.spirals(key[1], 10, arms=2, turns=1.0, noise=0.02)
    networks = {
        "full": e.full.params,
        "train_prune": branch.train_prune,
        "fine_tune": branch.fine_tune.params,
        "prune_train": branch.prune_train.params,
        "prune_train, other data": pu.train(small, branch.init, other, SMALL.train).params,
        "stranger's prune_train": pu.train(
            small, pu.slice_units(e.stranger_init, keep), e.data, SMALL.train
        ).params,
    }
    assert set(scores) == set(networks)
    for name, params in networks.items():
        np.testing.assert_allclose(
            scores[name][0], pu.accuracy(model_of(params), params, e.test), atol=0.07
        )
        np.testing.assert_allclose(
            scores[name][1], pu.loss(model_of(params), params, e.test), rtol=1e-3
        )
    for name, (first, second) in PAIRS.items():
        chances = [
            jax.nn.softmax(pu.logits(model_of(p), p, e.test.x))
            for p in (networks[first], networks[second])
        ]
        expected = jnp.abs(chances[0] - chances[1]).sum(axis=1).mean() / 2
        np.testing.assert_allclose(pairs[name]["probability"], expected, rtol=1e-2, atol=1e-4)


def test_bad_settings_are_named(e):
    with pytest.raises(ValueError, match="settings"):
        sweep(KEY, replace(SMALL, features=(6, 2), keep_counts=(3,)), (3,), GRID)
    with pytest.raises(ValueError, match="criterion"):
        compare_orders(KEY, e, "taylor", SMALL, GRID)


def test_an_experiment_of_other_criteria_is_the_same_experiment(e):
    alone = pu.run_experiment(KEY, replace(SMALL, criteria=("std",)))
    assert_identical(alone.branches["std"], e.branches["std"])


def test_best_match_finds_a_permutation_and_role_similarity_counts_it():
    rng = np.random.default_rng(0)
    acts, order = jnp.asarray(rng.normal(size=(30, 5)), jnp.float32), np.array([2, 0, 1, 3, 4])
    roles = np.asarray(role_correlation(acts, acts[:, order]))
    np.testing.assert_array_equal(order[best_match(roles)], np.arange(5))
    found = role_similarity((roles[None],), 0.7)
    np.testing.assert_allclose(found["matched"], 1, atol=1e-5)
    np.testing.assert_allclose(found["own"], 2 / 5)
    np.testing.assert_allclose(found["chance"], 1 / 5)
    np.testing.assert_allclose(found["alike"], (np.diag(roles) > 0.7).mean())
    np.testing.assert_allclose(found["same"], np.diag(roles).mean(), rtol=1e-5)


def test_role_similarity_leaves_out_units_that_do_not_vary():
    rng = np.random.default_rng(0)
    acts = jnp.asarray(rng.normal(size=(30, 4)), jnp.float32).at[:, 1].set(0)
    other = acts.at[:, 2].set(3.0)
    roles = np.asarray(role_correlation(acts, other))[None]
    found = role_similarity((roles, np.zeros((1, 3, 3))), 0.7)
    np.testing.assert_allclose(found["same"], 1, atol=1e-5)
    np.testing.assert_allclose(found["chance"], 1 / 2)
    assert np.isnan(role_similarity((np.zeros((1, 3, 3)),), 0.7)["same"]).all()
    for wrong in ((), (np.zeros((2, 3, 4)),), (np.zeros((2, 3, 3)), np.zeros((1, 3, 3)))):
        with pytest.raises(ValueError, match="roles"):
            role_similarity(wrong, 0.7)
    for wrong in (np.zeros((2, 3)), np.full((2, 2), np.nan)):
        with pytest.raises(ValueError, match="roles"):
            best_match(wrong)


def test_linear_cka_sees_no_rotation_and_no_scale():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 3))
    turned = 1e3 * x @ np.linalg.qr(rng.normal(size=(5, 5)))[0] + 7
    x, y, turned = (jnp.asarray(a, jnp.float32) for a in (x, y, turned))
    np.testing.assert_allclose(linear_cka(x, turned), 1, rtol=1e-4)
    a, b = (np.asarray(v, float) - np.asarray(v, float).mean(axis=0) for v in (x, y))
    norm = np.linalg.norm
    expected = norm(a.T @ b) ** 2 / norm(a.T @ a) / norm(b.T @ b)
    np.testing.assert_allclose(linear_cka(x, y), expected, rtol=1e-4)
    assert linear_cka(x, jnp.full((40, 2), 0.3)) == 0
    for wrong in (y[:-1], y[:, 0]):
        with pytest.raises(ValueError, match="acts_b"):
            linear_cka(x, wrong)
