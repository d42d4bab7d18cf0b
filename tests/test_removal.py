"""What units carry alone and together, against pruning itself and against plain NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import forward, networks
from hypothesis import given

import prune_utils as pu
from prune_utils.models import model_of
from prune_utils.studies.removal import carried_together, removal_rises, unit_census


def labelled(network):
    y = np.arange(len(network.x)) % 2
    return pu.Dataset(jnp.asarray(network.x), jnp.asarray(y, jnp.int32))


@given(networks(cases=(((6, 4), (3, 1)),)))
def test_removing_one_unit_is_pruning_it(network):
    model, data = model_of(network.params), labelled(network)
    rises = removal_rises(model, network.params, network.acts, data)
    before = pu.loss(model, network.params, data)
    for layer, unit in ((0, 2), (1, 3)):
        keep = [np.arange(6), np.arange(4)]
        keep[layer] = np.delete(keep[layer], unit)
        small = pu.prune(network.params, tuple(keep), network.acts, "mean")
        expected = pu.loss(model_of(small), small, data) - before
        np.testing.assert_allclose(rises[layer][unit], expected, atol=1e-3)


@given(networks(cases=(((6, 4), (3, 1)),)))
def test_what_is_carried_together(network):
    data, dropped = labelled(network), network.dropped
    for layer in (0, 1):
        found = carried_together(
            jax.random.key(0),
            network.params,
            network.acts,
            jnp.asarray(dropped[layer]),
            data,
            layer,
        )
        h, kernel = (
            network.h[layer],
            np.asarray(network.params[f"Dense_{layer + 1}"]["kernel"], float),
        )
        centred = h - h.mean(axis=0)
        sizes = (centred**2).sum(axis=0) * (kernel**2).sum(axis=1)
        mine = sizes[dropped[layer]].sum()
        delta = centred[:, dropped[layer]] @ kernel[dropped[layer]]
        if mine > 1e-6:
            np.testing.assert_allclose(found["share"], mine / sizes.sum(), rtol=1e-3)
            np.testing.assert_allclose(found["coherence"], (delta**2).sum() / mine, rtol=1e-3)
            values = np.linalg.svd(delta, compute_uv=False) ** 2
            np.testing.assert_allclose(found["first"], values[0] / values.sum(), rtol=1e-3)

        def folded(index, h):
            if index != layer:
                return h
            h = h.copy()
            h[:, dropped[layer]] = network.h[layer][:, dropped[layer]].mean(axis=0)
            return h

        right = (
            forward(network.params, network.x, folded)[1].argmax(axis=1) == np.asarray(data.y)
        ).mean()
        np.testing.assert_allclose(found["pruned"], right, atol=0.1)  # a tie may fall either way
        signs = np.asarray(
            jax.random.rademacher(jax.random.key(0), dropped[layer].shape, jnp.float32), float
        )
        taken = (centred[:, dropped[layer]] * signs) @ kernel[dropped[layer]]
        bias = np.asarray(network.params[f"Dense_{layer + 1}"]["bias"], float)
        x = h @ kernel + bias - taken
        if layer == 0:
            x = np.maximum(x, 0) @ np.asarray(network.params["Dense_2"]["kernel"], float)
            x += np.asarray(network.params["Dense_2"]["bias"], float)
        np.testing.assert_allclose(
            found["signs"], (x.argmax(axis=1) == np.asarray(data.y)).mean(), atol=0.1
        )


def test_units_that_say_the_same_are_restored_by_one_direction():
    x = jnp.linspace(-1, 1, 20)[:, None]
    data = pu.Dataset(x, (x[:, 0] > 0.5).astype(jnp.int32))
    params = {
        "Dense_0": {"kernel": jnp.ones((1, 4)), "bias": jnp.ones(4)},
        "Dense_1": {
            "kernel": jnp.tile(jnp.array([[-1.0, 1.0]]), (4, 1)),
            "bias": jnp.array([12.0, 0.0]),
        },
    }
    acts = pu.hidden_activations(model_of(params), params, x)
    found = carried_together(jax.random.key(0), params, acts, jnp.arange(4), data)
    np.testing.assert_allclose(found["coherence"], 4, rtol=1e-5)
    np.testing.assert_allclose(found["first"], 1, rtol=1e-5)
    assert found["restored"] == pu.accuracy(model_of(params), params, data) == 1
    assert found["pruned"] == 0.75
    assert found["restored_size"] == found["whole"] == 1
    with pytest.raises(ValueError, match="data"):
        carried_together(
            jax.random.key(0), params, acts, jnp.arange(4), pu.Dataset(x[:1], data.y[:1])
        )
    with pytest.raises(ValueError, match="layer"):
        carried_together(jax.random.key(0), params, acts, jnp.arange(4), data, layer=1)


@given(networks(cases=(((6, 4), (3, 1)),)))
def test_the_census_counts_every_unit(network):
    data = labelled(network)
    census = unit_census(model_of(network.params), network.params, data, data)
    for layer, width in enumerate((6, 4)):
        np.testing.assert_allclose(
            census["std"][layer], network.h[layer].std(axis=0), rtol=1e-3, atol=1e-5
        )
        np.testing.assert_array_equal(census["rise"][layer], census["rise_test"][layer])
        assert all(values[layer].shape == (width,) for values in census.values())
