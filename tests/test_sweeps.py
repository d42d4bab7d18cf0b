"""A sweep against the experiment, seed by seed."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from conftest import SMALL, forward

import prune_utils as pu
from prune_utils.studies.sweeps import sweep
from prune_utils.tasks import plane

GRID = plane(8, 1.2)
KEY = jax.random.key(3)


def classes(params, x):
    return forward(params, x)[1].argmax(axis=1)


def test_a_sweep_repeats_the_experiment(e):
    settings = replace(SMALL, keep_counts=(3, 3), criteria=("random", "std"))
    branch = pu.run_experiment(KEY, replace(settings, criteria=("std",))).branches["std"]
    whole, swept = sweep(KEY, settings, (2, 3), GRID)
    assert set(swept) == {"random", "std"} and swept["random"]["orders"].shape == (2,)
    found = {name: values[1] for name, values in swept["std"].items()}
    np.testing.assert_allclose(
        whole["full"], pu.accuracy(SMALL.model, e.full.params, e.test), rtol=1e-6
    )
    first, second = branch.train_prune, branch.prune_train.params
    for arm, params in (("train_prune", first), ("prune_train", second)):
        np.testing.assert_allclose(
            found[arm], pu.accuracy(settings.small_model, params, e.test), atol=0.04
        )
    np.testing.assert_allclose(
        found["orders"], (classes(first, GRID) != classes(second, GRID)).mean(), atol=0.04
    )
    unrelated = pu.slice_units(e.stranger_init, (jnp.arange(3), jnp.arange(3)))
    stranger = pu.train(settings.small_model, unrelated, e.data, settings.train).params
    differ = (classes(first, GRID) != classes(stranger, GRID)).mean()
    np.testing.assert_allclose(found["orders of strangers"], differ, atol=0.04)
    moves = [
        np.asarray(p["Dense_1"]["kernel"] - branch.init["Dense_1"]["kernel"]).ravel()
        for p in (first, second)
    ]
    np.testing.assert_allclose(found["moves"], 1 - np.corrcoef(*moves)[0, 1], atol=1e-3)
    dead = np.concatenate([np.asarray(a).std(axis=0) == 0 for a in e.acts])
    np.testing.assert_allclose(whole["dead"], dead.mean(), rtol=1e-6)
    gone = np.concatenate(
        [np.asarray(u) + shift for u, shift in zip(pu.dropped(branch.keep, (6, 5)), (0, 6))]
    )
    np.testing.assert_allclose(found["dropped_dead"], dead[gone].mean(), rtol=1e-6)
    assert swept["std"]["roles"].shape == (2, 2)
