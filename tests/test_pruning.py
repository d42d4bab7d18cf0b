import functools
from copy import deepcopy

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest import (
    Network,
    assert_close,
    assert_identical,
    differs,
    forward,
    networks,
    random_params,
    stacked,
    take,
)
from hypothesis import given

import prune_utils as pu
from prune_utils.chain import chain, hidden_widths

COMPENSATED = ("mean", "least_squares")

# One program for each shape. What only plain calls do (checks of values, NumPy in, nothing
# mutated) has its own tests.
prune = jax.jit(pu.prune, static_argnames=("compensation", "ridge"))
slice_units = jax.jit(pu.slice_units)


def everything(params):
    return tuple(np.arange(width) for width in hidden_widths(params))


def only(network, layer):
    """The keep set that prunes this one layer."""
    return tuple(
        k if i == layer else a
        for i, (k, a) in enumerate(zip(network.keep, everything(network.params)))
    )


def outputs(params, x):
    return forward(params, x)[1]


def edit(params, layer, units, *, kernel=None, bias=None):
    """A copy in which these units of a layer have other incoming weights."""
    layers = {name: dict(entry) for name, entry in params.items()}
    entry = layers[f"Dense_{layer}"]
    if kernel is not None:
        entry["kernel"] = np.array(entry["kernel"])
        entry["kernel"][:, units] = kernel
    if bias is not None:
        entry["bias"] = np.array(entry["bias"])
        entry["bias"][units] = bias
    return layers


def reference_prune(network, compensation, ridge=1e-6):
    """The docstring of `prune`, in NumPy and float64, by normal equations."""
    h, keep = network.h, network.keep
    params = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), network.params)
    columns = [*keep, slice(None)]
    first = params["Dense_0"]
    result = {"Dense_0": {"kernel": first["kernel"][:, keep[0]], "bias": first["bias"][keep[0]]}}
    seen = np.asarray(network.x, np.float64)
    for i, kept in enumerate(keep):
        small, following = result[f"Dense_{i}"], params[f"Dense_{i + 1}"]
        seen = (
            np.maximum(seen @ small["kernel"] + small["bias"], 0)
            if compensation != "mean"
            else h[i][:, kept]
        )
        replaced = np.zeros_like(h[i])
        replaced[:, kept] = seen
        kernel, bias = following["kernel"][kept], following["bias"]
        if compensation != "none":
            bias = bias + (h[i] - replaced).mean(axis=0) @ following["kernel"]
        if compensation == "least_squares":
            x, y = seen - seen.mean(axis=0), (h[i] - replaced) - (h[i] - replaced).mean(axis=0)
            penalty = ridge * max(np.square(x).sum() / len(kept), 1e-30)
            mix = np.linalg.solve(x.T @ x + penalty * np.eye(len(kept)), x.T @ y)
            kernel = kernel + mix @ following["kernel"]
            bias = bias - seen.mean(axis=0) @ mix @ following["kernel"]
        result[f"Dense_{i + 1}"] = {
            "kernel": kernel[:, columns[i + 1]],
            "bias": bias[columns[i + 1]],
        }
    return result


# What pruning computes


@given(networks())
def test_none_is_the_full_network_with_the_dropped_activations_masked_out(network):
    def mask(layer, h):
        return h * np.isin(np.arange(h.shape[1]), network.keep[layer])

    small = prune(network.params, network.keep, network.acts, "none")
    assert_close(outputs(small, network.x), forward(network.params, network.x, mask)[1])


@given(networks())
def test_mean_is_the_full_network_with_the_dropped_activations_at_their_means(network):
    def hold(layer, h):
        return np.where(
            np.isin(np.arange(h.shape[1]), network.keep[layer]), h, network.h[layer].mean(axis=0)
        )

    small = prune(network.params, network.keep, network.acts, "mean")
    elsewhere = network.x[::-1] * 1.5 + 0.3
    for x in (network.x, elsewhere):
        assert_close(outputs(small, x), forward(network.params, x, hold)[1])


@pytest.mark.parametrize("ridge", [1e-6, 0.3])
@given(network=networks())
def test_least_squares_is_ridge_regression_on_what_the_kept_units_do_in_the_pruned_network(
    network, ridge
):
    small = prune(network.params, network.keep, network.acts, "least_squares", ridge=ridge)
    assert_close(
        outputs(small, network.x),
        outputs(reference_prune(network, "least_squares", ridge), network.x),
        1e-3,
    )


@given(networks())
def test_constant_units_go_without_a_trace_under_mean(network):
    params = network.params
    for layer, units in enumerate(network.dropped):
        params = edit(params, layer, units, kernel=0.0)  # some of them above zero, some dead
    hidden, expected = forward(params, network.x)
    small = prune(
        params, network.keep, Network(params, network.x, network.keep, hidden).acts, "mean"
    )
    assert_close(outputs(small, network.x), expected)
    assert_close(outputs(small, 3 * network.x - 1), outputs(params, 3 * network.x - 1))


@given(networks())
def test_least_squares_is_exact_for_units_that_are_affine_in_the_kept_ones(network):
    # Each dropped unit becomes a kept one times a positive factor: ReLU passes such factors on.
    params, rng = network.params, np.random.default_rng(0)
    for layer, (units, kept) in enumerate(zip(network.dropped, network.keep)):
        source = rng.choice(kept, len(units))
        factor = rng.uniform(0.5, 2, len(units))
        entry = jax.device_get(params[f"Dense_{layer}"])
        scaled = dict(
            kernel=entry["kernel"][:, source] * factor, bias=entry["bias"][source] * factor
        )
        params = edit(params, layer, units, **scaled)
    hidden, expected = forward(params, network.x)
    small = prune(
        params, network.keep, Network(params, network.x, network.keep, hidden).acts, "least_squares"
    )
    assert_close(outputs(small, network.x), expected, 3e-3)


def test_least_squares_recovers_a_mixture_of_many_kept_units_where_mean_cannot():
    # Positive biases keep every ReLU open, so six units of two inputs are affine in any two of
    # them.
    rng = np.random.default_rng(3)
    params = edit(random_params(rng, (2, 6, 3)), 0, jnp.arange(6), bias=9.0)
    x = rng.uniform(-1, 1, (12, 2)).astype(np.float32)
    hidden, expected = forward(params, x)
    acts, keep = (jnp.asarray(hidden[0], jnp.float32),), (jnp.array([4, 0]),)
    assert_close(outputs(prune(params, keep, acts, "least_squares"), x), expected, 1e-4)
    with pytest.raises(AssertionError):
        assert_close(outputs(prune(params, keep, acts, "mean"), x), expected, 1e-2)


@given(networks())
def test_each_compensation_is_at_least_as_good_as_the_weaker_one_before_the_next_layer(network):
    for layer in range(len(network.h)) if len(network.h) < 3 else [1]:
        following = network.params[f"Dense_{layer + 1}"]
        wanted = network.h[layer] @ np.asarray(following["kernel"], np.float64)
        error = {}
        for compensation in pu.COMPENSATIONS:
            small = prune(network.params, only(network, layer), network.acts, compensation)
            entry = small[f"Dense_{layer + 1}"]
            got = forward(small, network.x)[0][layer] @ np.asarray(entry["kernel"], np.float64)
            shift = np.asarray(entry["bias"], np.float64) - np.asarray(
                following["bias"], np.float64
            )
            error[compensation] = np.square(got + shift - wanted).mean()
        slack = 1e-8 * (1 + np.square(wanted).mean())
        assert error["least_squares"] <= error["mean"] * (1 + 1e-5) + slack
        assert error["mean"] <= error["none"] * (1 + 1e-5) + slack


def hadamard_network():
    """Four activations whose deviations from their means are exactly uncorrelated on eight
    points.
    """
    pattern = np.array([[1]])
    for _ in range(3):
        pattern = np.block([[pattern, pattern], [pattern, -pattern]])
    h = np.asarray(pattern[:, 1:5] + 1.0)
    return random_params(np.random.default_rng(0), (4, 4, 3)), (jnp.asarray(h, jnp.float32),)


def test_least_squares_is_mean_where_the_kept_units_are_uncorrelated_with_the_dropped():
    params, acts = hadamard_network()
    keep = (jnp.array([1, 3]),)
    assert_close(prune(params, keep, acts, "least_squares"), prune(params, keep, acts, "mean"))


@pytest.mark.parametrize("constant", [0.0, 1.0, 0.1, 7.7])
def test_least_squares_is_mean_where_the_kept_units_are_constant(constant):
    # 0.1 and 7.7: subtracting their rounded mean from equal numbers leaves a tiny constant, not
    # zero, and a relative ridge does not keep a regression from fitting it.
    params, acts = hadamard_network()
    n = 37
    h = np.random.default_rng(1).uniform(size=(n, 4)).astype(np.float32)
    h[:, [1, 3]] = constant
    keep = (jnp.array([1, 3]),)
    results = [prune(params, keep, (jnp.asarray(h),), name) for name in COMPENSATED]
    assert_close(*results, 1e-4)


# What pruning leaves as it was


@pytest.mark.parametrize("compensation", pu.COMPENSATIONS)
@given(network=networks())
def test_keeping_everything_changes_nothing(network, compensation):
    same = prune(network.params, everything(network.params), network.acts, compensation)
    if compensation == "least_squares":  # recomputes the activations: equal up to rounding
        assert_close(outputs(same, network.x), outputs(network.params, network.x), 1e-4)
    else:
        assert_identical(same, network.params)


@pytest.mark.parametrize("compensation", pu.COMPENSATIONS)
@given(network=networks())
def test_keeping_everything_in_another_order_changes_no_output(network, compensation):
    backwards = tuple(order[::-1] for order in everything(network.params))
    same = prune(network.params, backwards, network.acts, compensation)
    assert_close(outputs(same, network.x), outputs(network.params, network.x), 1e-4)


@pytest.mark.parametrize("compensation", pu.COMPENSATIONS)
def test_nothing_that_was_passed_in_is_changed(compensation):
    rng = np.random.default_rng(0)
    params = random_params(rng, (2, 6, 4, 2))
    x = rng.normal(size=(12, 2)).astype(np.float32)
    acts = tuple(jnp.asarray(h, jnp.float32) for h in forward(params, x)[0])
    keep = (jnp.array([3, 0, 5]), jnp.array([2]))
    arguments = (params, keep, acts)
    before = deepcopy(jax.device_get(arguments))
    small = pu.prune(*arguments, compensation)
    assert_identical(jax.device_get(arguments), before)
    assert small["Dense_2"] is not params["Dense_2"]


def test_mean_is_the_default():
    params, acts = hadamard_network()
    keep = (jnp.array([1, 3]),)
    assert_identical(pu.prune(params, keep, acts), pu.prune(params, keep, acts, "mean"))


# One step and two


@given(networks())
def test_slicing_twice_is_slicing_once(network):
    later = tuple(np.arange(k.size)[::2] for k in network.keep)
    twice = slice_units(slice_units(network.params, network.keep), later)
    assert_identical(
        twice, slice_units(network.params, tuple(k[i] for k, i in zip(network.keep, later)))
    )


@given(networks())
def test_mean_layer_after_layer_equals_mean_at_once(network):
    params, acts = network.params, network.acts
    for layer, kept in enumerate(network.keep):
        step = tuple(kept if i == layer else np.arange(h.shape[1]) for i, h in enumerate(acts))
        params = prune(params, step, acts, "mean")
        acts = tuple(np.asarray(h)[:, k] for h, k in zip(acts, step))
    assert_close(params, prune(network.params, network.keep, network.acts, "mean"))


@given(networks())
def test_mean_in_two_rounds_equals_mean_at_once(network):
    later = tuple(np.arange(k.size)[::2] for k in network.keep)
    between = tuple(np.asarray(h)[:, k] for h, k in zip(network.acts, network.keep))
    twice = prune(prune(network.params, network.keep, network.acts), later, between)
    once = prune(network.params, tuple(k[i] for k, i in zip(network.keep, later)), network.acts)
    assert_close(twice, once)


# Under transformations


@pytest.mark.parametrize("compensation", pu.COMPENSATIONS)
def test_jit_and_vmap_with_traced_indices_agree_with_plain_calls(compensation):
    rng = np.random.default_rng(1)
    params = random_params(rng, (2, 6, 4, 2))
    x = rng.normal(size=(12, 2)).astype(np.float32)
    acts = tuple(jnp.asarray(h, jnp.float32) for h in forward(params, x)[0])
    keeps = (np.array([[3, 0, 5], [1, 2, 0], [4, 3, 5]]), np.array([[1], [0], [3]]))
    one = functools.partial(pu.prune, compensation=compensation)
    together = jax.vmap(one, in_axes=(None, 0, None))(params, keeps, acts)
    for i in range(3):
        keep = tuple(k[i] for k in keeps)
        plain = outputs(one(params, keep, acts), x)
        tolerance = 1e-3 if compensation == "least_squares" else 1e-5
        assert_close(outputs(prune(params, keep, acts, compensation), x), plain, tolerance)
        assert_close(outputs(take(together, i), x), plain, tolerance)


def test_prune_runs_under_jit_on_constants_of_the_enclosing_function():
    # Within `jax.jit` JAX traces operations on concrete arrays, too: checks of values must not use
    # it.
    params, acts = hadamard_network()
    keep = (jnp.array([1, 3]),)
    inside = jax.jit(lambda: pu.prune(params, keep, acts))()
    assert_close(inside, pu.prune(params, keep, acts))


def test_numpy_arrays_are_as_good_as_jax_arrays():
    # `run_ensemble` returns NumPy arrays.
    params, acts = hadamard_network()
    keep = (jnp.array([1, 3]),)
    for compensation in pu.COMPENSATIONS:
        plain = pu.prune(*jax.device_get((params, keep, acts)), compensation)
        assert_close(plain, pu.prune(params, keep, acts, compensation))


def test_an_index_out_of_range_yields_nan_under_jit():
    params, _ = hadamard_network()
    small = slice_units(params, (jnp.array([0, 4]),))
    assert np.isnan(small["Dense_0"]["bias"][1]) and np.isfinite(small["Dense_0"]["bias"][0])


# Least squares where regressions break


def broken(kind):
    """(params, x, keep) with units that make the design matrix singular."""
    rng = np.random.default_rng(5)
    params = random_params(rng, (2, 6, 4, 2))
    keep = (np.array([0, 2, 5]), np.array([3]))
    if kind == "all kept units dead":
        for layer, kept in enumerate(keep):
            params = edit(params, layer, kept, bias=-1e4)
    if kind == "one kept unit dead":
        params = edit(params, 0, keep[0][:1], bias=-1e4)
    if kind == "kept units twins":
        first = params["Dense_0"]
        params = edit(params, 0, 2, kernel=first["kernel"][:, 0], bias=first["bias"][0])
    if kind == "everything dead":
        for layer, width in enumerate(hidden_widths(params)):
            params = edit(params, layer, np.arange(width), bias=-1e4)
    points = {"fewer points than kept units": 2, "one point": 1}.get(kind, 12)
    return params, rng.normal(size=(points, 2)).astype(np.float32), keep


BROKEN = (
    "all kept units dead",
    "one kept unit dead",
    "kept units twins",
    "everything dead",
    "fewer points than kept units",
    "one point",
)


@pytest.mark.parametrize("kind", BROKEN)
def test_least_squares_survives(kind):
    params, x, keep = broken(kind)
    hidden, wanted = forward(params, x)
    acts = tuple(jnp.asarray(h, jnp.float32) for h in hidden)
    first = (keep[0], np.arange(4))
    for small in (
        prune(params, keep, acts, "least_squares"),
        prune(params, first, acts, "least_squares"),
    ):
        assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(small))
    errors = {}
    for name in COMPENSATED:
        small = prune(params, first, acts, name)
        before = forward(small, x, lambda layer, h: h)[0][0] @ np.asarray(
            small["Dense_1"]["kernel"], np.float64
        )
        target = hidden[0] @ np.asarray(params["Dense_1"]["kernel"], np.float64)
        shift = np.asarray(small["Dense_1"]["bias"] - params["Dense_1"]["bias"], np.float64)
        errors[name] = np.square(before + shift - target).mean()
    assert errors["least_squares"] <= errors["mean"] * (1 + 1e-5) + 1e-8


@pytest.mark.parametrize("ridge", [1e-6, 1.0, 100.0])
def test_least_squares_is_mean_where_all_kept_units_are_dead(ridge):
    # A large ridge: its smallest allowed product with the variance must not be flushed to zero.
    params, x, keep = broken("all kept units dead")
    acts = tuple(jnp.asarray(h, jnp.float32) for h in forward(params, x)[0])
    assert_close(
        prune(params, keep, acts, "least_squares", ridge=ridge), prune(params, keep, acts, "mean")
    )


def test_a_twin_among_the_kept_units_changes_no_output():
    params, x, keep = broken("kept units twins")
    acts = tuple(jnp.asarray(h, jnp.float32) for h in forward(params, x)[0])
    with_twin = prune(params, (np.array([0, 2, 5]), np.arange(4)), acts, "least_squares")
    without = prune(params, (np.array([0, 5]), np.arange(4)), acts, "least_squares")
    assert_close(forward(with_twin, x)[1], forward(without, x)[1], 1e-3)


def test_least_squares_does_not_depend_on_the_unit_of_measurement():
    params, x, keep = broken("nothing")
    hidden, _ = forward(params, x)
    first = (keep[0], np.arange(4))
    kernels = []
    for scale in (1.0, 1e3):
        scaled = edit(
            params,
            0,
            jnp.arange(6),
            kernel=params["Dense_0"]["kernel"] * scale,
            bias=params["Dense_0"]["bias"] * scale,
        )
        acts = (
            jnp.asarray(hidden[0] * scale, jnp.float32),
            *(jnp.asarray(h, jnp.float32) for h in hidden[1:]),
        )
        kernels.append(prune(scaled, first, acts, "least_squares")["Dense_1"]["kernel"])
    assert_close(kernels[1], kernels[0], 1e-3)


# Slicing


@given(networks())
def test_slicing_is_numpy_indexing(network):
    small = slice_units(network.params, network.keep)
    rows, columns = [slice(None), *network.keep], [*network.keep, slice(None)]
    for i, (row, column) in enumerate(zip(rows, columns)):
        layer = jax.device_get(network.params[f"Dense_{i}"])
        assert_identical(small[f"Dense_{i}"]["kernel"], layer["kernel"][row][:, column])
        assert_identical(small[f"Dense_{i}"]["bias"], layer["bias"][column])


def test_slicing_follows_the_numbers_of_the_layers_not_the_order_of_the_dict():
    params = random_params(np.random.default_rng(0), (2, 3, 4, 2))
    keep = (jnp.array([1]), jnp.array([0, 3]))
    backwards = {name: params[name] for name in reversed(params)}
    assert_identical(slice_units(backwards, keep), slice_units(params, keep))
    assert chain(slice_units(params, keep)) == ["Dense_0", "Dense_1", "Dense_2"]


def test_slicing_takes_stacks_with_any_leading_axes():
    params = random_params(np.random.default_rng(0), (2, 4, 3, 2))
    keep = (jnp.array([1, 3]), jnp.array([0]))
    small = slice_units(params, keep)

    def stack(params):
        return stacked(
            *[
                stacked(
                    *(jax.tree.map(lambda leaf: s * np.asarray(leaf), params) for s in (1, 2, -1))
                )
            ]
            * 2
        )

    assert_identical(jax.device_get(slice_units(stack(params), keep)), stack(small))


def test_slicing_finds_every_params_shaped_part_of_a_pytree():
    params = random_params(np.random.default_rng(0), (2, 4, 2))
    keep = (jnp.array([3, 1]),)
    small = slice_units(params, keep)
    tree = {"params": params, "pair": (jnp.int32(7), [jax.tree.map(jnp.negative, params), None])}
    expected = {"params": small, "pair": (jnp.int32(7), [jax.tree.map(jnp.negative, small), None])}
    assert_identical(slice_units(tree, keep), expected)


@pytest.mark.parametrize(
    "optimizer",
    [
        optax.adam(0.1),
        optax.sgd(0.1, momentum=0.9),
        optax.adamw(0.1),
        optax.chain(optax.clip(1.0), optax.rmsprop(0.1)),
    ],
    ids=["adam", "momentum", "adamw", "chain"],
)
def test_slicing_an_optimizer_state_slices_its_moments_and_keeps_its_counts(optimizer):
    params = random_params(np.random.default_rng(0), (2, 4, 2))
    keep = (jnp.array([3, 1]),)
    with jax.numpy_dtype_promotion("standard"):
        _, state = optimizer.update(jax.tree.map(jnp.sin, params), optimizer.init(params), params)
        _, expected = optimizer.update(
            jax.tree.map(jnp.sin, slice_units(params, keep)),
            optimizer.init(slice_units(params, keep)),
            slice_units(params, keep),
        )
    assert_identical(slice_units(state, keep), expected)


def test_slicing_takes_optimizer_states_that_hold_empty_dicts():
    params = random_params(np.random.default_rng(0), (2, 4, 2))
    keep = (jnp.array([3, 1]),)
    optimizer = optax.inject_hyperparams(optax.adam)(learning_rate=0.1)
    sliced = slice_units(optimizer.init(params), keep)
    assert_identical(sliced, optimizer.init(slice_units(params, keep)))


def test_slicing_takes_optimizer_states_without_moments():
    keep = (jnp.array([3, 1]),)
    params = random_params(np.random.default_rng(0), (2, 4, 2))
    assert_identical(slice_units(optax.sgd(0.1).init(params), keep), optax.sgd(0.1).init(params))


# Training on


def spirals_and_network():
    data = pu.spirals(jax.random.key(0), 10)
    params = random_params(np.random.default_rng(2), (2, 6, 4, 2))
    return pu.MLP((6, 4, 2)), params, data, (jnp.array([0, 2, 5]), jnp.array([3, 1]))


CONFIG = pu.TrainConfig(learning_rate=0.01, steps=12)


def test_training_on_with_a_sliced_state_equals_training_on_the_masked_full_network():
    model, params, data, keep = spirals_and_network()
    run = pu.train(model, params, data, CONFIG)
    small = pu.train(
        pu.MLP((3, 2, 2)),
        slice_units(run.params, keep),
        data,
        CONFIG,
        slice_units(run.opt_state, keep),
    )
    masks = [np.isin(np.arange(width), k).astype(np.float32) for width, k in zip((6, 4), keep)]
    columns, rows = [*masks, np.ones(2, np.float32)], [np.ones(2, np.float32), *masks]
    mask = {
        f"Dense_{i}": {"kernel": row[:, None] * column[None, :], "bias": column}
        for i, (row, column) in enumerate(zip(rows, columns))
    }

    @jax.jit
    def step(params, state):
        gradient = jax.grad(lambda p: pu.loss(model, jax.tree.map(jnp.multiply, p, mask), data))(
            params
        )
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optax.adam(0.01).update(gradient, state)
        return optax.apply_updates(params, updates), state

    full, state = run.params, run.opt_state
    for _ in range(12):
        full, state = step(full, state)
    assert_close(small.params, slice_units(full, keep), 1e-4)
    assert_close(small.opt_state, slice_units(state, keep), 1e-4)


def test_training_on_with_a_sliced_state_differs_from_a_fresh_start():
    model, params, data, keep = spirals_and_network()
    run = pu.train(model, params, data, CONFIG)
    start = slice_units(run.params, keep)
    warm = pu.train(pu.MLP((3, 2, 2)), start, data, CONFIG, slice_units(run.opt_state, keep))
    fresh = pu.train(pu.MLP((3, 2, 2)), start, data, CONFIG)
    assert differs(warm.params, fresh.params)
    assert int(warm.opt_state[0].count) == 24 and int(fresh.opt_state[0].count) == 12


@pytest.mark.parametrize("compensation", pu.COMPENSATIONS)
def test_dropping_dead_units_changes_nothing_about_the_training_that_follows(compensation):
    model, params, data, keep = spirals_and_network()
    for layer, (width, kept) in enumerate(zip((6, 4), keep)):
        params = edit(params, layer, np.setdiff1d(np.arange(width), kept), bias=-1e3)
    run = pu.train(model, params, data, CONFIG)
    acts = pu.hidden_activations(model, run.params, data.x)
    small = prune(run.params, keep, acts, compensation)
    shorter = pu.train(pu.MLP((3, 2, 2)), small, data, CONFIG, pu.slice_units(run.opt_state, keep))
    longer = pu.train(model, run.params, data, CONFIG, run.opt_state)
    assert_close(shorter.params, pu.slice_units(longer.params, keep), 1e-4)
    assert_close(shorter.loss, longer.loss, 1e-4)
