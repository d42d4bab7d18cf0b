"""Settings are drawn as said, every optimizer is optax's, and a sweep repeats the experiment."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import prune_utils as pu
from prune_utils.studies.claim_checks import NOT_ASKED, verdicts
from prune_utils.studies.robustness import (
    EVERYWHERE,
    INFERRED,
    SHAPES,
    Shape,
    draw,
    measure_setting,
)
from prune_utils.studies.rules import RULES
from prune_utils.studies.setting_checks import both_orders, settings_of
from prune_utils.studies.variants import (
    INITIALISATIONS,
    OPTIMIZERS,
    initial_params,
    numbered_optimizer,
    optimizer_of,
)

OPTAX = {
    "Adam": optax.adam,
    "AdamW": partial(optax.adamw, weight_decay=0.01),
    "RMSprop": partial(optax.rmsprop, decay=0.99, eps_in_sqrt=False),
    "SGD with momentum": partial(optax.sgd, momentum=0.9),
}


ANY = partial(numbered_optimizer, list(OPTAX.values()))


@pytest.mark.parametrize("by_number", [optimizer_of, ANY], ids=["formula", "any"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_by_number_is_that_of_optax(name, by_number):
    data, model = pu.spirals(jax.random.key(0), 10), pu.MLP((6, 2))
    params = pu.init_params(model, jax.random.key(1), data.x)

    def trained(number):
        config = pu.TrainConfig(0.05, 30, by_number(number))
        return pu.train(model, params, data, config).params

    own = jax.jit(trained)(jnp.array(list(OPTIMIZERS).index(name)))
    theirs = pu.train(model, params, data, pu.TrainConfig(0.05, 30, OPTAX[name])).params
    for a, b in zip(jax.tree.leaves(own), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4)


def test_a_number_beyond_the_optimizers_is_named():
    with pytest.raises(ValueError, match="number: expected 0 to 3, got 4"):
        ANY(4)


LAWS = {
    "Glorot uniform": jax.nn.initializers.glorot_uniform(),
    "He normal": jax.nn.initializers.he_normal(),
    "LeCun normal": jax.nn.initializers.lecun_normal(),
    "PyTorch's default": jax.nn.initializers.variance_scaling(1 / 3, "fan_in", "uniform"),
}


@pytest.mark.parametrize("number, name", list(enumerate(INITIALISATIONS)))
def test_initial_weights_follow_their_law(number, name):
    params = initial_params(jax.random.key(2), number, (40, 120, 30))
    for layer, shape in (("Dense_0", (40, 120)), ("Dense_1", (120, 30))):
        own, theirs = params[layer]["kernel"], LAWS[name](jax.random.key(3), shape)
        np.testing.assert_allclose(own.std(), theirs.std(), rtol=0.05)
        np.testing.assert_allclose(jnp.abs(own).max(), jnp.abs(theirs).max(), rtol=0.02)
        bias = params[layer]["bias"]
        if name == "PyTorch's default":
            assert 0.8 < jnp.abs(bias).max() * shape[0] ** 0.5 <= 1
        else:
            assert (bias == 0).all()


def test_settings_lie_in_their_ranges_and_reach_their_ends():
    values = jax.vmap(partial(draw, ranges=EVERYWHERE))(jax.random.split(jax.random.key(4), 500))
    assert 0.5 <= values.turns.min() < 0.55 and 1.45 < values.turns.max() <= 1.5
    assert 0.0099 <= values.noise.min() < 0.011 and 0.045 < values.noise.max() <= 0.0501
    assert set(np.asarray(values.law)) == set(np.asarray(values.optimizer)) == {0, 1, 2, 3}
    for number, update in enumerate(OPTIMIZERS.values()):
        rates, (low, high) = values.rate[values.optimizer == number], update.rates
        assert low * 0.999 <= rates.min() < low * 1.3 and high / 1.3 < rates.max() <= high * 1.001


def test_the_inferred_setting_is_that_of_the_report():
    values, report = draw(jax.random.key(5), INFERRED), pu.Settings()
    np.testing.assert_allclose(values.rate, report.train.learning_rate, rtol=1e-5)
    np.testing.assert_allclose(values.noise, report.task.noise, rtol=1e-5)
    settings = settings_of(SHAPES[0], values, optax.adam)
    assert settings.task.turns == report.task.turns and values.law == values.optimizer == 0
    assert settings.features == report.features and settings.keep_counts == report.keep_counts
    assert settings.train.steps == report.train.steps and settings.train.batch_size is None
    assert settings.task.points_per_arm == report.task.points_per_arm


def test_both_orders_are_those_of_the_report():
    key, settings = jax.random.key(6), pu.Settings(criteria=("std",))
    train = pu.TrainConfig(0.05, 4)
    settings = replace(settings, features=(6, 6, 2), keep_counts=(3, 3), train=train)
    e = pu.run_experiment(key, settings)
    scores = pu.unit_scores("std", e.full.params, e.acts)
    both = {"random": scores, "std": scores}
    own = both_orders(e.init, e.full.params, e.acts, e.data, both, settings)
    branch = e.branches["std"]
    for name, theirs in {
        "train_prune": branch.train_prune,
        "prune_train": branch.prune_train.params,
        "fine_tune": branch.fine_tune.params,
    }.items():
        for a, b in zip(jax.tree.leaves(own["random"][name]), jax.tree.leaves(theirs)):
            np.testing.assert_allclose(a, b, atol=1e-5)
    assert "fine_tune" not in own["std"]


def test_one_setting_has_all_parts_of_four_networks():
    shape = Shape(10, 2, 8, 2, 4, 10)
    measure = jax.jit(partial(measure_setting, shape=shape))
    values, found = jax.device_get(measure(jax.random.key(7), EVERYWHERE))
    assert values.rate.shape == ()
    assert all(len(leaf) == 4 for leaf in jax.tree.leaves(found))
    assert found["units"]["rise"].shape == (4, 2, 8)
    assert found["few"].min() >= 0 and found["few"].max() <= 1
    assert len(np.unique(found["whole"]["loss"])) == 4  # seeds differ
    one = jax.tree.map(lambda leaf: leaf[None], found)
    judged = verdicts(shape, np.array([True]), values.rate[None], one)
    assert set(judged) == {claim for claim in RULES if claim not in NOT_ASKED} - {"P9"}


def test_a_single_hidden_layer_has_no_kernel_between():
    shape = Shape(10, 2, 8, 1, 4, None)
    _, found = jax.eval_shape(partial(measure_setting, shape=shape), jax.random.key(0), EVERYWHERE)
    assert found["kernels"] == {} and found["units"]["rise"].shape == (4, 1, 8)


def test_a_shape_that_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match="width: expected even"):
        Shape(10, 2, 5, 2, 4, None)
