"""Both orders and their controls, against networks where the answer is known and against plain NumPy."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import SMALL, assert_identical, forward

import prune_utils as pu
from prune_utils import commute

GRID = pu.plane(8, 1.2)
KEY = jax.random.key(3)


@pytest.fixture(scope="module")
def compared(e):
    return commute.compare_orders(jax.random.key(4), e, "std", SMALL, GRID)


def classes(params, x):
    return forward(params, x)[1].argmax(axis=1)


def test_a_network_is_at_no_distance_from_itself(e):
    network = commute.Network(e.full.params, e.init)
    found = commute.distances(network, network, e.data, e.test, GRID)
    for name in ("map", "test", "probability", "kernel", "moves", "cka"):
        assert abs(found[name]) < 1e-5, name


def test_distances_are_what_they_say(e):
    first, second = (commute.Network(p, i) for p, i in ((e.full.params, e.init), (e.stranger.params, e.stranger_init)))
    found = commute.distances(first, second, e.data, e.test, GRID)
    for name, x in (("map", GRID), ("test", e.test.x)):
        expected = (classes(first.params, x) != classes(second.params, x)).mean()
        np.testing.assert_allclose(found[name], expected, atol=1e-6)
    kernels = [np.asarray(tree["Dense_1"]["kernel"], float).ravel() for pair in (first, second) for tree in pair[:2]]
    np.testing.assert_allclose(found["kernel"], 1 - np.corrcoef(kernels[0], kernels[2])[0, 1], atol=1e-5)
    moves = kernels[0] - kernels[1], kernels[2] - kernels[3]
    np.testing.assert_allclose(found["moves"], 1 - np.corrcoef(*moves)[0, 1], atol=1e-5)
    assert [roles.shape for roles in found["roles"]] == [(6, 6), (5, 5)]


def test_kept_units_of_the_whole_network_are_those_of_the_pruned_one(compared):
    pair = compared[0]["pruned and whole"]
    assert pair["kernel"] < 1e-6  # pruning slices, and folds into biases
    first_layer = np.diag(pair["roles"][0])  # nothing is dropped before it
    assert all(abs(r - 1) < 1e-5 or r == 0 for r in first_layer)


def test_every_pair_is_of_the_networks_that_it_names(e, compared):
    pairs, scores = compared
    assert {name for name in pairs if "p" in pairs[name]} == {"orders", "strangers", "other data"}
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
        "stranger": e.stranger.params,
        "stranger's prune_train": pu.train(small, pu.slice_units(e.stranger_init, keep), e.data, SMALL.train).params,
    }
    assert set(scores) == set(networks)
    for name, params in networks.items():
        np.testing.assert_allclose(scores[name][0], pu.accuracy(pu.model_of(params), params, e.test), atol=0.07)
        np.testing.assert_allclose(scores[name][1], pu.loss(pu.model_of(params), params, e.test), rtol=1e-3)
    for name, (first, second) in commute.PAIRS.items():
        chances = [
            jax.nn.softmax(pu.logits(pu.model_of(p), p, GRID))
            for p in (networks[first], networks[second.replace(", its kept units", "")])
        ]
        expected = jnp.abs(chances[0] - chances[1]).sum(axis=1).mean() / 2
        np.testing.assert_allclose(pairs[name]["probability"], expected, rtol=1e-2, atol=1e-4)


def test_a_sweep_repeats_the_experiment(e):
    cells = {3: ("std", "apoz"), 2: ("std",)}
    settings = replace(SMALL, keep_counts=(3, 3))
    branch = pu.run_experiment(KEY, replace(settings, criteria=("std",))).branches["std"]
    whole, swept = commute.sweep(KEY, SMALL, cells, GRID)
    assert {count: table["orders"].shape for count, table in swept.items()} == {3: (2,), 2: (1,)}
    np.testing.assert_allclose(whole["full"], pu.accuracy(SMALL.model, e.full.params, e.test), rtol=1e-6)
    first, second = branch.train_prune, branch.prune_train.params
    for arm, params in (("train_prune", first), ("prune_train", second)):
        np.testing.assert_allclose(swept[3][arm][0], pu.accuracy(settings.small_model, params, e.test), atol=0.04)
    np.testing.assert_allclose(swept[3]["orders"][0], (classes(first, GRID) != classes(second, GRID)).mean(), atol=0.04)
    unrelated = pu.slice_units(e.stranger_init, (jnp.arange(3), jnp.arange(3)))
    stranger = pu.train(settings.small_model, unrelated, e.data, settings.train).params
    differ = (classes(second, GRID) != classes(stranger, GRID)).mean()
    np.testing.assert_allclose(swept[3]["strangers"][0], differ, atol=0.04)
    moves = [np.asarray(p["Dense_1"]["kernel"] - branch.init["Dense_1"]["kernel"]).ravel() for p in (first, second)]
    np.testing.assert_allclose(swept[3]["moves"][0], 1 - np.corrcoef(*moves)[0, 1], atol=1e-3)
    dead = np.concatenate([np.asarray(a).std(axis=0) == 0 for a in e.acts])
    np.testing.assert_allclose(whole["dead"], dead.mean(), rtol=1e-6)
    gone = np.concatenate([np.asarray(u) + shift for u, shift in zip(pu.dropped(branch.keep, (6, 5)), (0, 6))])
    np.testing.assert_allclose(swept[3]["dropped_dead"][0], dead[gone].mean(), rtol=1e-6)
    assert swept[3]["roles"].shape == (2, 2)


def test_bad_settings_are_named(e):
    with pytest.raises(ValueError, match="settings"):
        commute.sweep(KEY, replace(SMALL, features=(6, 2), keep_counts=(3,)), {3: ("std",)}, GRID)
    with pytest.raises(ValueError, match="cells"):
        commute.sweep(KEY, SMALL, {3: ()}, GRID)
    with pytest.raises(ValueError, match="criterion"):
        commute.compare_orders(KEY, e, "taylor", SMALL, GRID)


def test_an_experiment_of_other_criteria_is_the_same_experiment(e):
    alone = pu.run_experiment(KEY, replace(SMALL, criteria=("std",)))
    assert_identical(alone.branches["std"], e.branches["std"])


def test_best_match_finds_a_permutation_and_role_similarity_counts_it():
    rng = np.random.default_rng(0)
    acts, order = jnp.asarray(rng.normal(size=(30, 5)), jnp.float32), np.array([2, 0, 1, 3, 4])
    roles = np.asarray(pu.role_correlation(acts, acts[:, order]))
    np.testing.assert_array_equal(order[pu.best_match(roles)], np.arange(5))
    found = pu.role_similarity((roles[None],))
    np.testing.assert_allclose(found["matched"], 1, atol=1e-5)
    np.testing.assert_allclose(found["own"], 2 / 5)
    np.testing.assert_allclose(found["chance"], 1 / 5)
    np.testing.assert_allclose(found["alike"], (np.diag(roles) > 0.7).mean())
    np.testing.assert_allclose(found["same"], np.diag(roles).mean(), rtol=1e-5)


def test_role_similarity_leaves_out_units_that_do_not_vary():
    rng = np.random.default_rng(0)
    acts = jnp.asarray(rng.normal(size=(30, 4)), jnp.float32).at[:, 1].set(0)
    other = acts.at[:, 2].set(3.0)
    roles = np.asarray(pu.role_correlation(acts, other))[None]
    found = pu.role_similarity((roles, np.zeros((1, 3, 3))))
    np.testing.assert_allclose(found["same"], 1, atol=1e-5)
    np.testing.assert_allclose(found["chance"], 1 / 2)
    assert np.isnan(pu.role_similarity((np.zeros((1, 3, 3)),))["same"]).all()
    for wrong in ((), (np.zeros((2, 3, 4)),), (np.zeros((2, 3, 3)), np.zeros((1, 3, 3)))):
        with pytest.raises(ValueError, match="roles"):
            pu.role_similarity(wrong)
    for wrong in (np.zeros((2, 3)), np.full((2, 2), np.nan)):
        with pytest.raises(ValueError, match="roles"):
            pu.best_match(wrong)


def test_linear_cka_sees_no_rotation_and_no_scale():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 5)), rng.normal(size=(40, 3))
    turned = 1e3 * x @ np.linalg.qr(rng.normal(size=(5, 5)))[0] + 7
    x, y, turned = (jnp.asarray(a, jnp.float32) for a in (x, y, turned))
    np.testing.assert_allclose(pu.linear_cka(x, turned), 1, rtol=1e-4)
    a, b = (np.asarray(v, float) - np.asarray(v, float).mean(axis=0) for v in (x, y))
    norm = np.linalg.norm
    expected = norm(a.T @ b) ** 2 / norm(a.T @ a) / norm(b.T @ b)
    np.testing.assert_allclose(pu.linear_cka(x, y), expected, rtol=1e-4)
    assert pu.linear_cka(x, jnp.full((40, 2), 0.3)) == 0
    for wrong in (y[:-1], y[:, 0]):
        with pytest.raises(ValueError, match="acts_b"):
            pu.linear_cka(x, wrong)
