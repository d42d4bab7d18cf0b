"""The network, and what can be read off it. The only module that imports Flax.

Linen, not NNX: Linen's parameters are the plain nested dict that pruning slices, and its `init`
and `apply` are pure.
"""

from collections.abc import Callable

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from ._checks import require, require_finite
from .chain import chain
from .convolution import windowed
from .types import Params, RandomKey, Values

# One object, so that equal models hash alike and compile once.
GLOROT_UNIFORM = nn.initializers.glorot_uniform()


class Dense(nn.Module):
    """A dense layer whose points are columns: (inputs, n) -> (width, n).

    The parameters are those of `flax.linen.Dense`. XLA's products and sums on a CPU run faster this
    way round, the more so the fewer units there are: a row holds many points, not few units.
    """

    width: int
    kernel_init: Callable

    @nn.compact
    def __call__(self, x):
        kernel = self.param("kernel", self.kernel_init, (len(x), self.width), jnp.float32)
        bias = self.param("bias", nn.initializers.zeros, (self.width,), jnp.float32)
        return kernel.T @ x + bias[:, None]


Module = nn.Module  # for annotations elsewhere


def conv(train, *args, **kwargs):
    """A `flax.linen.Conv`; in training computed in a way that XLA derives fast."""
    return nn.Conv(*args, conv_general_dilated=windowed if train else None, **kwargs)


def normalised(train):
    """A `flax.linen.BatchNorm` whose statistics follow within some dozens of steps: ours train for
    hundreds."""
    return nn.BatchNorm(use_running_average=not train, momentum=0.9)


class MLP(nn.Module):
    """A multilayer perceptron: Dense layers with an activation after every layer but the last.

    Attributes:
      features: the widths of all layers, outputs last; (100, 100, 2) has two hidden layers.
      activation: applied after every hidden layer, element by element.
      kernel_init: initialiser of the kernels; biases start at zero.

    Each hidden activation is sown as "hidden" for `hidden_activations` and marked as a
    perturbation for `activation_gradients`. A network of your own that does the same works with
    every function of this package. Training makes no difference to what it computes.
    """

    features: tuple[int, ...]
    activation: Callable = nn.relu
    kernel_init: Callable = GLOROT_UNIFORM

    @nn.compact
    def __call__(self, x, train=False):
        *hidden, outputs = self.features
        require(jnp.ndim(x) == 2, "x", f"shape (n, inputs), got {jnp.shape(x)}")
        x = jnp.asarray(x).T
        for index, width in enumerate(hidden):
            x = self.activation(Dense(width, self.kernel_init)(x))
            x = self.perturb(f"hidden_{index}", x.T).T
            self.sow("intermediates", "hidden", x.T)
        return Dense(outputs, self.kernel_init)(x).T


def model_of(params):
    """The `MLP` of ReLU units whose parameters these are; the layers must have its names, Dense_0,
    Dense_1, …
    """
    names = chain(params)
    require(
        names == [f"Dense_{i}" for i in range(len(names))],
        "params",
        f"layers Dense_0, Dense_1, …, got {names}",
    )
    return MLP(tuple(params[name]["bias"].shape[-1] for name in names))


def init_params(model: nn.Module, key: RandomKey, x: Float[Values, "n inputs"]) -> Params:
    """Initial parameters {"Dense_0": {"kernel": (inputs, width), "bias": (width,)}, …} for inputs
    like `x` (n, inputs).

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> params = pu.init_params(pu.MLP((6, 2)), jax.random.key(0), jnp.ones((1, 3)))
      >>> params["Dense_0"]["kernel"].shape
      (3, 6)
    """
    return model.init(key, x)["params"]


def logits(
    model: nn.Module, params: Params, x: Float[Values, "n inputs"]
) -> Float[Array, "n classes"]:
    """The network's outputs before the softmax, (n, classes).

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> x = jax.random.normal(jax.random.key(0), (20, 2))
      >>> params = pu.init_params(pu.MLP((6, 4, 2)), jax.random.key(1), x)
      >>> pu.logits(pu.MLP((6, 4, 2)), params, x).shape
      (20, 2)
    """
    return model.apply({"params": params}, x)


def hidden_activations(
    model: nn.Module, params: Params, x: Float[Values, "n inputs"]
) -> tuple[Float[Array, "n _"], ...]:
    """The activations of every hidden layer at the points `x` (n, inputs).

    Returns:
      A tuple of arrays (n, width), after the activation function, first layer first.

    Raises:
      ValueError: if the model sows no "hidden" activations, or `params` or `x` are not finite.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> x = jax.random.normal(jax.random.key(0), (20, 2))
      >>> params = pu.init_params(pu.MLP((6, 4, 2)), jax.random.key(1), x)
      >>> acts = pu.hidden_activations(pu.MLP((6, 4, 2)), params, x)
      >>> [layer.shape for layer in acts]
      [(20, 6), (20, 4)]
    """
    require_finite(params, "params")
    require_finite(x, "x")
    _, state = model.apply({"params": params}, x, mutable=["intermediates"])
    sown = state.get("intermediates", {}).get("hidden", ())
    require(
        sown,
        "model",
        'a Linen module that calls self.sow("intermediates", "hidden", x) after each hidden layer',
    )
    return sown


class CNN(nn.Module):
    """Convolutions with batch normalisation and pooling, then a hidden Dense layer, for small
    pictures.

    Attributes:
      channels: of each convolution; the picture is halved after each.
      hidden: units of the Dense layer.
      classes: outputs.
    """

    channels: tuple[int, ...] = (16, 32)
    hidden: int = 64
    classes: int = 10

    @nn.compact
    def __call__(self, x, train=False):
        for width in self.channels:
            x = conv(train, width, (3, 3), use_bias=False)(x)
            x = nn.relu(normalised(train)(x))
            x = nn.max_pool(x, (2, 2), (2, 2))
        x = nn.relu(nn.Dense(self.hidden)(x.reshape(len(x), -1)))
        return nn.Dense(self.classes)(x)


class ResNet(nn.Module):
    """A residual network of basic blocks (He et al. 2016); the defaults are ResNet-20.

    Attributes:
      stream: channels of the residual stream in each stage; the picture is halved between stages.
      blocks: for each stage the inner channels of its blocks.
      classes: outputs.
    """

    stream: tuple[int, ...] = (16, 32, 64)
    blocks: tuple[tuple[int, ...], ...] = ((16,) * 3, (32,) * 3, (64,) * 3)
    classes: int = 10

    @nn.compact
    def __call__(self, x, train=False):
        def normed(x, width, size=3, stride=1):
            x = conv(train, width, (size, size), (stride, stride), use_bias=False)(x)
            return normalised(train)(x)

        x = nn.relu(normed(x, self.stream[0]))
        for stage, (width, blocks) in enumerate(zip(self.stream, self.blocks, strict=True)):
            for index, inner in enumerate(blocks):
                stride = 2 if stage > 0 and index == 0 else 1
                y = normed(nn.relu(normed(x, inner, stride=stride)), width)
                x = nn.relu(y + (x if stride == 1 else normed(x, width, 1, stride)))
        return nn.Dense(self.classes)(x.mean(axis=(1, 2)))


class Transformer(nn.Module):
    """An encoder on patches of a picture (Dosovitskiy et al. 2021), normalised first.

    Attributes:
      width: of the residual stream.
      heads: attention heads of each layer.
      head_size: dimensions of a head.
      hidden: for each layer the units of its feed-forward part.
      patch: side of a patch, in pixels.
      classes: outputs.
    """

    width: int = 64
    heads: tuple[int, ...] = (4, 4)
    head_size: int = 16
    hidden: tuple[int, ...] = (128, 128)
    patch: int = 2
    classes: int = 10

    @nn.compact
    def __call__(self, x, train=False):
        x = nn.Conv(self.width, (self.patch,) * 2, (self.patch,) * 2)(x)
        x = x.reshape(len(x), -1, self.width)
        x = x + self.param("positions", nn.initializers.normal(0.02), (1, *x.shape[1:]))
        for heads, hidden in zip(self.heads, self.hidden, strict=True):
            size = heads * self.head_size
            x = x + nn.SelfAttention(heads, qkv_features=size, out_features=self.width)(
                nn.LayerNorm()(x)
            )
            x = x + nn.Dense(self.width)(nn.gelu(nn.Dense(hidden)(nn.LayerNorm()(x))))
        return nn.Dense(self.classes)(nn.LayerNorm()(x).mean(axis=1))
