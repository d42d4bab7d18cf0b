"""Pruned networks under jit, grad, vmap and training, exported, and with bad input."""

import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import networks_inside  # noqa: F401  (enters its networks into the zoo)
import numpy as np
import optax
import pytest
from conftest import assert_close, assert_identical
from flax import linen as nn
from masking import halves
from networks import ZOO, linen, normal, randomised

import prune_utils as pu

KEY = jax.random.key(0)
LAYERS = ("mlp", "cnn_with_pooling", "transformer_encoder", "dense_net", "grouped_convolution")


class Cnn(nn.Module):
    """Convolution, batch normalisation, and a hidden layer, of any widths."""

    widths: tuple = (5, 6)

    @nn.compact
    def __call__(self, x, train=False):
        x = nn.Conv(self.widths[0], (3, 3), use_bias=False)(x)
        x = nn.relu(nn.BatchNorm(use_running_average=not train)(x)).mean(axis=(1, 2))
        return nn.Dense(2)(nn.relu(nn.Dense(self.widths[1])(x)))


@pytest.fixture(scope="module")
def cnn():
    apply, params, x = linen(Cnn(), normal(1, 4, 5, 5, 3))
    net = pu.trace(apply, params, x)
    return net, params, x, halves(net)


def squares(out):
    return jnp.square(out).sum()


def test_prune_and_apply_run_under_jit_grad_and_vmap_over_seeds(cnn):
    net, params, x, keep = cnn
    stack = jax.tree.map(lambda *leaves: jnp.stack(leaves), params, randomised(params, 8))

    def run(params, x):
        scores = net.scores("std", params, x)
        keep = pu.keep_highest(scores, (3, 4))
        small = net.prune(params, keep, x)
        return small, net.apply(small, x), jax.grad(lambda p: squares(net.apply(p, x)))(small)

    together = jax.jit(jax.vmap(run, in_axes=(0, None)))(stack, x)
    for index in range(2):
        alone = run(jax.tree.map(lambda leaf: leaf[index], stack), x)
        one = jax.tree.map(lambda leaf: leaf[index], together)
        for actual, expected in zip(one, alone, strict=True):
            assert_close(actual, expected, 1e-3)


def test_any_batch_size(cnn):
    net, params, x, keep = cnn
    small = net.prune(params, keep, x)
    rows = [net.apply(small, x[i : i + 1]) for i in range(4)]
    assert_close(jnp.concatenate(rows), net.apply(small, x), 1e-4)
    assert net.apply(small, jnp.concatenate([x, x, x])).shape == (12, 2)


def test_the_pruned_tree_fits_the_users_own_smaller_module(cnn):
    net, params, x, keep = cnn
    small = net.prune(params, keep, x)
    module = Cnn(tuple(len(kept) for kept in keep))
    expected = jax.eval_shape(module.init, KEY, x)
    shapes = (jax.tree.map(jnp.shape, tree) for tree in (small, expected))
    assert next(shapes) == next(shapes)
    assert_close(module.apply(small, x), net.apply(small, x))


@pytest.mark.parametrize("dtype", ["bfloat16", "float64"])
def test_other_types(dtype):
    with jax.enable_x64(dtype == "float64"):
        params = {"in": normal(0, 3, 8), "bias": normal(1, 8), "out": normal(2, 8, 2)}
        cast = jax.tree.map(lambda leaf: leaf.astype(dtype), (params, normal(3, 20, 3)))
        params, x = cast

        def apply(params, x):
            return jax.nn.relu(x @ params["in"] + params["bias"][None, :]) @ params["out"]

        net = pu.trace(apply, params, x)
        keep = (jnp.arange(3, 8, dtype=jnp.int32),)
        params["in"] = params["in"].at[:, :3].set(0)  # constants cost nothing
        for compensation in pu.COMPENSATIONS:
            small = net.prune(params, keep, x, compensation)
            out = net.apply(small, x)
            assert {leaf.dtype.name for leaf in jax.tree.leaves((small, out))} == {dtype}
        for criterion in pu.CRITERIA:
            assert np.isfinite(net.scores(criterion, params, x, KEY, loss=squares)[0]).all()
        close = {"bfloat16": 0.05, "float64": 1e-10}[dtype]
        assert_close(out, apply(params, x), close)


def test_training_goes_on_from_sliced_moments(cnn):
    net, params, x, keep = cnn
    optimiser = optax.adam(1e-2)

    def step(params, state):
        gradients = jax.grad(lambda p: squares(net.apply(p, x) - 1))(params)
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optimiser.update(gradients, state, params)
            return optax.apply_updates(params, updates), state

    params, state = step(params, optimiser.init(params))
    small, moments = net.prune(params, keep, x), net.slice(state, keep)
    assert jax.tree.map(jnp.shape, moments) == jax.tree.map(jnp.shape, optimiser.init(small))
    assert_identical(moments[0].mu, net.slice(state[0].mu, keep))
    before, train = squares(net.apply(small, x) - 1), jax.jit(step)
    for _ in range(20):
        small, moments = train(small, moments)
    assert squares(net.apply(small, x) - 1) < before


def test_batch_statistics_are_updated_in_training_mode(cnn):
    net, params, x, keep = cnn

    def train(params, x):
        return Cnn().apply(params, x, train=True, mutable=["batch_stats"])

    small = net.prune(params, keep, x)
    own = Cnn(tuple(len(kept) for kept in keep))
    expected = own.apply(small, x, train=True, mutable=["batch_stats"])
    actual = jax.jit(net.adapt(train))(small, x)
    for ours, theirs in zip(actual, expected, strict=True):
        assert_close(ours, theirs, 1e-4)
    with pytest.raises(ValueError, match="function: expected the units of Conv_0"):
        net.adapt(lambda params, x: params["params"]["Conv_0"]["kernel"].mean(axis=-1))(small, x)


RUN = """
import sys
import jax, numpy as np
from jax import export
with open(sys.argv[1], "rb") as file:
    exported = export.deserialize(bytearray(file.read()))
data = np.load(sys.argv[2])
leaves = [data[f"leaf{i:03}"] for i in range(len(data.files) - 2)]
np.testing.assert_allclose(exported.call(leaves, data["x"]), data["out"], rtol=1e-4, atol=1e-5)
assert not any(name.split(".")[0] in ("flax", "prune_utils") for name in sys.modules)
"""


def test_an_export_runs_where_neither_this_package_nor_flax_is(cnn, tmp_path):
    flatbuffers = pytest.importorskip("flatbuffers")  # what JAX writes exports with
    net, params, x, keep = cnn
    small = net.prune(params, keep, x)
    leaves, structure = jax.tree.flatten(small)
    function = jax.jit(lambda leaves, x: net.apply(jax.tree.unflatten(structure, leaves), x))
    (tmp_path / "net").write_bytes(jax.export.export(function)(leaves, x).serialize())
    arrays = {f"leaf{i:03}": leaf for i, leaf in enumerate(leaves)}
    np.savez(tmp_path / "data.npz", x=x, out=function(leaves, x), **arrays)
    command = [sys.executable, "-c", RUN, tmp_path / "net", tmp_path / "data.npz"]
    paths = {"PYTHONPATH": Path(flatbuffers.__file__).parents[1], "JAX_PLATFORMS": "cpu"}
    subprocess.run(command, check=True, cwd=tmp_path, env=paths)


@pytest.mark.parametrize("name", LAYERS)
def test_every_criterion_scores_every_kind_of_layer(name):
    apply, params, x = ZOO[name].build()
    net = pu.trace(apply, params, x)
    for criterion in pu.CRITERIA:
        scores = net.scores(criterion, params, x, KEY, loss=squares)
        assert tuple(len(score) for score in scores) == net.widths
        assert all(score.ndim == 1 and np.isfinite(score).all() for score in scores)


def test_what_cannot_be_traced_is_refused_with_the_reason():
    params, x = {"in": normal(0, 3, 8)}, normal(1, 4, 3)
    with pytest.raises(ValueError, match=r"apply: .*raised"):
        pu.trace(lambda params, x: float(x.sum()), params, x)
    with pytest.raises(ValueError, match=r"params: .*in\[0\]: input; in\[1\]: output"):
        pu.trace(lambda params, x: x @ params["in"], params, x)
    with pytest.raises(ValueError, match=r"params: .*at least one array"):
        pu.trace(lambda params, x: x, {}, x)


def test_bad_arguments_are_named(cnn, unchecked):
    net, params, x, keep = cnn
    broken = jax.tree.map(lambda leaf: leaf.at[(0,) * leaf.ndim].set(jnp.nan), params)
    bad = {
        "x": [None, x[:0], x[..., :2], x[0], (x, x), x.at[0].set(jnp.nan), x.astype(jnp.int32)],
        "params": [broken, params["params"]],
        "keep": [keep[:1], (keep[0], jnp.array([9])), (keep[0], jnp.array([1, 1])), None],
        "compensation": ["median"],
        "ridge": [0.0],
    }
    good = {"params": params, "keep": keep, "x": x, "compensation": "mean", "ridge": 1e-6}
    for argument, values in bad.items():
        for value in values:
            with pytest.raises(ValueError, match=rf"^{argument}\b"):
                net.prune(**{**good, argument: value})
    for value in bad["x"]:
        with pytest.raises(ValueError, match=r"^x\b"):
            net.scores("std", params, value)
    with pytest.raises(ValueError, match=r"^key: "):
        net.scores("random", params)
    with pytest.raises(ValueError, match=r"^loss: "):
        net.scores("taylor", params, x)
    with pytest.raises(ValueError, match=r"^criterion: "):
        net.scores("best", params, x)
    with pytest.raises(ValueError, match=r"^params"):
        net.apply(jax.tree.map(lambda leaf: leaf[..., :1], params), x)
