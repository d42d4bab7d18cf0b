"""The network, and what can be read off it. The only module that imports Flax.

Linen, not NNX: Linen's parameters are the plain nested dict that pruning slices, and its `init` and `apply` are pure.
"""

import re
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from flax import linen as nn

from ._checks import require, require_finite

GLOROT_UNIFORM = (
    nn.initializers.glorot_uniform()
)  # one object, so that equal models hash alike and compile once


def _narrow_product(x, kernel, dimension_numbers, **options):
    # `x @ kernel` for a kernel with few columns. On a CPU, XLA multiplies x.T by the two columns of the logits' gradient
    # at a third of the speed of the transposed product, gradient.T @ x; the barrier keeps it from swapping them.
    return jnp.matmul(x, jax.lax.optimization_barrier(kernel.T).T, **options)


class MLP(nn.Module):
    """A multilayer perceptron: Dense layers with an activation after every layer but the last.

    Attributes:
      features: the widths of all layers, outputs last; (100, 100, 2) has two hidden layers.
      activation: applied after every hidden layer.
      kernel_init: initialiser of the kernels; biases start at zero.

    Each hidden activation is sown as "hidden" for `hidden_activations` and marked as a perturbation for
    `activation_gradients`. A network of your own that does the same works with every function of this package.
    """

    features: tuple[int, ...]
    activation: Callable = nn.relu
    kernel_init: Callable = GLOROT_UNIFORM

    @nn.compact
    def __call__(self, x):
        *hidden, outputs = self.features
        for index, width in enumerate(hidden):
            x = self.activation(nn.Dense(width, kernel_init=self.kernel_init)(x))
            x = self.perturb(f"hidden_{index}", x)
            self.sow("intermediates", "hidden", x)
        return nn.Dense(outputs, kernel_init=self.kernel_init, dot_general=_narrow_product)(x)


def model_of(params):
    """The `MLP` of ReLU units whose parameters these are; the layers must have its names, Dense_0, Dense_1, …"""
    names = chain(params)
    require(
        names == [f"Dense_{i}" for i in range(len(names))],
        "params",
        f"layers Dense_0, Dense_1, …, got {names}",
    )
    return MLP(tuple(params[name]["bias"].shape[-1] for name in names))


def init_params(model, key, x):
    """Initial parameters {"Dense_0": {"kernel": (inputs, width), "bias": (width,)}, …} for inputs like `x` (n, inputs)."""
    return model.init(key, x)["params"]


def logits(model, params, x):
    """The network's outputs before the softmax, (n, classes)."""
    return model.apply({"params": params}, x)


def hidden_activations(model, params, x):
    """The activations of every hidden layer at the points `x` (n, inputs).

    Returns:
      A tuple of arrays (n, width), after the activation function, first layer first.

    Raises:
      ValueError: if the model sows no "hidden" activations, or `params` or `x` are not finite.
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


def chain(params):
    """The layer names of a chain of Dense layers, first to last; checks that it is one.

    Layers are ordered by the number at the end of their names ("Dense_0", "Dense_1", …), because a dict loses its
    order under `jax.jit`.

    Raises:
      ValueError: unless every entry is a numbered layer with a kernel and a bias, each fitting the next.
    """
    require(
        isinstance(params, Mapping) and len(params) >= 1,
        "params",
        "a dict of layers, as Flax Linen makes it",
    )
    numbers = {name: re.search(r"\d+$", str(name)) for name in params}
    for name, number in numbers.items():
        require(
            isinstance(name, str) and number,
            "params",
            f'layer names that end in a number, such as "Dense_0", got {name!r}',
        )
        layer = params[name]
        fits = isinstance(layer, Mapping) and set(layer) == {"kernel", "bias"}
        fits = fits and jnp.ndim(layer["kernel"]) >= 2
        fits = (
            fits and layer["bias"].shape == layer["kernel"].shape[:-2] + layer["kernel"].shape[-1:]
        )
        require(
            fits, f"params[{name!r}]", 'a Dense layer: "kernel" (inputs, units) and "bias" (units,)'
        )
    names = sorted(params, key=lambda name: int(numbers[name].group()))
    distinct = len({int(number.group()) for number in numbers.values()}) == len(names)
    require(distinct, "params", f"a number of its own for every layer, got {', '.join(names)}")
    for before, after in zip(names, names[1:]):
        units, inputs = params[before]["kernel"].shape[-1], params[after]["kernel"].shape[-2]
        require(
            units == inputs,
            f"params[{after!r}]",
            f"{units} inputs, the units of {before!r}, got {inputs}",
        )
    return names


def hidden_widths(params):
    """The number of units in each hidden layer."""
    return tuple(params[name]["bias"].shape[-1] for name in chain(params)[:-1])


def require_activations(acts, params, argument="acts"):
    """Raises ValueError unless `acts` holds one finite (n, width) array for each hidden layer of `params`."""
    widths = hidden_widths(params)
    require(
        isinstance(acts, (tuple, list)),
        argument,
        f"a tuple of arrays (n, width) with widths {widths}",
    )
    shapes = tuple(jnp.shape(layer) for layer in acts)
    points = shapes[0][0] if shapes and len(shapes[0]) == 2 else 0
    expected = tuple((points, width) for width in widths)
    require(
        points > 0 and shapes == expected,
        argument,
        f"shapes (n, width) with widths {widths}, got {shapes}",
    )
    require_finite(acts, argument)
