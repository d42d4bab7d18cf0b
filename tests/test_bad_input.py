"""Whatever does not fit is refused with a ValueError that names the argument and says what was
expected of it.
"""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import random_params
from flax import linen as nn

import prune_utils as pu
from prune_utils.chain import chain
from prune_utils.compare import (
    agreement,
    correlation,
    diagonal_profile,
    touched,
    unit_permutation_test,
)
from prune_utils.drawing.export import save_animation
from prune_utils.drawing.maps import class_probability
from prune_utils.statistics import half_sample_mode
from prune_utils.studies.units import wake_distance
from prune_utils.tasks import Spirals, plane, spiral_posterior
from prune_utils.training import activation_gradients

pytestmark = pytest.mark.usefixtures("unchecked")
KEY = jax.random.key(0)
PARAMS = random_params(np.random.default_rng(0), (2, 6, 4, 2))
MODEL = pu.MLP((6, 4, 2))
DATA = pu.spirals(KEY, 6)
X = DATA.x
ACTS = pu.hidden_activations(MODEL, PARAMS, X)
KEEP = (jnp.array([0, 2, 5]), jnp.array([3, 1]))
TINY = pu.Settings(
    task=Spirals(points_per_arm=4, test_points_per_arm=2),
    features=(6, 4, 2),
    keep_counts=(3, 2),
    train=pu.TrainConfig(steps=1),
)


def spoiled(tree, value=jnp.nan):
    """The tree with one number of its last leaf replaced."""
    leaves, structure = jax.tree.flatten(tree)
    return jax.tree.unflatten(
        structure, [*leaves[:-1], leaves[-1].at[(0,) * leaves[-1].ndim].set(value)]
    )


def with_layer(name, **entries):
    return {**PARAMS, name: {**PARAMS.get(name, {}), **entries}}


def without_bias(name):
    return {**PARAMS, name: {"kernel": PARAMS[name]["kernel"]}}


def settings(**changes):
    return pu.TrainConfig(**{"steps": 10, **changes})


# keep, as every function that takes one must refuse it: what is wrong, the keep set, the name in
# the message
BAD_KEEP = {
    "too few layers": (KEEP[:1], "keep"),
    "too many layers": ((*KEEP, KEEP[0]), "keep"),
    "one array for all layers": (jnp.array([0, 1]), "keep"),
    "index too large": ((jnp.array([0, 6]), KEEP[1]), "keep[0]"),
    "index of the wrong layer": ((KEEP[0], jnp.array([1, 4])), "keep[1]"),
    "negative index": ((jnp.array([-1, 2]), KEEP[1]), "keep[0]"),
    "index twice": ((KEEP[0], jnp.array([1, 1])), "keep[1]"),
    "more than the width": ((jnp.arange(7), KEEP[1]), "keep[0]"),
    "empty": ((KEEP[0], jnp.zeros(0, jnp.int32)), "keep[1]"),
    "floats": ((jnp.array([0.0, 2.0]), KEEP[1]), "keep[0]"),
    "a mask": ((jnp.ones(6, bool), KEEP[1]), "keep[0]"),
    "two-dimensional": ((KEEP[0][None], KEEP[1]), "keep[0]"),
    "a single number": ((jnp.int32(1), KEEP[1]), "keep[0]"),
}

# params, as every function that takes a chain must refuse it
BAD_CHAIN = {
    "not a dict": ((1, 2), "params"),
    "empty": ({}, "params"),
    "a name without a number": ({**PARAMS, "Head": PARAMS["Dense_2"]}, "params"),
    "missing bias": (without_bias("Dense_1"), "params['Dense_1']"),
    "an extra entry in a layer": (with_layer("Dense_1", scale=jnp.ones(4)), "params['Dense_1']"),
    "an extra layer of another kind": (
        with_layer("LayerNorm_9", scale=jnp.ones(2), bias=jnp.ones(2)),
        "params['LayerNorm_9']",
    ),
    "a convolution": (
        with_layer("Conv_0", kernel=jnp.ones((3, 3, 2, 6)), bias=jnp.ones(6)),
        "params['Conv_0']",
    ),
    "a bias of another width": (with_layer("Dense_1", bias=jnp.ones(5)), "params['Dense_1']"),
    "layers that do not fit": (with_layer("Dense_1", kernel=jnp.ones((5, 4))), "params['Dense_1']"),
    "arrays in place of layers": ({"Dense_0": jnp.ones((2, 2))}, "params['Dense_0']"),
}

BAD_ACTS = {
    "too few layers": ACTS[:1],
    "too many layers": (*ACTS, ACTS[0]),
    "none": (),
    "in the wrong order": ACTS[::-1],
    "another number of units": (ACTS[0][:, :5], ACTS[1]),
    "different numbers of points": (ACTS[0], ACTS[1][:-1]),
    "no points": tuple(a[:0] for a in ACTS),
    "one-dimensional": tuple(a[0] for a in ACTS),
    "a stack": tuple(a[None] for a in ACTS),
    "NaN": spoiled(ACTS),
    "infinity": spoiled(ACTS, jnp.inf),
}

TABLE = [
    *[
        (f"slice_units keep {what}", lambda k=k: pu.slice_units(PARAMS, k), name)
        for what, (k, name) in BAD_KEEP.items()
    ],
    *[
        (f"prune keep {what}", lambda k=k: pu.prune(PARAMS, k, ACTS), name)
        for what, (k, name) in BAD_KEEP.items()
    ],
    *[(f"chain {what}", lambda p=p: chain(p), name) for what, (p, name) in BAD_CHAIN.items()],
    *[
        (f"prune acts {what}", lambda a=a: pu.prune(PARAMS, KEEP, a), "acts")
        for what, a in BAD_ACTS.items()
    ],
    *[
        (f"unit_scores acts {what}", lambda a=a: pu.unit_scores("std", PARAMS, a), "acts")
        for what, a in BAD_ACTS.items()
    ],
    *[
        (
            f"unit_scores gradients {what}",
            lambda g=g: pu.unit_scores("taylor", PARAMS, ACTS, gradients=g),
            "gradients",
        )
        for what, g in BAD_ACTS.items()
    ],
    (
        "slice_units no chain",
        lambda: pu.slice_units((jnp.ones(3), {"a": jnp.ones((2, 2))}), KEEP),
        "tree",
    ),
    (
        "slice_units layer norm",
        lambda: pu.slice_units(BAD_CHAIN["an extra layer of another kind"][0], KEEP),
        "tree",
    ),
    (
        "slice_units widths",
        lambda: pu.slice_units(BAD_CHAIN["layers that do not fit"][0], KEEP),
        "params['Dense_1']",
    ),
    ("prune chain", lambda: pu.prune(without_bias("Dense_1"), KEEP, ACTS), "params['Dense_1']"),
    (
        "prune stacked",
        lambda: pu.prune(jax.tree.map(lambda leaf: leaf[None], PARAMS), KEEP, ACTS),
        "params",
    ),
    ("prune NaN", lambda: pu.prune(spoiled(PARAMS), KEEP, ACTS), "params"),
    ("prune infinity", lambda: pu.prune(spoiled(PARAMS, jnp.inf), KEEP, ACTS, "none"), "params"),
    ("prune compensation", lambda: pu.prune(PARAMS, KEEP, ACTS, "average"), "compensation"),
    ("prune ridge zero", lambda: pu.prune(PARAMS, KEEP, ACTS, "least_squares", ridge=0.0), "ridge"),
    (
        "prune ridge negative",
        lambda: pu.prune(PARAMS, KEEP, ACTS, "least_squares", ridge=-1e-6),
        "ridge",
    ),
    (
        "prune ridge NaN",
        lambda: pu.prune(PARAMS, KEEP, ACTS, "least_squares", ridge=float("nan")),
        "ridge",
    ),
    ("unit_scores criterion", lambda: pu.unit_scores("magnitude", PARAMS, ACTS), "criterion"),
    ("unit_scores key", lambda: pu.unit_scores("random", PARAMS, ACTS), "key"),
    ("unit_scores no gradients", lambda: pu.unit_scores("taylor", PARAMS, ACTS), "gradients"),
    (
        "unit_scores chain",
        lambda: pu.unit_scores("std", without_bias("Dense_0"), ACTS),
        "params['Dense_0']",
    ),
    ("keep_highest too few counts", lambda: pu.keep_highest(ACTS[:2], (3,)), "counts"),
    ("keep_highest too many counts", lambda: pu.keep_highest((jnp.ones(6),), (3, 2)), "counts"),
    ("keep_highest zero", lambda: pu.keep_highest((jnp.ones(6), jnp.ones(4)), (3, 0)), "counts[1]"),
    ("keep_highest negative", lambda: pu.keep_highest((jnp.ones(6),), (-1,)), "counts[0]"),
    (
        "keep_highest more than there are",
        lambda: pu.keep_highest((jnp.ones(6),), (7,)),
        "counts[0]",
    ),
    ("keep_highest fraction", lambda: pu.keep_highest((jnp.ones(6),), (0.5,)), "counts[0]"),
    (
        "keep_highest two-dimensional",
        lambda: pu.keep_highest((jnp.ones((6, 1)),), (3,)),
        "scores[0]",
    ),
    (
        "keep_highest NaN",
        lambda: pu.keep_highest((jnp.ones(6), spoiled(jnp.ones(4))), (3, 2)),
        "scores[1]",
    ),
    (
        "hidden_activations NaN params",
        lambda: pu.hidden_activations(MODEL, spoiled(PARAMS), X),
        "params",
    ),
    (
        "hidden_activations infinite x",
        lambda: pu.hidden_activations(MODEL, PARAMS, spoiled(X, jnp.inf)),
        "x",
    ),
    (
        "hidden_activations no hidden layer",
        lambda: pu.hidden_activations(
            pu.MLP((2,)), random_params(np.random.default_rng(0), (2, 2)), X
        ),
        "model",
    ),
    ("spirals no points", lambda: pu.spirals(KEY, 0), "points_per_arm"),
    ("spirals half a point", lambda: pu.spirals(KEY, 2.5), "points_per_arm"),
    ("spirals no arms", lambda: pu.spirals(KEY, arms=0), "arms"),
    ("spirals float arms", lambda: pu.spirals(KEY, arms=2.0), "arms"),
    ("spirals negative turns", lambda: pu.spirals(KEY, turns=-1.0), "turns"),
    ("spirals infinite turns", lambda: pu.spirals(KEY, turns=float("inf")), "turns"),
    ("spirals negative noise", lambda: pu.spirals(KEY, noise=-0.1), "noise"),
    ("spirals NaN noise", lambda: pu.spirals(KEY, noise=jnp.nan), "noise"),
    ("plane resolution", lambda: plane(1), "resolution"),
    ("plane float resolution", lambda: plane(10.0), "resolution"),
    ("TrainConfig no steps", lambda: settings(steps=0), "steps"),
    ("TrainConfig float steps", lambda: settings(steps=10.0), "steps"),
    (
        "TrainConfig snapshot after the end",
        lambda: settings(snapshot_steps=(0, 11)),
        "snapshot_steps",
    ),
    (
        "TrainConfig snapshot before the start",
        lambda: settings(snapshot_steps=(-1, 3)),
        "snapshot_steps",
    ),
    ("TrainConfig snapshots backwards", lambda: settings(snapshot_steps=(5, 3)), "snapshot_steps"),
    ("TrainConfig batch_size True", lambda: settings(batch_size=True), "batch_size"),
    ("TrainConfig batch_size zero", lambda: settings(batch_size=0), "batch_size"),
    ("TrainConfig batch_size fraction", lambda: settings(batch_size=2.5), "batch_size"),
    ("TrainConfig snapshot twice", lambda: settings(snapshot_steps=(3, 3)), "snapshot_steps"),
    ("train NaN params", lambda: pu.train(MODEL, spoiled(PARAMS), DATA, settings()), "params"),
    (
        "train NaN data",
        lambda: pu.train(MODEL, PARAMS, DATA._replace(x=spoiled(X)), settings()),
        "data.x",
    ),
    (
        "train too few classes",
        lambda: pu.train(MODEL, PARAMS, DATA._replace(y=DATA.y[1:]), settings()),
        "data",
    ),
    (
        "train one-hot classes",
        lambda: pu.train(MODEL, PARAMS, DATA._replace(y=jax.nn.one_hot(DATA.y, 2)), settings()),
        "data",
    ),
    (
        "train one point",
        lambda: pu.train(MODEL, PARAMS, pu.Dataset(X[0], DATA.y[0]), settings()),
        "data",
    ),
    ("agreement", lambda: agreement(jnp.ones((3, 2)), jnp.ones((4, 2))), "logits_b"),
    (
        "touched",
        lambda: touched(jnp.ones((3, 2)), jnp.ones((3, 2)), jnp.ones((2, 3))),
        "first, second",
    ),
    ("diagonal_profile", lambda: diagonal_profile(X, X[1:], jnp.linspace(0.0, 1.0, 3)), "second"),
    ("correlation", lambda: correlation(jnp.ones((3, 2)), jnp.ones((2, 3))), "b"),
    ("unit_permutation_test NaN", lambda: unit_permutation_test(KEY, X, spoiled(X)), "a, b"),
    ("unit_permutation_test shapes", lambda: unit_permutation_test(KEY, X, X[1:]), "b"),
    ("mean_interval one seed", lambda: pu.mean_interval([1.0]), "values"),
    ("mean_interval of a table", lambda: pu.mean_interval(np.ones((3, 2))), "values"),
    ("mean_interval NaN", lambda: pu.mean_interval([1.0, np.nan]), "values"),
    ("half_sample_mode of nothing", lambda: half_sample_mode([]), "values"),
    ("half_sample_mode NaN", lambda: half_sample_mode([1.0, np.nan]), "values"),
    ("run_ensemble one key", lambda: pu.run_ensemble(jax.random.normal, KEY), "keys"),
    (
        "run_ensemble no keys",
        lambda: pu.run_ensemble(jax.random.normal, jax.random.split(KEY, 3)[:0]),
        "keys",
    ),
    (
        "run_ensemble a table of keys",
        lambda: pu.run_ensemble(jax.random.normal, jax.random.split(KEY, (2, 2))),
        "keys",
    ),
    (
        "run_ensemble raw keys",
        lambda: pu.run_ensemble(jax.random.normal, jnp.zeros((3, 2), jnp.uint32)),
        "keys",
    ),
    ("run_ensemble seeds", lambda: pu.run_ensemble(jax.random.normal, range(3)), "keys"),
    (
        "run_experiment criterion",
        lambda: jax.jit(pu.run_experiment)(
            KEY, pu.Settings(**vars(TINY) | {"criteria": ("magnitude",)})
        ),
        "criterion",
    ),
    (
        "run_experiment counts",
        lambda: jax.jit(pu.run_experiment)(
            KEY, pu.Settings(**vars(TINY) | {"keep_counts": (3, 5)})
        ),
        "counts[1]",
    ),
    (
        "run_experiment layers",
        lambda: jax.jit(pu.run_experiment)(KEY, pu.Settings(**vars(TINY) | {"keep_counts": (3,)})),
        "counts",
    ),
    ("save_animation", lambda: save_animation([], "film", "", {}), "frames"),
    (
        "class_probability",
        lambda: class_probability(pu.MLP((3,)), random_params(np.random.default_rng(0), (2, 3))),
        "model",
    ),
]


@pytest.mark.parametrize(
    "call, argument", [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_it_is_refused_by_name(call, argument):
    with pytest.raises(ValueError, match=f"^{re.escape(argument)}: expected "):
        call()


@pytest.mark.parametrize(
    "call, argument",
    [
        (lambda k, params, acts: pu.slice_units(params, (k,)), "keep"),
        (lambda k, params, acts: pu.slice_units(params, (k, k[:0])), "keep[1]"),
        (lambda k, params, acts: pu.prune(params, (k.astype(jnp.float32), k), acts), "keep[0]"),
        (lambda k, params, acts: pu.prune(params, (k, k), acts[:1]), "acts"),
    ],
)
def test_shapes_are_checked_under_jit_too(call, argument):
    with pytest.raises(ValueError, match=f"^{re.escape(argument)}: expected "):
        jax.jit(call)(jnp.array([0, 1]), PARAMS, ACTS)


class Unperturbed(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(6)(x))
        self.sow("intermediates", "hidden", x)
        return nn.Dense(2)(x)


# What would otherwise pass silently, or fail somewhere inside with a message about something else.
UNCLEAR = [
    ("keep as lists", lambda: pu.slice_units(PARAMS, ([0, 7], [1])), "keep[0]"),
    ("a layer's name that is no text", lambda: chain({0: PARAMS["Dense_0"]}), "params"),
    ("acts None", lambda: pu.prune(PARAMS, KEEP, None), "acts"),
    (
        "NaN params would give NaN scores",
        lambda: pu.unit_scores("incoming", jax.tree.map(lambda leaf: leaf * jnp.nan, PARAMS), ACTS),
        "params",
    ),
    (
        "stacked params would give scores of wrong shapes",
        lambda: pu.unit_scores("incoming", jax.tree.map(lambda leaf: leaf[None], PARAMS), ACTS),
        "params",
    ),
    ("dropped, too few layers", lambda: pu.dropped(KEEP, (6,)), "keep"),
    (
        "dropped, index out of range would give wrong units",
        lambda: pu.dropped((jnp.array([0, 9]),), (6,)),
        "keep[0]",
    ),
    ("wake_distance, too few acts", lambda: wake_distance(PARAMS, X, ACTS[:1]), "acts"),
    (
        "no perturbation would give zero gradients",
        lambda: activation_gradients(Unperturbed(), pu.init_params(Unperturbed(), KEY, X), DATA),
        "model",
    ),
    (
        "fractional snapshot would be cut off",
        lambda: settings(snapshot_steps=(0, 1.5)),
        "snapshot_steps",
    ),
    ("posterior without noise would be NaN", lambda: spiral_posterior(X, noise=0.0), "noise"),
    (
        "negative batch",
        lambda: pu.run_ensemble(jax.random.normal, jax.random.split(KEY, 3), batch=-1),
        "batch",
    ),
    (
        "batch of zero would be ignored",
        lambda: pu.run_ensemble(jax.random.normal, jax.random.split(KEY, 3), batch=0),
        "batch",
    ),
]


@pytest.mark.parametrize(
    "call, argument", [row[1:] for row in UNCLEAR], ids=[row[0] for row in UNCLEAR]
)
def test_it_is_refused_before_it_does_harm(call, argument):
    with pytest.raises(ValueError, match=f"^{re.escape(argument)}: expected "):
        call()


@pytest.mark.parametrize("count", [np.int64(3), np.int32(3)], ids=["int64", "int32"])
def test_numpy_integers_are_integers(count):
    assert pu.keep_highest((jnp.ones(6),), (count,))[0].size == 3
