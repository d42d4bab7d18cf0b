"""The arms of one seed, against plain NumPy."""

import jax.numpy as jnp
import numpy as np
from conftest import forward

import prune_utils as pu
from prune_utils.studies.arms import (
    ARMS,
    accuracies,
    arms,
    map_change,
    outputs,
    pruning_change,
)


def right(params, data):
    _, outputs = forward(params, data.x)
    return (outputs.argmax(axis=1) == np.asarray(data.y)).mean()


def test_arms_are_named_as_in_the_report(e):
    networks = arms(e, "std")
    assert tuple(networks) == ARMS
    assert (
        networks["full"] is e.full.params
        and networks["fine_tune"] is e.branches["std"].fine_tune.params
    )
    assert networks["train_prune"] is e.branches["std"].train_prune
    assert networks["prune_train"] is e.branches["std"].prune_train.params


def test_accuracies_and_outputs_take_networks_of_any_width(e):
    networks = arms(e, "random")
    for name, value in accuracies(networks, e.test).items():
        np.testing.assert_allclose(value, right(networks[name], e.test), rtol=1e-6)
    for name, value in outputs(networks, e.test.x).items():
        np.testing.assert_allclose(
            value, forward(networks[name], e.test.x)[1], rtol=1e-3, atol=1e-4
        )


def test_pruning_change_is_relative_to_the_largest_logit(e):
    keep = e.branches["random"].keep
    before = forward(e.full.params, e.data.x)[1]
    after = forward(pu.prune(e.full.params, keep, e.acts, "none"), e.data.x)[1]
    value = pruning_change(e.full.params, e.acts, keep, e.data.x, "none")
    np.testing.assert_allclose(
        value, np.abs(after - before).max() / np.abs(before).max(), rtol=1e-4
    )
    every = (jnp.arange(6), jnp.arange(5))
    assert pruning_change(e.full.params, e.acts, every, e.data.x, "mean") < 1e-6


def test_map_change_counts_new_classes_and_visible_changes():
    # Probabilities of class 1: one half each; then the same, hardly more, visibly more, visibly
    # less.
    first = jnp.array([[0.0, -0.01]] * 4)
    second = jnp.array([[0.0, -0.01], [0.0, 0.01], [0.0, 1.0], [0.0, -1.0]])
    np.testing.assert_allclose(map_change(first, second), [0.5, 0.5])
    np.testing.assert_allclose(map_change(first, second, visible=0.001), [0.5, 0.75])
