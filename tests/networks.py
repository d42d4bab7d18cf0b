"""A zoo of networks as people write them: what `pu.trace` has to find units in.

Each is a function without arguments that returns (apply, params, x); `ZOO` holds them by name, with
the layers that must be found and, for parameters that must stay whole, a part of the reason.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

ZOO = {}


class Case(NamedTuple):
    """A network of the zoo.

    Attributes:
      build: () -> (apply, params, x).
      widths: dict layer name -> units.
      frozen: dict "leaf[axis]" -> a part of the reason.
    """

    build: object
    widths: dict
    frozen: dict


def network(widths, frozen=None):
    """Enters a function into the zoo."""

    def enter(build):
        ZOO[build.__name__] = Case(build, widths, frozen or {})
        return build

    return enter


def normal(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def randomised(params, seed=0, kinks=False):
    """Random numbers for all parameters, variances positive; with kinks all biases are zero."""
    rng = np.random.default_rng(seed)

    def draw(path, leaf):
        if not jnp.issubdtype(leaf.dtype, jnp.floating):
            return leaf
        name = jax.tree_util.keystr(path)
        value = rng.normal(size=leaf.shape) / max(1, leaf.size // (leaf.shape or (1,))[-1]) ** 0.5
        if "var" in name:
            value = rng.uniform(0.5, 2, size=leaf.shape)
        elif kinks and ("bias" in name or "'b'" in name or "mean" in name):
            value = np.zeros(leaf.shape)
        return jnp.asarray(value, leaf.dtype)

    return jax.tree_util.tree_map_with_path(draw, params)


def linen(module, x):
    """A Flax Linen module as (apply, params, x)."""
    return module.apply, randomised(jax.eval_shape(module.init, jax.random.key(0), x)), x


def image(channels=3, size=6):
    return normal(1, 3, size, size, channels)


class Net(nn.Module):
    """A Linen module around a function of its input."""

    forward: object

    @nn.compact
    def __call__(self, x):
        return self.forward(x)


def compact(forward, x):
    return linen(Net(forward), x)


@network({"Dense_0": 8, "Dense_1": 6})
def mlp():
    def forward(x):
        for width in (8, 6):
            x = nn.relu(nn.Dense(width)(x))
        return nn.Dense(2)(x)

    return compact(forward, normal(1, 5, 3))


@network({"Dense_0": 8, "Dense_1": 6})
def mlp_without_biases():
    def forward(x):
        for width in (8, 6):
            x = nn.tanh(nn.Dense(width, use_bias=False)(x))
        return nn.Dense(2, use_bias=False)(x)

    return compact(forward, normal(1, 5, 3))


@network({"in": 8, "mid": 6}, {"in[0]": "input", "out[1]": "output"})
def plain_function():
    def apply(params, x):
        h = jnp.maximum(x @ params["in"], 0.0)
        h = jnp.maximum(params["mid"] @ h.T, 0.0).T
        return h @ params["out"]

    params = {"in": normal(2, 3, 8), "mid": normal(3, 6, 8), "out": normal(4, 6, 2)}
    return apply, params, normal(1, 5, 3)


@network({"Conv_0": 4, "Conv_1": 5, "Dense_1": 7})
def cnn_with_pooling():
    def forward(x):
        x = nn.max_pool(nn.relu(nn.Conv(4, (3, 3))(x)), (2, 2), (2, 2))
        x = nn.relu(nn.Conv(5, (2, 2), padding="VALID")(x))
        with jax.numpy_dtype_promotion("standard"):
            x = nn.avg_pool(x, (2, 1))
        return nn.Dense(2)(nn.relu(nn.Dense(7)(x.reshape(x.shape[0], -1))))

    return compact(forward, image())


@network({"Conv_0": 4, "Conv_1": 5, "Conv_3": 6})
def residual_cnn_with_batch_norm():
    def norm(x):
        return nn.BatchNorm(use_running_average=True)(x)

    def forward(x):
        x = nn.relu(norm(nn.Conv(4, (3, 3), use_bias=False)(x)))
        for width in (5, 6):
            h = nn.relu(norm(nn.Conv(width, (3, 3), use_bias=False)(x)))
            x = nn.relu(x + norm(nn.Conv(4, (3, 3), use_bias=False)(h)))
        return nn.Dense(2)(x.mean(axis=(1, 2)))

    return compact(forward, image())


@network({"Conv_0": 4, "Conv_2": 5, "Conv_3": 2})
def depthwise_separable():
    def forward(x):
        x = nn.relu(nn.Conv(4, (3, 3), strides=2)(x))
        x = nn.relu(nn.Conv(4, (3, 3), feature_group_count=4)(x))
        x = nn.relu(nn.Conv(5, (1, 1))(x))
        x = nn.relu(nn.Conv(10, (3, 3), feature_group_count=5)(x))
        return nn.Dense(2)(x.mean(axis=(1, 2)))

    return compact(forward, image())


@network(
    {"Conv_0": 2, "Conv_1": 3, "Conv_2": 5}, {"params/Conv_1/kernel[2]": "grouped convolution"}
)
def grouped_convolution():
    def forward(x):
        x = nn.relu(nn.Conv(6, (3, 3))(x))
        x = nn.relu(nn.Conv(6, (3, 3), feature_group_count=2)(x))
        return nn.Dense(2)(nn.relu(nn.Conv(5, (1, 1))(x)).mean(axis=(1, 2)))

    return compact(forward, image())


def encoder(attention, norm=nn.LayerNorm):
    def forward(x):
        x = nn.Dense(8)(x) + 0.1
        for _ in range(2):
            x = x + attention(norm()(x))
            x = x + nn.Dense(8)(nn.gelu(nn.Dense(12)(norm()(x))))
        return nn.Dense(2)(norm()(x).mean(axis=1))

    return compact(forward, normal(1, 3, 4, 5))


@network(
    {
        "MultiHeadDotProductAttention_0/query": 2,
        "MultiHeadDotProductAttention_0/value": 3,
        "Dense_2": 12,
        "MultiHeadDotProductAttention_1/query": 2,
        "MultiHeadDotProductAttention_1/value": 3,
        "Dense_4": 12,
    },
    {"params/Dense_0/kernel[1]": "reduce_sum in Net/LayerNorm_0"},
)
def transformer_encoder():
    return encoder(lambda x: nn.MultiHeadDotProductAttention(num_heads=2, qkv_features=6)(x))


@network(
    {
        "Dense_0": 8,
        "MultiHeadDotProductAttention_0/query": 2,
        "MultiHeadDotProductAttention_0/value": 4,
        "Dense_2": 12,
        "MultiHeadDotProductAttention_1/query": 2,
        "MultiHeadDotProductAttention_1/value": 4,
        "Dense_4": 12,
    }
)
def transformer_without_layer_norm():
    return encoder(lambda x: nn.MultiHeadDotProductAttention(2)(x), norm=lambda: lambda x: x)


@network(
    {"Dense_1": 2, "Dense_4": 12, "Dense_5": 2, "Dense_8": 12},
    {"params/Dense_1/kernel[1]": "product of activations"},
)
def transformer_with_fused_qkv():
    def attention(x):
        batch, tokens, width = x.shape
        qkv = nn.Dense(3 * width)(x).reshape(batch, tokens, 3, 2, width // 2)
        q, k, v = (qkv[:, :, i] for i in range(3))
        weights = nn.softmax(jnp.einsum("bqhd,bkhd->bhqk", q, k) / width**0.5)
        mixed = jnp.einsum("bhqk,bkhd->bqhd", weights, v)
        return nn.Dense(width)(mixed.reshape(batch, tokens, width))

    return encoder(attention)


@network({"Conv_0": 4, "Conv_1": 5, "ConvTranspose_0": 3, "Conv_3": 6})
def u_net():
    def forward(x):
        top = nn.relu(nn.Conv(4, (3, 3))(x))
        low = nn.relu(nn.Conv(5, (3, 3))(nn.max_pool(top, (2, 2), (2, 2))))
        up = nn.relu(nn.ConvTranspose(3, (2, 2), strides=(2, 2))(low))
        wide = jax.image.resize(low, (*top.shape[:3], 5), "nearest")
        return nn.Conv(2, (1, 1))(nn.relu(nn.Conv(6, (3, 3))(jnp.concatenate([top, up, wide], -1))))

    return compact(forward, image())


@network({"Conv_0": 4, "Conv_1": 3, "Conv_2": 3, "Conv_3": 3})
def dense_net():
    def forward(x):
        x = nn.Conv(4, (3, 3))(x)
        for _ in range(3):
            x = jnp.concatenate([x, nn.Conv(3, (3, 3))(nn.relu(x))], axis=-1)
        x = nn.relu(nn.BatchNorm(use_running_average=True)(x))
        return nn.Dense(2)(x.mean(axis=(1, 2)))

    return compact(forward, image())


@network({"Embed_0": 6, "Dense_1": 5}, {"params/Embed_0/embedding[0]": "gather"})
def embedding():
    def forward(ids):
        x = nn.Embed(11, 6)(ids) + nn.Embed(4, 6)(jnp.arange(4))[None]
        return nn.Dense(2)(nn.relu(nn.Dense(5)(x)).mean(axis=1))

    return compact(forward, jnp.asarray(np.random.default_rng(1).integers(0, 11, (3, 4))))


@network({"Embed_0": 6})
def tied_embedding():
    def forward(ids):
        table = nn.Embed(11, 6)
        return table.attend(nn.relu(table(ids)))

    return compact(forward, jnp.asarray(np.random.default_rng(1).integers(0, 11, (3, 4))))


@network({"Conv_0": 6, "Dense_1": 3})
def squeeze_and_excitation():
    def forward(x):
        x = nn.relu(nn.Conv(6, (3, 3))(x))
        gate = nn.sigmoid(nn.Dense(6)(nn.relu(nn.Dense(3)(x.mean(axis=(1, 2))))))
        return nn.Dense(2)((x * gate[:, None, None, :]).reshape(x.shape[0], -1))

    return compact(forward, image(size=4))


@network({"Dense_2": 6}, {"params/LayerNorm_0/scale[0]": "reduce_sum"})
def layer_norm():
    def forward(x):
        x = nn.LayerNorm()(nn.relu(nn.Dense(8)(x)))
        return nn.Dense(2)(nn.relu(nn.Dense(6)(x)))

    return compact(forward, normal(1, 5, 3))


@network({"Conv_0": 3, "Conv_1": 5}, {"params/Conv_0/kernel[3]": "reduce_sum"})
def group_norm():
    def forward(x):
        x = nn.relu(nn.GroupNorm(num_groups=3)(nn.Conv(6, (3, 3))(x)))
        return nn.Dense(2)(nn.relu(nn.Conv(5, (3, 3))(x)).mean(axis=(1, 2)))

    return compact(forward, image())
