"""Which weights saw which gradients, by hand and against the experiment itself."""

from dataclasses import replace
from functools import partial

import jax
import numpy as np
import optax
import pytest
from conftest import SMALL, forward, plain_adam

import prune_utils as pu
from prune_utils.adam import adam_as
from prune_utils.studies.lone import (
    LONE,
    cluster_history,
    describe_classes,
    explain_moves,
    few_classes,
    gradient_classes,
    kernel_path,
    other_history,
    random_half_history,
    share_by_seed,
    spread,
)

STEPS, RATE = 40, 0.2
# The gradients of eight weights of two seeds: a dict step -> gradient each.
SEEN = [
    {},
    {1: 2.0},
    {1: -0.5},
    {7: 1.0},
    {1: 1.0, 2: 1.0},
    {1: 1e-8},
    {3: 1, 4: 1, 9: 1},
    {1: 3.0},
]


def kernel_of(seen):
    """What `gradient_history` would hold of weights with these gradients: (2 seeds, 2, 2)."""
    rows = []
    for gradients in seen:
        sequence = [gradients.get(step, 0.0) for step in range(1, STEPS + 1)]
        first = min(gradients, default=0)
        move = -RATE * plain_adam(sequence)
        rows.append((move, len(gradients), first, max(gradients, default=0), sequence[first - 1]))
    names = ("move", "count", "first", "last", "value")
    return {name: np.array(v).reshape(2, 2, 2) for name, v in zip(names, zip(*rows))}


def test_every_weight_is_in_one_class():
    classes = gradient_classes(kernel_of(SEEN))
    assert (np.sum(list(classes.values()), axis=0) == 1).all()
    places = {name: np.flatnonzero(mask).tolist() for name, mask in classes.items()}
    assert places == {
        "no gradient": [0],
        LONE: [1, 2, 5, 7],
        "one, later": [3],
        "2 gradients": [4],
        "3 gradients": [6],
        "four or more": [],
    }
    few = {name: np.flatnonzero(mask).tolist() for name, mask in few_classes(classes).items()}
    assert few == {
        "no gradient": [0],
        LONE: [1, 2, 5, 7],
        "one, later": [3],
        "two or more": [4, 6],
    }


def test_lone_weights_are_explained_and_only_large_gradients_reach_the_band():
    kernel = kernel_of(SEEN)
    moves = explain_moves(kernel, RATE, STEPS)
    np.testing.assert_allclose(moves.size, np.abs(kernel["move"]) / RATE)
    assert np.flatnonzero(moves.explained).tolist() == [0, 1, 2, 3, 5, 7]
    assert np.flatnonzero(moves.in_band).tolist() == [1, 2, 7]
    kernel["move"] = kernel["move"] * 1.02
    assert np.flatnonzero(explain_moves(kernel, RATE, STEPS).explained).tolist() == [0]
    within = explain_moves(kernel, RATE, STEPS, tolerance=0.03)
    assert np.flatnonzero(within.explained).tolist() == [0, 1, 2, 3, 5, 7]


def test_classes_are_described_by_their_shares():
    kernel = kernel_of(SEEN)
    classes, moves = gradient_classes(kernel), explain_moves(kernel, RATE, STEPS)
    rows = describe_classes(classes, moves)
    assert "four or more" not in rows
    lone = rows[LONE]
    np.testing.assert_allclose(lone["share of the weights"], [0.5, 0.5])
    assert lone["in the band"] == 0.75 and lone["explained"] == 1
    sizes = np.abs([plain_adam([g] + [0] * (STEPS - 1)) for g in (2.0, -0.5, 1e-8, 3.0)])
    np.testing.assert_allclose(lone["median displacement (learning rates)"], np.median(sizes))


def test_share_by_seed_counts_within_a_mask():
    mask = np.array([[[1, 1], [0, 0]], [[0, 0], [0, 1]]], bool)
    of = np.array([[[1, 0], [1, 1]], [[0, 0], [0, 0]]], bool)
    np.testing.assert_allclose(share_by_seed(mask), [0.5, 0.25])
    np.testing.assert_allclose(share_by_seed(mask, of), [1 / 3, 0])


@pytest.mark.parametrize("count", [1, 3, 50])
def test_spread_takes_about_that_many_of_the_mask(count):
    mask = np.random.default_rng(0).uniform(size=(8, 9)) > 0.5
    chosen = spread(mask, count)
    assert mask.ravel()[chosen].all() and len(set(chosen)) == len(chosen)
    assert min(count, mask.sum()) <= len(chosen) <= 2 * count


def test_histories_and_paths_are_those_of_the_experiment():
    train = replace(SMALL.train, steps=5, snapshot_steps=(5,))
    settings, key = replace(SMALL, criteria=("random",), train=train), jax.random.key(3)
    with jax.numpy_dtype_promotion("standard"):
        branch = pu.run_experiment(key, settings).branches["random"]
        history = random_half_history(key, settings)["Dense_1"]
        path, pruned = kernel_path(key, settings, (0, 2, 5))
    init, last = (p["Dense_1"]["kernel"] for p in (branch.init, branch.prune_train.params))
    np.testing.assert_array_equal(history["init"], init)
    np.testing.assert_allclose(history["move"], last - init, atol=1e-6)
    np.testing.assert_allclose(path[0], init, atol=1e-6)
    np.testing.assert_allclose(path[2], last, atol=1e-6)
    np.testing.assert_allclose(pruned, branch.train_prune["Dense_1"]["kernel"], atol=1e-6)


@pytest.mark.parametrize(
    "number, optimizer", [(1, adam_as("keras", b1=0.8, b2=0.99, eps=1e-3)), (5, optax.sgd)]
)
def test_an_optimizer_by_its_number_is_that_optimizer(number, optimizer):
    adam, others = {"b1": 0.8, "b2": 0.99, "eps": 1e-3}, (optax.adamw, optax.sgd)
    key, history = jax.random.key(3), partial(other_history, optimizers=others)
    traced = pu.run_ensemble(history, key[None], SMALL, number, adam, False)
    given = replace(SMALL, train=replace(SMALL.train, optimizer=optimizer))
    plain = random_half_history(key, given)
    np.testing.assert_allclose(
        traced["Dense_1"]["move"][0], plain["Dense_1"]["move"], rtol=1e-3, atol=1e-4
    )


def test_a_redrawn_half_starts_from_he():
    settings = replace(SMALL, features=(400, 300, 2), keep_counts=(200, 150), criteria=("random",))
    init = jax.jit(random_half_history)(jax.random.key(3), settings, redraw=True)["Dense_1"]["init"]
    std = float(init.std())
    assert init.shape == (200, 150) and abs(std / np.sqrt(2 / 200) - 1) < 0.02
    # A normal law, cut after two deviations of its own; a uniform one ends at 1.7.
    assert 2 < float(abs(init).max()) / std < 2.3


@pytest.mark.parametrize("activation", [jax.nn.relu, jax.nn.leaky_relu])
def test_a_half_is_trained_with_the_activation(activation):
    settings, key = replace(SMALL, criteria=("random",)), jax.random.key(3)
    e = pu.run_experiment(key, settings)
    init, model = e.branches["random"].init, pu.MLP((3, 2, 2), activation=activation)
    move = random_half_history(key, settings, activation)["Dense_1"]["move"]
    trained = pu.train(model, init, e.data, settings.train).params
    kernels = [params["Dense_1"]["kernel"] for params in (trained, init)]
    np.testing.assert_allclose(move, np.subtract(*kernels), atol=1e-6)


def test_idleness_at_the_start_is_that_of_the_untrained_half():
    key = jax.random.key(0)  # one of its units is dead
    e, idle = pu.run_experiment(key, SMALL), random_half_history(key, SMALL)["idle at start"]
    acts, _ = forward(e.branches["random"].init, e.data.x)
    dead = np.concatenate([(a == 0).all(axis=0) for a in acts])
    assert dead.any() and not dead.all()
    np.testing.assert_array_equal(idle["dead"], dead)
    np.testing.assert_array_equal(idle["distance"] > 0, dead)


def test_cluster_history_learns_four_clusters():
    model, config = pu.MLP((16, 8, 4)), pu.TrainConfig(steps=60, snapshot_steps=(60,))
    with jax.numpy_dtype_promotion("standard"):
        history = cluster_history(jax.random.key(0), config, model)
    assert history["accuracy"] > 0.9
    assert history["Dense_1"]["move"].shape == (16, 8)
    assert [d.shape for d in history["dead"]] == [(1, 16), (1, 8)]
