import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_close, assert_identical, forward, networks, random_params, stacked, take
from flax import linen as nn
from hypothesis import given

import prune_utils as pu
from prune_utils.chain import chain, hidden_widths
from prune_utils.models import GLOROT_UNIFORM, model_of
from prune_utils.training import activation_gradients

KEY = jax.random.key(0)
X = jax.random.normal(jax.random.key(1), (7, 3))


@pytest.mark.parametrize("features", [(2,), (4, 2), (5, 4, 3), (3, 3, 3, 3, 2)])
def test_mlp_has_one_dense_layer_for_each_width(features):
    params = pu.init_params(pu.MLP(features), KEY, X)
    assert chain(params) == [f"Dense_{i}" for i in range(len(features))]
    for inputs, units, name in zip((3, *features), features, chain(params)):
        assert params[name]["kernel"].shape == (inputs, units)
        assert params[name]["bias"].shape == (units,)
    assert pu.logits(pu.MLP(features), params, X).shape == (7, features[-1])
    assert hidden_widths(params) == features[:-1]


class Plain(nn.Module):
    """The same network, of Flax's own layers."""

    @nn.compact
    def __call__(self, x):
        first, second, last = (nn.Dense(w, kernel_init=GLOROT_UNIFORM) for w in (5, 4, 2))
        return last(nn.relu(second(nn.relu(first(x)))))


def test_mlp_is_the_network_of_flaxs_dense_layers():
    params = pu.init_params(pu.MLP((5, 4, 2)), KEY, X)
    assert_identical(params, pu.init_params(Plain(), KEY, X))
    assert_close(pu.logits(pu.MLP((5, 4, 2)), params, X), pu.logits(Plain(), params, X))


@pytest.mark.parametrize("shape", [(3,), (2, 7, 3)])
def test_mlp_wants_points_in_rows(shape):
    params = pu.init_params(pu.MLP((4, 2)), KEY, X)
    with pytest.raises(ValueError, match=r"x: expected shape \(n, inputs\), got"):
        pu.MLP((4, 2)).apply({"params": params}, jnp.ones(shape))


def test_model_of_is_the_model_of_these_parameters():
    params = pu.init_params(pu.MLP((4, 3, 2)), KEY, X)
    assert model_of(params) == pu.MLP((4, 3, 2))


def test_model_of_wants_its_own_layer_names():
    layer = {"kernel": jnp.ones((3, 3)), "bias": jnp.zeros(3)}
    with pytest.raises(ValueError, match="params: expected layers Dense_0"):
        model_of({"layer_1": layer, "layer_2": layer})


def test_parameters_are_a_plain_dict_of_float32():
    params = pu.init_params(pu.MLP((4, 2)), KEY, X)
    assert type(params) is dict and type(params["Dense_0"]) is dict
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(params))


def test_kernels_start_uniform_up_to_glorots_limit_and_biases_at_zero():
    params = pu.init_params(pu.MLP((300, 100, 2)), KEY, X)
    for layer in params.values():
        kernel = np.asarray(layer["kernel"])
        limit = np.sqrt(6 / sum(kernel.shape))
        assert np.abs(kernel).max() <= limit * (1 + 1e-6)
        assert np.all(np.asarray(layer["bias"]) == 0)
    kernel, limit = np.asarray(params["Dense_1"]["kernel"]), np.sqrt(6 / 400)
    assert np.abs(kernel).max() > 0.999 * limit
    counts, _ = np.histogram(kernel, bins=10, range=(-limit, limit))
    np.testing.assert_allclose(counts, kernel.size / 10, rtol=0.1)  # five standard deviations


def test_initialisation_follows_from_the_key():
    model = pu.MLP((4, 2))
    assert_identical(pu.init_params(model, KEY, X), pu.init_params(model, jax.random.key(0), X))
    other = pu.init_params(model, jax.random.key(9), X)
    assert not np.array_equal(
        pu.init_params(model, KEY, X)["Dense_0"]["kernel"], other["Dense_0"]["kernel"]
    )


def test_equal_models_are_equal_static_arguments():
    assert pu.MLP((4, 2)) == pu.MLP((4, 2)) and hash(pu.MLP((4, 2))) == hash(pu.MLP((4, 2)))


@given(networks())
def test_logits_and_hidden_activations_equal_a_numpy_forward_pass(network):
    model = pu.MLP(
        (*hidden_widths(network.params), network.params[f"Dense_{len(network.h)}"]["bias"].size)
    )
    hidden, outputs = forward(network.params, network.x)
    assert_close(pu.hidden_activations(model, network.params, network.x), hidden)
    assert_close(pu.logits(model, network.params, network.x), outputs)


def test_activation_and_initialiser_can_be_chosen():
    model = pu.MLP((4, 2), activation=jnp.tanh, kernel_init=nn.initializers.ones)
    params = pu.init_params(model, KEY, X)
    expected = np.tanh(np.asarray(X, np.float64).sum(axis=1, keepdims=True) @ np.ones((1, 4)))
    assert_close(pu.hidden_activations(model, params, X)[0], expected)
    assert_close(pu.logits(model, params, X), expected @ np.ones((4, 2)))


def test_hidden_activations_run_under_jit_and_vmap():
    model = pu.MLP((5, 4, 2))
    stack = stacked(
        *(random_params(np.random.default_rng(seed), (3, 5, 4, 2)) for seed in range(3))
    )
    together = jax.jit(jax.vmap(lambda params: pu.hidden_activations(model, params, X)))(stack)
    for i in range(3):
        assert_close(take(together, i), pu.hidden_activations(model, take(stack, i), X))


def test_chain_orders_layers_by_number_not_by_spelling():
    params = random_params(np.random.default_rng(0), [3] * 13)
    shuffled = {name: params[name] for name in sorted(params)}
    assert list(shuffled)[2] == "Dense_10"
    assert chain(shuffled) == [f"Dense_{i}" for i in range(12)]


def test_chain_knows_the_order_under_jit():
    params = random_params(np.random.default_rng(0), [3] * 12)
    seen = []
    jax.jit(lambda params: seen.append(chain(params)))(params)
    assert seen == [[f"Dense_{i}" for i in range(11)]]


def test_chain_refuses_two_layers_with_one_number():
    # Their order would be the dict's, which `jax.jit` changes: another network under jit than
    # outside of it.
    layer = {"kernel": jnp.eye(2), "bias": jnp.zeros(2)}
    with pytest.raises(ValueError, match="params"):
        chain({"b_0": layer, "a_0": layer})


def test_chain_accepts_stacks_of_parameters():
    params = stacked(*[random_params(np.random.default_rng(0), (2, 4, 3, 2))] * 2)
    assert chain(params) == ["Dense_0", "Dense_1", "Dense_2"]
    assert hidden_widths(params) == (4, 3)


class Own(nn.Module):
    """A network of the reader's own, with names and an activation of its own."""

    widths: tuple[int, ...] = (6, 4)

    @nn.compact
    def __call__(self, x):
        for i, width in enumerate(self.widths):
            x = jnp.tanh(nn.Dense(width, name=f"layer_{i}", kernel_init=GLOROT_UNIFORM)(x))
            x = self.perturb(f"hidden_{i}", x)
            self.sow("intermediates", "hidden", x)
        return nn.Dense(2, name=f"layer_{len(self.widths)}")(x)


def test_a_network_of_ones_own_works_with_every_step():
    @jax.jit
    def every_step(key):
        data, model = pu.spirals(key, 6), Own()
        params = pu.init_params(model, key, data.x)
        params = pu.train(model, params, data, pu.TrainConfig(learning_rate=0.01, steps=3)).params
        acts = pu.hidden_activations(model, params, data.x)
        gradients = activation_gradients(model, params, data)
        scores = pu.unit_scores("taylor", params, acts, gradients=gradients)
        result = [pu.logits(model, params, data.x)]
        for counts in ((6, 4), (3, 2)):
            keep = pu.keep_highest(scores, counts)
            small = pu.prune(params, keep, acts, "least_squares", activation=jnp.tanh)
            result.append(pu.logits(Own(counts), small, data.x))
        return result

    full, same, small = every_step(KEY)
    assert_close(same, full)
    assert small.shape == full.shape and np.isfinite(small).all()


class Silent(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(nn.relu(nn.Dense(4)(x)))


def test_a_model_that_sows_nothing_is_told_what_to_add():
    params = pu.init_params(Silent(), KEY, X)
    with pytest.raises(
        ValueError,
        match=re.escape('model: expected a Linen module that calls self.sow("intermediates"'),
    ):
        pu.hidden_activations(Silent(), params, X)
