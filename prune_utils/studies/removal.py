"""What hidden units carry: each alone, and all that are dropped together."""

import jax
import jax.numpy as jnp
from optax import softmax_cross_entropy_with_integer_labels

from .._checks import require, require_indices
from ..bounds import unit_bounds
from ..chain import chain, require_activations
from ..elimination import unexplained
from ..models import hidden_activations, logits, model_of
from ..training import loss


def removal_rises(model, params, acts, data):
    """By how much the loss rises if one unit is removed, its mean folded into the next biases.

    Args:
      model: the network, a chain of Dense layers.
      params: its parameters.
      acts: its hidden activations on its training data, which give the means; a tuple of (n,
        width).
      data: where to measure, a `Dataset`.

    Returns:
      A tuple of (width,), one rise for each hidden unit, in nats.
    """
    before = loss(model, params, data)
    return tuple(_losses(units, data.y) - before for units in logits_without(params, acts, data.x))


def _losses(several, y):
    """The loss of each of several (..., n, classes) logits."""
    return jax.vmap(lambda z: softmax_cross_entropy_with_integer_labels(z, y).mean())(several)


def logits_without(params, acts, x):
    """The logits without each hidden unit, its mean folded into the next biases.

    The next layer's pre-activations change by a product of two vectors, so only the layers behind
    it are computed again.

    Args:
      params: a chain of Dense layers with ReLU units.
      acts: its hidden activations on its training data, which give the means.
      x: where, (n, inputs).

    Returns:
      A tuple of (width, n, outputs), one for each hidden layer.
    """
    require_activations(acts, params)
    names = chain(params)

    def of_layer(index, h):
        kernel, bias = (params[names[index + 1]][name] for name in ("kernel", "bias"))
        whole, off = h @ kernel + bias[None, :], h - acts[index].mean(axis=0, keepdims=True)

        def without(unit):
            z = whole - unit[0][:, None] * unit[1][None, :]
            for name in names[index + 2 :]:
                z = jax.nn.relu(z) @ params[name]["kernel"] + params[name]["bias"][None, :]
            return z

        return jax.lax.map(without, (off.T, kernel))

    return tuple(
        of_layer(i, h) for i, h in enumerate(hidden_activations(model_of(params), params, x))
    )


def passed_on(whole, without):
    """How much of each unit's variation comes out at the other end.

    If the unit stands at its mean instead, the logits change. This is the root mean square over the
    data of the length of that change, less its mean over the classes, which changes no probability.

    Args:
      whole: the logits (n, classes).
      without: as from `logits_without`.

    Returns:
      A tuple of (width,), one for each hidden layer.
    """

    def size(units):
        change = units - whole[None]
        change -= change.mean(axis=2, keepdims=True)
        return jnp.sqrt(jnp.square(change).sum(axis=2).mean(axis=1))

    return tuple(map(size, without))


def unit_census(model, params, data, test):
    """What is to be known of every hidden unit of one network.

    Returns:
      A dict of (layers, width), or of tuples of (width,) if the layers' widths differ: "std" over
      the data; "outgoing", the norm of its outgoing kernel row; "unexplained", see there; "rise"
      and "rise_test", see `removal_rises`, on the data and on fresh points; "passed", see
      `passed_on`; "bound" and "sharp", its `unit_bounds`.
    """
    acts = hidden_activations(model, params, data.x)
    before, without = loss(model, params, data), logits_without(params, acts, data.x)
    found = {
        "std": tuple(a.std(axis=0) for a in acts),
        "outgoing": tuple(
            jnp.linalg.norm(params[name]["kernel"], axis=1) for name in chain(params)[1:]
        ),
        "unexplained": tuple(unexplained(a) for a in acts),
        "rise": tuple(_losses(units, data.y) - before for units in without),
        "rise_test": removal_rises(model, params, acts, test),
        "passed": passed_on(logits(model, params, data.x), without),
        "bound": unit_bounds(params, acts),
        "sharp": unit_bounds(params, acts, sharp=True),
    }
    same = len({a.shape[1] for a in acts}) == 1
    return {name: jnp.stack(values) if same else values for name, values in found.items()}


def carried_together(key, params, acts, dropped, data, layer=0):
    """What the dropped units of one hidden layer send to the next layer together, and whether its
    direction matters.

    With h the dropped units' activations less their means, and W their outgoing kernel rows,
    removing the units takes Δ = h W (n, next width) from what the next layer sees.

    Args:
      key: a `jax.random.key`, for the random signs.
      params: a chain of Dense layers with ReLU units.
      acts: its hidden activations on the data.
      dropped: the layer's units to drop, an index array.
      data: the training data, a `Dataset`.
      layer: which hidden layer, 0 the first.

    Returns:
      A dict of scalars. "share": the squared size of the single contributions h_i W_i, summed,
      relative to that of all the layer's units; "coherence": the squared size of Δ relative to that
      sum (1 if the contributions are uncorrelated, at most the number of units); "first": the share
      of Δ in its first principal component (all three NaN if no dropped unit varies). And the
      accuracy on the data if one takes from the next layer: "whole": nothing; "pruned": Δ;
      "restored": Δ less its first principal component; "restored_size": Δ, shrunk to the size of
      that, the control; "signs": Σ ± h_i W_i with
      random signs, as large unit by unit, but no longer together; "signs_size": Δ, shrunk to the
      size of that.
    """
    require_activations(acts, params)
    require(
        isinstance(layer, int) and 0 <= layer < len(acts),
        "layer",
        f"0 to {len(acts) - 1}, got {layer!r}",
    )
    require(
        len(data.y) == len(acts[0]), "data", f"the {len(acts[0])} points of acts, got {len(data.y)}"
    )
    require_indices((dropped,), (acts[layer].shape[1],), "dropped")
    names = chain(params)
    kernel = params[names[layer + 1]]["kernel"]
    h = acts[layer] - acts[layer].mean(axis=0, keepdims=True)
    sizes = jnp.square(h).sum(axis=0) * jnp.square(kernel).sum(axis=1)
    mine, rows = h[:, dropped], kernel[dropped]
    delta = mine @ rows
    u, s, v = jnp.linalg.svd(delta, full_matrices=False)
    signs = jax.random.rademacher(key, dropped.shape, delta.dtype)

    def right(taken):
        x = acts[layer] @ kernel + params[names[layer + 1]]["bias"][None, :] - taken
        for name in names[layer + 2 :]:
            x = jax.nn.relu(x) @ params[name]["kernel"] + params[name]["bias"][None, :]
        return (x.argmax(axis=1) == data.y).mean()

    flipped, rest = (mine * signs[None, :]) @ rows, delta - s[0] * u[:, :1] @ v[:1]

    def shrunk(other):
        return delta * jnp.sqrt(
            jnp.square(other).sum() / jnp.maximum(jnp.square(s).sum(), jnp.finfo(s.dtype).tiny)
        )

    return {
        "share": sizes[dropped].sum() / sizes.sum(),
        "coherence": jnp.square(delta).sum() / sizes[dropped].sum(),
        "first": s[0] ** 2 / jnp.square(s).sum(),
        "whole": right(0.0),
        "pruned": right(delta),
        "restored": right(rest),
        "restored_size": right(shrunk(rest)),
        "signs": right(flipped),
        "signs_size": right(shrunk(flipped)),
    }
