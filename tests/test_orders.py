from dataclasses import replace

import jax
import numpy as np
import optax
import pytest
from conftest import assert_close, assert_identical, differs

import prune_utils as pu
from prune_utils.tasks import Spirals
from prune_utils.training import activation_gradients

KEY = jax.random.key(0)
SETTINGS = pu.Settings(
    task=Spirals(points_per_arm=8, test_points_per_arm=5),
    features=(6, 4, 2),
    keep_counts=(3, 2),
    criteria=tuple(pu.CRITERIA),
    train=pu.TrainConfig(learning_rate=0.01, steps=15),
)
SMALL = pu.MLP((3, 2, 2))
run = jax.jit(pu.run_experiment)


@pytest.fixture(scope="module")
def experiment():
    return run(KEY, SETTINGS)


def trained(model, params, data, opt_state=None):
    return pu.train(model, params, data, SETTINGS.train, opt_state)


def test_defaults_are_the_reports():
    settings = pu.Settings()
    assert settings.features == (100, 100, 2) and settings.keep_counts == (50, 50)
    assert settings.criteria == ("random", "std") and settings.compensation == "mean"
    assert settings.model == pu.MLP((100, 100, 2)) and settings.small_model == pu.MLP((50, 50, 2))


def test_every_class_needs_an_output():
    with pytest.raises(
        ValueError, match=r"^features: expected an output for each of the 3 classes"
    ):
        pu.Settings(task=Spirals(arms=3))


def test_the_same_key_gives_the_same_bits(experiment):
    assert_identical(run(jax.random.key(0), SETTINGS), experiment)


def test_another_key_gives_another_of_everything(experiment):
    other = run(jax.random.key(1), SETTINGS)
    for a, b in (
        (experiment.data.x, other.data.x),
        (experiment.test.x, other.test.x),
        (experiment.init, other.init),
    ):
        assert differs(a, b)
    assert differs(experiment.branches["random"].keep, other.branches["random"].keep)


def test_data_and_test_set_are_fresh_samples_of_one_law(experiment):
    assert experiment.data.x.shape == (16, 2) and experiment.test.x.shape == (10, 2)
    assert not np.isclose(experiment.data.x[:5], experiment.test.x[:5]).any()


def test_full_is_the_trained_initial_network(experiment):
    data = experiment.data
    assert_close(experiment.full, trained(SETTINGS.model, experiment.init, data), 1e-3)
    assert_close(
        experiment.acts, pu.hidden_activations(SETTINGS.model, experiment.full.params, data.x)
    )


def test_the_stranger_comes_from_another_initialisation(experiment):
    assert differs(experiment.stranger.params, experiment.full.params)
    kernels = [
        jax.device_get(r["Dense_0"]["kernel"])
        for r in (experiment.stranger.params, experiment.full.params)
    ]
    # Fifteen steps of 0.01 cannot carry one start to the other.
    assert np.abs(kernels[0] - kernels[1]).max() > 0.5
    assert experiment.stranger.loss[0] != experiment.full.loss[0]
    assert experiment.stranger.loss.shape == experiment.full.loss.shape == (15,)


@pytest.mark.parametrize("criterion", pu.CRITERIA)
def test_arms_relate_as_documented(experiment, criterion):
    branch, full, data = experiment.branches[criterion], experiment.full, experiment.data
    if criterion != "random":
        gradients = activation_gradients(SETTINGS.model, full.params, data)
        scores = pu.unit_scores(criterion, full.params, experiment.acts, gradients=gradients)
        assert_identical(branch.keep, pu.keep_highest(scores, (3, 2)))
    assert [kept.size for kept in branch.keep] == [3, 2]
    assert_identical(branch.init, pu.slice_units(experiment.init, branch.keep))
    assert_close(branch.train_prune, pu.prune(full.params, branch.keep, experiment.acts, "mean"))
    assert_close(branch.prune_train, trained(SMALL, branch.init, data), 1e-3)
    assert_close(branch.fine_tune, trained(SMALL, branch.train_prune, data), 1e-3)
    warm = trained(SMALL, branch.train_prune, data, pu.slice_units(full.opt_state, branch.keep))
    assert_close(branch.fine_tune_warm, warm, 1e-3)
    assert (
        int(branch.fine_tune_warm.opt_state[0].count) == 30
        and int(branch.fine_tune.opt_state[0].count) == 15
    )


def test_all_criteria_share_the_one_full_network_and_do_not_touch_each_other(experiment):
    @jax.jit
    def alone(key):
        out = pu.run_experiment(key, replace(SETTINGS, criteria=("random",)))
        assert list(out.branches) == ["random"]
        return out.full.params, out.branches["random"].keep

    assert set(experiment.branches) == set(pu.CRITERIA)
    params, keep = alone(KEY)
    assert_close(params, experiment.full.params)
    assert_identical(keep, experiment.branches["random"].keep)


def test_the_compensation_is_the_settings_own():
    @jax.jit
    def both(key):
        out = pu.run_experiment(
            key, replace(SETTINGS, criteria=("std",), compensation="least_squares")
        )
        branch = out.branches["std"]
        expected = pu.prune(out.full.params, branch.keep, out.acts, "least_squares")
        return [pu.logits(SMALL, params, out.test.x) for params in (branch.train_prune, expected)]

    assert_close(*both(KEY), 1e-3)


def test_turns_noise_and_learning_rate_compile_nothing_new():
    traced = []

    def optimizer(rate):
        traced.append(rate)
        return optax.adam(rate)

    settings = replace(
        SETTINGS,
        criteria=("std",),
        train=pu.TrainConfig(learning_rate=0.01, steps=15, optimizer=optimizer),
    )
    one = jax.jit(lambda key, settings: pu.run_experiment(key, settings).full.loss)
    one(KEY, settings)
    before = len(traced)
    one(
        KEY,
        replace(
            settings,
            task=replace(settings.task, turns=1.5, noise=0.1),
            train=replace(settings.train, learning_rate=0.2),
        ),
    )
    assert len(traced) == before


def test_plain_sgd_is_an_optimizer_like_any_other():
    # Its state holds nothing to slice.
    settings = replace(SETTINGS, criteria=("std",), train=pu.TrainConfig(0.01, 15, optax.sgd))
    fine_tune, warm = jax.jit(lambda key: pu.run_experiment(key, settings).branches["std"][-2:])(
        KEY
    )
    assert_close(warm.params, fine_tune.params)
