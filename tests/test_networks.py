"""Units found in every network of the zoo, and taken out without a trace."""

from functools import cache

import jax
import jax.numpy as jnp
import networks_inside  # noqa: F401  (enters its networks into the zoo)
import numpy as np
import pytest
from conftest import assert_close, assert_identical
from flax import linen as nn
from masking import assert_slicing_is_masking, compiled, halves
from networks import ZOO, compact, normal, randomised
from planting import with_constants, with_duplicates

import prune_utils as pu
from prune_utils.models import CNN

PADDED = {  # constants are read wrongly at borders
    "depthwise_separable", "dense_net", "group_norm", "grouped_convolution",
    "residual_cnn_with_batch_norm", "u_net",
}  # fmt: skip
GATED = {"mixture_of_branches", "squeeze_and_excitation"}  # a constant times what varies does, too
# A kernel used twice or computed gets the constant only.
SHARED = {"low_rank_and_normalised_weights", "tied_embedding", "unrolled_recurrence"}


@cache
def traced(name):
    apply, params, x = ZOO[name].build()
    return pu.trace(apply, params, x), apply, params, x


def every_network(*but):
    return pytest.mark.parametrize("name", [name for name in ZOO if name not in set().union(*but)])


@every_network()
def test_units_are_found_and_what_stays_whole_says_why(name):
    net, *_ = traced(name)
    assert dict(zip(net.names, net.widths, strict=True)) == ZOO[name].widths
    for axis, reason in ZOO[name].frozen.items():
        assert reason in net.frozen[axis]


@every_network()
@pytest.mark.parametrize("kinks", [False, True], ids=["", "kinks"])
def test_slicing_is_masking(name, kinks):
    net, apply, params, x = traced(name)
    params = randomised(params, 1, kinks)
    if kinks:  # every pre-activation of the first input is exactly 0
        x = jax.tree.map(lambda leaf: leaf.at[0].set(0), x)
    assert_slicing_is_masking(net, apply, params, x, halves(net, seed=kinks))


@every_network()
def test_keeping_everything_is_the_identity(name):
    net, apply, params, x = traced(name)
    keep = tuple(np.arange(width, dtype=np.int32) for width in net.widths)
    assert_identical(net.prune(params, keep, compensation="none"), params)
    expected, run = compiled(apply)(params, x), compiled(net.apply)
    assert_close(run(params, x), expected)
    for compensation in ("mean", "least_squares"):
        assert_close(run(net.prune(params, keep, x, compensation), x), expected, 1e-4)


@every_network()
def test_two_prunings_in_a_row_are_one(name):
    net, _, params, _ = traced(name)
    first = halves(net, seed=2, share=0.8)
    second = tuple(np.arange(max(1, len(kept) - 1), dtype=np.int32)[::-1] for kept in first)
    once = tuple(kept[again] for kept, again in zip(first, second, strict=True))
    twice = net.prune(net.prune(params, first, compensation="none"), second, compensation="none")
    assert_identical(twice, net.prune(params, once, compensation="none"))


@every_network(PADDED, GATED)
def test_constant_units_cost_nothing_under_mean(name):
    net, apply, params, x = traced(name)
    keep = halves(net, seed=3)
    params = with_constants(net, randomised(params, 3), keep)
    for compensation in ("mean", "least_squares"):
        small = net.prune(params, keep, x, compensation)
        assert_close(compiled(net.apply)(small, x), compiled(apply)(params, x), 1e-4)


@every_network(SHARED)
def test_duplicate_units_cost_nothing_under_least_squares(name):
    net, apply, params, x = traced(name)
    keep = halves(net, seed=4)
    params = with_duplicates(net, randomised(params, 4), keep)
    small = net.prune(params, keep, x, "least_squares", ridge=1e-9)
    bare = net.prune(params, keep, compensation="none")
    expected, run = compiled(apply)(params, x), compiled(net.apply)
    error, without = (np.abs(run(p, x) - expected).max() for p in (small, bare))
    assert error <= 0.02 * without + 1e-5 * np.abs(expected).max() and without > 0


@pytest.mark.parametrize("kind", ["dense", "valid convolution"])
def test_affine_combinations_cost_nothing_under_least_squares(kind):
    def forward(x):
        for width in (8, 7):  # of what 3 and 4 features span
            x = nn.Dense(width)(x) if kind == "dense" else nn.Conv(width, (1, 1))(x)
        return nn.Dense(2)(x) if kind == "dense" else nn.Conv(2, (2, 2), padding="VALID")(x)

    apply, params, x = compact(forward, normal(1, 9, *((3,) if kind == "dense" else (4, 4, 3))))
    net = pu.trace(apply, params, x)
    small = net.prune(params, halves(net, share=0.6), x, "least_squares", ridge=1e-9)
    assert_close(net.apply(small, x), apply(params, x), 1e-3)


def test_a_constant_beside_zero_padding_costs_no_more_than_its_border():
    def forward(x):
        x = nn.relu(nn.Conv(6, (1, 1))(x))
        return nn.Conv(2, (3, 3), use_bias=False)(x)

    apply, params, x = compact(forward, normal(1, 4, 7, 7, 3))
    own, dropped = params["params"], jnp.arange(2)
    kernel, bias = own["Conv_0"]["kernel"], own["Conv_0"]["bias"]
    own["Conv_0"] = {
        "kernel": kernel.at[..., dropped].set(0.0),
        "bias": bias.at[dropped].set(1.0),
    }
    net, keep = pu.trace(apply, params, x), (np.arange(2, 6, dtype=np.int32),)
    # What the two constants put out, at every place: less at borders.
    field = jax.lax.conv_general_dilated(
        jnp.ones((1, 7, 7, 2)), own["Conv_1"]["kernel"][:, :, :2], (1, 1), "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )  # fmt: skip
    error = {
        compensation: net.apply(net.prune(params, keep, x, compensation), x) - apply(params, x)
        for compensation in ("none", "mean")
    }
    wanted = jnp.broadcast_to(field.mean(axis=(1, 2), keepdims=True) - field, error["mean"].shape)
    assert_close(error["mean"], wanted, 1e-4)  # the best constant, and nothing else
    interior = jnp.square(field[:, 3:4, 3:4] - field).mean()
    assert jnp.square(error["mean"]).mean() <= interior + 1e-6
    assert jnp.square(error["mean"]).mean() < jnp.square(error["none"]).mean()


def test_a_network_is_pruned_for_one_seed_and_then_for_many():
    """One seed runs on one device, many on all; what JAX traces for the one is no use to others."""
    apply, params, x = ZOO["cnn_with_pooling"].build()
    net = pu.trace(apply, params, x)  # one that has not been used

    def pruned(key):
        keep = pu.keep_highest(net.scores("random", params, x, key), (3, 3, 4))
        return net.apply(net.prune(params, keep, x), x)

    keys = jax.random.split(jax.random.key(0), 3)
    alone = pu.run_ensemble(pruned, keys[:1])
    assert_identical(pu.run_ensemble(pruned, keys)[:1], alone)


def test_a_network_traced_on_one_device_serves_on_all_of_them():
    module, x = CNN(), normal(0, 2, 8, 8, 1)  # computes something from its parameters
    params = module.init(jax.random.key(0), x)
    found = []

    def scores(key):
        found.append(pu.trace(module.apply, params, x))
        return found[0].scores("incoming", params)

    keys = jax.random.split(jax.random.key(0), 3)
    alone = pu.run_ensemble(scores, keys[:1])
    for one, many in zip(alone, pu.run_ensemble(scores, keys), strict=True):
        assert_identical(many[:1], one)
    assert_close(
        found[0].scores("incoming", params), jax.tree.map(lambda leaf: leaf[0], alone), 1e-6
    )


def test_a_function_that_needs_the_users_mesh_is_traced_in_it():
    apply, params, x = ZOO["mlp"].build()
    own = jax.sharding.PartitionSpec("data")

    def spread(params, x):
        return apply(params, jax.lax.with_sharding_constraint(x, own))

    with jax.set_mesh(jax.make_mesh((1,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))):
        net = pu.trace(spread, params, x)
        assert net.widths == traced("mlp")[0].widths
        assert_close(jax.jit(net.apply)(params, x), apply(params, x), 1e-6)
