"""Dead units, removed and revived, against plain NumPy."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import SMALL, forward

from prune_utils.studies.revival import (
    revival,
    revival_gains,
    revival_table,
    revived,
    without_units,
)


@pytest.fixture
def network(e):
    """A trained network, of which the first unit of either hidden layer has been killed."""
    params = e.branches["random"].fine_tune.params
    for name in ("Dense_0", "Dense_1"):
        params = params | {name: params[name] | {"bias": params[name]["bias"].at[0].set(-1e3)}}
    return params


def masks(params):
    return tuple(jnp.arange(len(params[name]["bias"])) == 0 for name in ("Dense_0", "Dense_1"))


def test_without_units_their_activation_does_not_matter(e, network):
    alive = e.branches["random"].fine_tune.params
    logits = forward(without_units(alive, masks(alive)), e.data.x)[1]
    np.testing.assert_allclose(logits, forward(network, e.data.x)[1], atol=1e-4)
    assert not np.allclose(logits, forward(alive, e.data.x)[1], atol=1e-2)


def test_the_revived_change_nothing_at_first_and_are_as_new(e, network):
    new = revived(SMALL.small_model, jax.random.key(1), network, masks(network), e.data.x)
    np.testing.assert_allclose(forward(new, e.data.x)[1], forward(network, e.data.x)[1], atol=1e-4)
    for name in ("Dense_0", "Dense_1"):
        assert new[name]["bias"][0] == 0 and (new[name]["kernel"][:, 0] != 0).all()
        np.testing.assert_array_equal(new[name]["kernel"][1:, 1:], network[name]["kernel"][1:, 1:])
        np.testing.assert_array_equal(new[name]["bias"][1:], network[name]["bias"][1:])


def test_revival_counts_the_dead_and_measures_with_and_without_them(e, network):
    config = replace(SMALL.train, steps=4)
    tried = revival(jax.random.key(1), SMALL.small_model, network, e.data, e.test, config)
    logits = forward(network, e.test.x)[1]
    gone = np.concatenate([(a == 0).all(axis=0) for a in forward(network, e.data.x)[0]])
    np.testing.assert_allclose(tried["dead"], gone.mean())
    np.testing.assert_allclose(tried["loss"], 0, atol=1e-6)
    np.testing.assert_allclose(tried["whole"], (logits.argmax(axis=1) == e.test.y).mean())
    assert 0 < tried["awake"] <= 1


def test_gains_are_paired_and_failed_networks_are_counted_apart():
    tried = {
        "whole": np.array([0.98, 0.96, 0.5, 0.7]),
        "without": np.array([0.96, 0.96, 0.5, 0.7]),
        "longer": np.array([0.97, 0.99, 0.5, 0.96]),
        "revived": np.array([0.99, 1.0, 0.98, 0.98]),
        "dead": np.array([0.5, 0.7, 1.0, 0.2]),
        "awake": np.array([0.9, 0.8, 1.0, 0.5]),
    }
    gains = revival_gains(tried)
    np.testing.assert_allclose([gains.removed.mean, gains.working.mean], [-0.005, 0.015])
    assert (gains.failed, gains.rescued, gains.unaided) == (2, 2, 1)
    rows = revival_table(tried)
    assert [row["of the 2 others, now above"] for row in rows.values()] == [0, 0, 1, 2]
    revived_row = rows["dead units revived, trained on"]
    np.testing.assert_array_equal(revived_row["those above 0.95"], [0.99, 1.0])
    np.testing.assert_allclose(revived_row["share of units dead"], [0.05, 0.14, 0, 0.1])
