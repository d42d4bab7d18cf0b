"""Networks written to mislead: what looks like a reader and is none, what a rule forgets, what
people do with the results.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest import assert_close, assert_identical
from flax import linen as nn
from masking import halves
from networks import normal
from planting import with_constants

import prune_utils as pu

X = normal(0, 30, 3)


@pytest.fixture(autouse=True)
def as_people_write():
    """With JAX's own defaults of promotion."""
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


def two_layers(**more):
    return {"a": normal(1, 3, 8), "o": normal(2, 8, 2), **more}


def relu_of(params, x):
    return jax.nn.relu(x @ params["a"])


def normalised(params, x):
    h = relu_of(params, x) * params["g"] / (jnp.ones(8) @ params["g"])
    return h @ params["o"]


def centred(params, x):
    kernel = params["o"] - jnp.full((8, 8), 1 / 8) @ params["o"]
    return relu_of(params, x) @ kernel


@pytest.mark.parametrize("apply", [normalised, centred])
def test_a_sum_over_units_written_as_a_product_keeps_them(apply):
    params = two_layers(g=jnp.abs(normal(3, 8)) + 0.1)
    with pytest.raises(ValueError, match="product of a parameter and a constant"):
        pu.trace(apply, params, X)


@jax.custom_vjp
def scaled_back(h):
    return jax.nn.relu(h)


scaled_back.defvjp(
    lambda h: (jax.nn.relu(h), h),
    lambda h, g: (g / (1 + jnp.einsum("nu,nu->n", h, h))[:, None],),
)


@jax.custom_jvp
def pushed(h):
    return jax.nn.relu(h)


pushed.defjvp(lambda p, t: (jax.nn.relu(p[0]), t[0] * (p[0] @ jnp.full((8, 1), 1 / 8))))


@pytest.mark.parametrize("activation", [scaled_back, pushed])
def test_a_sum_over_units_in_a_derivative_keeps_them(activation):
    with pytest.raises(ValueError, match=r"derivative of custom_.* sums over it"):
        pu.trace(lambda p, x: activation(x @ p["a"]) @ p["o"], two_layers(), X)


def deep(params, x):
    return jax.nn.relu(jax.nn.relu(x @ params["a"]) @ params["w"]) @ params["o"]


@pytest.fixture
def bare():
    """A network without biases, pruned: (net, params, keep, small with constants)."""
    params = {"a": normal(1, 3, 8), "w": normal(2, 8, 6), "o": normal(3, 6, 2)}
    net = pu.trace(deep, params, X)
    keep = halves(net)
    return net, params, keep, net.prune(params, keep, X, "mean")


def test_constants_are_there_however_often_a_function_reads(bare):
    net, _, _, small = bare
    both = net.adapt(lambda p, x, y: (deep(p, x), deep(p, y)))(small, X, X[::-1])
    assert_close(both, (net.apply(small, X), net.apply(small, X[::-1])))
    first = net.adapt(lambda p, x: jax.nn.relu(x @ p["a"]))  # does not read where a constant is
    assert first(small, X).shape == (30, small.params["a"].shape[1])


def test_a_function_that_hides_the_reader_of_a_constant_is_refused(bare):
    net, _, _, small = bare
    hidden = net.adapt(lambda p, x: jax.lax.cond(True, deep, deep, p, x))
    with pytest.raises(ValueError, match=r"^function\b"):
        hidden(small, X)


def test_moments_and_stacks_of_constants_are_cut_with_the_rest(bare):
    net, params, keep, small = bare
    again = tuple(np.arange(len(kept) - 1, dtype=np.int32) for kept in keep)
    smaller, state = net.slice(small, again), optax.adam(1e-3).init(small)
    cut = net.slice(state, again)
    assert jax.tree.map(jnp.shape, cut[0].mu) == jax.tree.map(jnp.shape, smaller)
    optax.adam(1e-3).update(smaller, cut, smaller)
    stack = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), small)
    assert_identical(jax.tree.map(lambda leaf: leaf[1], net.slice(stack, again)), smaller)
    moments = net.slice(optax.adam(1e-3).init(params), keep)[0].mu
    zeros = jax.tree.map(jnp.zeros_like, small.constants)
    assert jax.tree.structure(pu.WithConstants(moments, zeros)) == jax.tree.structure(small)
    assert net.cost(small).parameters == sum(leaf.size for leaf in jax.tree.leaves(small))


class Normed(nn.Module):
    @nn.compact
    def __call__(self, x, train=False):
        x = nn.relu(nn.BatchNorm(use_running_average=not train)(nn.Dense(12)(x)))
        x = nn.Dropout(0.5, deterministic=not train)(x)
        return nn.Dense(2)(nn.relu(nn.Dense(6)(x)))


def test_a_collection_of_the_parameters_is_a_part_and_wrong_shapes_are_named():
    variables = Normed().init(jax.random.key(0), X)
    net = pu.trace(Normed().apply, variables, X)
    keep = halves(net)
    small = net.slice(variables, keep)
    state = net.slice(optax.adam(1e-3).init(variables["params"]), keep)
    assert jax.tree.map(jnp.shape, state[0].mu) == jax.tree.map(jnp.shape, small["params"])
    assert_identical(net.slice(variables["batch_stats"], keep), small["batch_stats"])
    wrong = jax.tree.map(lambda leaf: jnp.zeros(leaf.size), variables["params"])
    with pytest.raises(ValueError, match=r"^tree\[Dense_0/kernel\]: expected shape \(3, 12\)"):
        net.slice((variables["params"], wrong), keep)


def test_dropout_runs_at_smaller_widths():
    variables = Normed().init(jax.random.key(0), X)
    net = pu.trace(Normed().apply, variables, X)
    small = net.slice(variables, halves(net))

    def loss(v, x, key):
        out, _ = Normed().apply(v, x, True, mutable=["batch_stats"], rngs={"dropout": key})
        return jnp.square(out).mean()

    gradients = jax.jit(jax.grad(net.adapt(loss)))(small, X, jax.random.key(1))
    assert jax.tree.map(jnp.shape, gradients) == jax.tree.map(jnp.shape, small)


@pytest.mark.parametrize("activation", [jnp.sinc, jax.nn.silu, jax.nn.relu, jax.nn.softplus])
def test_second_derivatives_are_the_functions_own(activation):
    def apply(params, x):
        return activation(x @ params["a"] + params["b"]) @ params["o"]

    params = two_layers(b=jnp.zeros(8))
    x = X.at[0].set(0.0)
    net = pu.trace(apply, params, x)
    keep = halves(net)
    small = net.slice(params, keep)
    masked = params | {"o": jnp.zeros_like(params["o"]).at[keep[0]].set(small["o"])}

    def bent(run, tree):
        def loss(b):
            return jnp.sin(run({**tree, "b": b}, x)).sum()

        return jax.jit(jax.hessian(loss))(tree["b"])

    assert_close(bent(net.apply, params), bent(apply, params), 1e-4)
    assert_close(bent(net.apply, small), bent(apply, masked)[np.ix_(keep[0], keep[0])], 1e-4)


def test_least_squares_is_no_worse_than_means_where_every_place_has_its_own_constant():
    def apply(params, x):
        h = x[:, :, None] * params["e"] + params["places"]
        return h.reshape(len(x), -1) @ params["o"]

    places = jnp.arange(6.0)[:, None] * 4 * jnp.ones((1, 8))
    params = {"e": normal(1, 8), "places": places, "o": normal(2, 48, 2)}
    x = normal(3, 60, 6)
    net = pu.trace(apply, params, x)
    keep, expected = halves(net, share=0.5), apply(params, x)
    error = {
        name: float(jnp.abs(net.apply(net.prune(params, keep, x, name), x) - expected).max())
        for name in pu.COMPENSATIONS
    }
    assert error["least_squares"] < 1e-3 * error["mean"] < error["none"]


def test_units_of_another_layer_beside_those_that_are_read():
    def mixer(params, x):
        h = jnp.einsum("ntd,dc->ntc", x, params["e"])
        u = jax.nn.relu(jnp.einsum("ntc,ts->nsc", h, params["t1"]) + params["b"][None, :, None])
        h = h + jnp.einsum("nsc,st->ntc", u, params["t2"])
        return jax.nn.relu(h).mean(1) @ params["o"]

    params = {"e": normal(1, 3, 8), "t1": normal(2, 5, 7), "t2": normal(3, 7, 5)}
    params |= {"b": normal(4, 7), "o": normal(5, 8, 2)}
    x = normal(6, 20, 5, 3)
    net = pu.trace(mixer, params, x)
    assert sorted(net.widths) == [7, 8]
    for name in pu.COMPENSATIONS:
        small = net.prune(params, halves(net), x, name)
        assert net.apply(small, x).shape == (20, 2)
    copies = params | {"t1": params["t1"][:, [0, 1, 2, 3, 0, 1, 2]]}
    copies |= {"b": params["b"][jnp.array([0, 1, 2, 3, 0, 1, 2])]}
    whole = np.arange(8, dtype=np.int32)
    keep = tuple(whole if width == 8 else whole[:4] for width in net.widths)
    small = net.prune(copies, keep, x, ridge=1e-9)
    assert_close(net.apply(small, x), mixer(copies, x), 1e-3)


def test_integer_kernels_get_the_constant_only():
    kernel = (normal(2, 8, 2) * 20).astype(jnp.int8)
    params = {"a": normal(1, 3, 8), "o": kernel}
    net = pu.trace(lambda p, x: relu_of(p, x) @ p["o"].astype(jnp.float32) * 0.05, params, X)
    whole = net.prune(params, (np.arange(8, dtype=np.int32),), X)
    assert_identical(whole.params, params)
    assert "constant only" in str(net)


def test_a_constant_is_not_moved_past_a_rounding():
    def apply(params, x):
        rounded = (relu_of(params, x) @ params["w"]).astype(jnp.int32).astype(jnp.float32)
        return jax.nn.relu(rounded + params["b"]) @ params["o"]

    params = two_layers(w=normal(3, 8, 8), b=normal(4, 8))
    net = pu.trace(apply, params, X)
    keep = tuple(np.arange(w, dtype=np.int32) for w in net.widths)
    assert isinstance(net.prune(params, keep, X, "mean"), pu.WithConstants)


def test_a_kernel_of_repeated_entries_gets_the_constant_only():
    def apply(params, x):
        return relu_of(params, x) @ jnp.broadcast_to(params["w"][:, None], (8, 4))

    params = {"a": normal(1, 3, 8), "w": normal(2, 8)}
    net = pu.trace(apply, params, X)
    assert net.apply(net.prune(params, halves(net), X), X).shape == (30, 4)


def test_keys_among_inputs_and_parameters():
    def apply(params, x):
        noise = jax.random.normal(x["key"], x["x"].shape)
        return jax.nn.relu((x["x"] + noise) @ params["a"]) @ params["o"]

    params, x = two_layers(key=jax.random.key(3)), {"x": X, "key": jax.random.key(1)}
    net = pu.trace(apply, params, x)
    small = net.prune(params, halves(net), x)
    assert net.apply(small, x).shape == (30, 2)


def test_functions_without_a_hash():
    @dataclass
    class Own:
        scale: jax.Array

        def __call__(self, params, x):
            return self.scale * relu_of(params, x) @ params["o"]

    own = Own(jnp.float32(2.0))
    net = pu.trace(own, two_layers(), X)
    assert_close(net.apply(two_layers(), X), own(two_layers(), X))


def test_an_empty_part_of_a_concatenation():
    def apply(params, x):
        h = relu_of(params, x)
        return jnp.concatenate([h, h[:, :0]], axis=-1) @ params["o"]

    net = pu.trace(apply, two_layers(), X)
    assert net.apply(net.slice(two_layers(), halves(net)), X).shape == (30, 2)


def test_stacked_unstacked_and_tiled_units_can_go():
    def apply(params, x):
        h = relu_of(params, x)
        both = jnp.stack([h, 2 * h], axis=1)  # (n, 2, units)
        first, second = jnp.unstack(both, axis=1)
        tiled = jnp.tile(first[:, None], (1, 3, 1))  # (n, 3, units)
        return (both.sum(1) + tiled.mean(1) + second) @ params["o"]

    params = two_layers()
    net = pu.trace(apply, params, X)
    keep = halves(net)
    small = net.slice(params, keep)
    masked = params | {"o": jnp.zeros_like(params["o"]).at[keep[0]].set(small["o"])}
    assert net.widths == (8,)
    assert_close(net.apply(small, X), apply(masked, X))


def test_weak_types_stay_weak():
    params = two_layers()
    params = {name: leaf.astype(jnp.bfloat16) for name, leaf in params.items()} | {"t": 2.0}

    def apply(params, x):
        return jax.nn.relu(x @ params["a"] * params["t"]) @ params["o"]

    x = X.astype(jnp.bfloat16)
    net = pu.trace(apply, params, x)
    assert net.apply(params, x).dtype == apply(params, x).dtype == jnp.bfloat16


def test_a_huge_ridge_is_the_mean():
    params = two_layers(b=normal(3, 2))
    net = pu.trace(lambda p, x: relu_of(p, x) @ p["o"] + p["b"], params, X)
    keep = halves(net)
    huge, mean = net.prune(params, keep, X, ridge=1e38), net.prune(params, keep, X, "mean")
    assert_close(huge, mean)


def test_complex_activations_are_refused():
    params = {"a": normal(1, 3, 8), "o": normal(2, 8, 2) + 0j}
    net = pu.trace(lambda p, x: jnp.exp(1j * (x @ p["a"])) @ p["o"], params, X)
    for call in (net.prune, lambda p, k, x: net.scores("unexplained", p, x)):
        with pytest.raises(ValueError, match=r"^x: expected real activations"):
            call(params, halves(net), X)


def test_a_budget_is_used_whatever_the_ties_and_of_pruned_networks_too():
    params = {"a": normal(1, 3, 8), "w": normal(2, 8, 6), "o": normal(3, 6, 2)}
    net = pu.trace(deep, params, X)
    counts = net.keep_within((jnp.ones(8), jnp.ones(6)), 0.9)
    assert counts == max((counts, (7, 6), (8, 5)), key=sum)
    assert net.keep_within((jnp.ones(8), jnp.ones(6)), 0.9, multiple=4) == (8, 4)
    small = net.slice(params, (np.arange(6, dtype=np.int32), np.arange(4, dtype=np.int32)))
    again = net.keep_within(net.scores("incoming", small), 0.5)
    assert all(count <= width for count, width in zip(again, (6, 4), strict=True))


def test_planted_constants_cost_nothing_with_a_reader_that_is_computed():
    def apply(params, x):
        return relu_of(params, x) @ (params["o"] * jnp.abs(params["s"]))

    params = two_layers(s=normal(3, 1, 2))
    params["a"] = params["a"].at[:, 4:].set(0.0)
    net = pu.trace(apply, params, X)
    keep = (np.arange(4, dtype=np.int32),)
    params = with_constants(net, params, keep, lambda name, shape: (0,), {"a"})
    assert_close(net.apply(net.prune(params, keep, X, "mean"), X), apply(params, X), 1e-5)
