import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import SMALL, assert_identical, forward, random_params, stacked

import prune_utils as pu
from prune_utils.models import model_of
from prune_utils.studies.units import (
    dead_over_time,
    dead_units,
    idleness,
    loss_rises,
    never_together,
    perturb_units,
    plant_constants,
    wake_distance,
    weight_gradients,
)

X = np.random.default_rng(0).normal(size=(15, 2)).astype(np.float32)


def network_with_dead_units():
    """Units 1 and 4 of the first and unit 2 of the second layer are dead, but not far from
    waking."""
    params = random_params(np.random.default_rng(6), (2, 6, 4, 2))
    params = jax.tree.map(np.array, jax.device_get(params))
    hidden, _ = forward(params, X)
    for layer, units, inputs in ((0, [1, 4], X), (1, [2], None)):
        inputs = forward(params, X)[0][0] if inputs is None else inputs
        for unit in units:
            pre = inputs @ params[f"Dense_{layer}"]["kernel"][:, unit]
            params[f"Dense_{layer}"]["bias"][unit] = -pre.max() - 0.3
    return params


def acts_of(params):
    return tuple(jnp.asarray(h, jnp.float32) for h in forward(params, X)[0])


def test_dead_units_are_zero_on_every_point():
    dead = dead_units(acts_of(network_with_dead_units()))
    assert [np.flatnonzero(d).tolist() for d in dead] == [[1, 4], [2]]
    assert all(d.dtype == bool for d in dead)
    assert not dead_units((jnp.zeros((9, 1)).at[5, 0].set(1e-30),))[0][0]  # once is enough


def test_dead_over_time_is_dead_units_of_each_snapshot():
    params = network_with_dead_units()
    alive = jax.tree.map(lambda leaf: abs(leaf), params)
    stack = stacked(params, alive, params)
    over_time = dead_over_time(pu.MLP((6, 4, 2)), stack, jnp.asarray(X))
    assert [d.shape for d in over_time] == [(3, 6), (3, 4)]
    model = pu.MLP((6, 4, 2))
    for i, one in enumerate((params, alive, params)):
        assert_identical(
            tuple(d[i] for d in over_time), dead_units(pu.hidden_activations(model, one, X))
        )
    assert over_time[0][0].any() and not over_time[0][1].any()


def test_wake_distance_is_zero_exactly_for_units_that_are_active_somewhere():
    params = network_with_dead_units()
    for distance, h in zip(
        wake_distance(params, jnp.asarray(X), acts_of(params)), acts_of(params), strict=True
    ):
        np.testing.assert_array_equal(np.asarray(distance) == 0, (np.asarray(h) > 0).any(axis=0))


@pytest.mark.parametrize("layer, unit", [(0, 1), (0, 4), (1, 2)])
def test_a_move_of_slightly_more_than_the_wake_distance_wakes_and_of_slightly_less_never_does(
    layer, unit
):
    params = network_with_dead_units()
    distance = float(wake_distance(params, jnp.asarray(X), acts_of(params))[layer][unit])
    assert distance > 0
    inputs = np.asarray(X if layer == 0 else forward(params, X)[0][0], np.float64)
    # the bias is the weight of a constant 1
    inputs = np.concatenate([inputs, np.ones((15, 1))], axis=1)
    weights = params[f"Dense_{layer}"]
    weights = np.append(weights["kernel"][:, unit], weights["bias"][unit]).astype(np.float64)

    def wakes(move):
        return (inputs @ (weights + move) > 0).any()

    # towards each point's plane
    directions = inputs / np.linalg.norm(inputs, axis=1, keepdims=True)
    assert any(wakes(1.001 * distance * direction) for direction in directions)
    random = np.random.default_rng(0).normal(size=(200, inputs.shape[1]))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    for direction in (*directions, *random):
        assert not wakes(0.999 * distance * direction)


def test_wake_distance_runs_under_jit():
    params = network_with_dead_units()
    inside = jax.jit(wake_distance)(params, X, acts_of(params))
    for a, b in zip(inside, wake_distance(params, X, acts_of(params))):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_never_together_finds_the_pairs_that_share_no_point():
    first = jnp.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0], [4.0, 0.0, 0.0]])
    second = jnp.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    (apart,) = never_together((first, second))
    np.testing.assert_array_equal(apart, [[True, False], [True, True], [False, False]])


def test_weights_between_units_that_are_never_together_get_no_gradient():
    model, data = pu.MLP((6, 5, 2)), pu.spirals(jax.random.key(0), 20)
    params = pu.init_params(model, jax.random.key(2), data.x)
    (apart,) = never_together(pu.hidden_activations(model, params, data.x))
    gradient = jax.grad(lambda p: pu.loss(model, p, data))(params)["Dense_1"]["kernel"]
    assert apart.any() and not apart.all()
    np.testing.assert_array_equal(np.asarray(gradient)[np.asarray(apart)], 0)


def test_weight_gradients_are_the_largest_of_each_unit_and_zero_for_dead_ones():
    model, params = pu.MLP((6, 4, 2)), network_with_dead_units()
    data = pu.Dataset(jnp.asarray(X), jnp.arange(len(X), dtype=jnp.int32) % 2)
    gradient = jax.grad(lambda p: pu.loss(model, p, data))(params)
    first, second = weight_gradients(model, params, data)
    kernels = [np.abs(gradient[f"Dense_{i}"]["kernel"]) for i in range(3)]
    np.testing.assert_allclose(
        first, np.maximum(kernels[0].max(axis=0), kernels[1].max(axis=1)), rtol=1e-6
    )
    np.testing.assert_allclose(
        second, np.maximum(kernels[1].max(axis=0), kernels[2].max(axis=1)), rtol=1e-6
    )
    assert first[1] == first[4] == second[2] == 0


def test_planted_units_are_constant_and_the_others_untouched():
    params, units = network_with_dead_units(), (jnp.array([0, 3]), jnp.array([2]))
    planted = plant_constants(jax.random.key(0), params, units)
    acts = acts_of(planted)
    for h, chosen in zip(acts, units):
        assert np.ptp(np.asarray(h)[:, chosen], axis=0).max() == 0
        assert (np.asarray(h)[0, chosen] > 0).all()
    kept = pu.dropped(units, (6, 4))
    assert_identical(pu.slice_units(planted, kept), pu.slice_units(params, kept))


def test_perturbed_units_move_by_the_size_asked_for_and_the_others_do_not():
    params, units = network_with_dead_units(), (jnp.array([0, 3]), jnp.array([2]))
    moved = perturb_units(jax.random.key(0), params, units, 0.1)
    for name, chosen in zip(("Dense_0", "Dense_1"), units):
        stack = [np.vstack([p[name]["kernel"], p[name]["bias"]]) for p in (params, moved)]
        share = np.linalg.norm(stack[1] - stack[0], axis=0) / np.linalg.norm(stack[0], axis=0)
        expected = np.zeros(len(share))
        expected[np.asarray(chosen)] = 0.1
        np.testing.assert_allclose(share, expected, rtol=1e-3)
    assert_identical(moved["Dense_2"], params["Dense_2"])


@pytest.mark.parametrize("change", [plant_constants, lambda k, p, u: perturb_units(k, p, u, 0.1)])
def test_units_that_do_not_exist_are_refused(change):
    params, one = network_with_dead_units(), jnp.array([0])
    for units in ((one,), (one, one, one), (jnp.array([6]), one)):
        with pytest.raises(ValueError, match="units"):
            change(jax.random.key(0), params, units)


def test_idleness_of_a_dead_and_a_living_unit():
    # Unit 0 is active; unit 1 has the pre-activation -5 at x = 0, its own weights the length 13.
    params = {
        "Dense_0": {"kernel": jnp.array([[1.0, 12.0], [0.0, 0.0]]), "bias": jnp.array([1.0, -5.0])},
        "Dense_1": {"kernel": jnp.array([[1.0, -1.0], [1.0, 1.0]]), "bias": jnp.zeros(2)},
    }
    data = pu.Dataset(jnp.zeros((1, 2)), jnp.zeros(1, jnp.int32))
    acts = pu.hidden_activations(model_of(params), params, data.x)
    idle = idleness(model_of(params), params, data, acts, (jnp.array([1, 0]),))
    np.testing.assert_array_equal(idle["dead"], [True, False])
    np.testing.assert_allclose(idle["distance"], [5 / 13, 0])
    assert idle["gradient"][0] == 0 and idle["gradient"][1] > 0


def test_loss_rises_are_those_of_perturbed_units(e):
    key, units = jax.random.key(7), (jnp.array([0, 2]), jnp.array([1]))
    rises = loss_rises(key, e.full.params, e.data, units, (0.5, 2.0))
    base = pu.loss(SMALL.model, e.full.params, e.data)
    for size, rise in zip((0.5, 2.0), rises, strict=True):
        moved = perturb_units(key, e.full.params, units, size)
        np.testing.assert_allclose(
            rise, pu.loss(SMALL.model, moved, e.data) - base, rtol=1e-4, atol=1e-6
        )
