"""A chain of Dense layers, read off its parameters."""

import re
from collections.abc import Mapping

import jax.numpy as jnp

from ._checks import require, require_finite


def chain(params):
    """The layer names of a chain of Dense layers, first to last; checks that it is one.

    Layers are ordered by the number at the end of their names ("Dense_0", "Dense_1", …), because a
    dict loses its order under `jax.jit`.

    Raises:
      ValueError: unless every entry is a numbered layer with a kernel and a bias, each fitting the
        next.
    """
    require(
        isinstance(params, Mapping) and len(params) >= 1,
        "params",
        "a dict of layers, as Flax Linen makes it (for any other network there is pu.trace)",
    )
    numbers = {name: re.search(r"\d+$", str(name)) for name in params}
    for name, number in numbers.items():
        require(
            isinstance(name, str) and number,
            "params",
            f'layer names that end in a number, such as "Dense_0", got {name!r} (for any other '
            "network there is pu.trace)",
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
    """Raises ValueError unless `acts` holds one finite (n, width) array for each hidden layer of
    `params`.
    """
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
