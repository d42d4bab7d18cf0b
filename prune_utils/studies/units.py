"""What single hidden units do: which are dead, since when, and how far they are from waking."""

from functools import partial

import jax
import jax.numpy as jnp

from .._checks import require, require_indices
from ..chain import chain, hidden_widths, require_activations
from ..keys import named_key
from ..models import hidden_activations, model_of
from ..training import loss


def dead_units(acts):
    """Units with zero activation on every point: a tuple of boolean (width,), one for each hidden
    layer."""
    return tuple((a == 0).all(axis=0) for a in acts)


def dead_over_time(model, snapshots, x):
    """`dead_units` for a stack of parameters (snapshots first): a tuple of boolean (snapshots,
    width)."""
    return jax.vmap(lambda params: dead_units(hidden_activations(model, params, x)))(snapshots)


def never_together(acts):
    """Pairs of units in neighbouring hidden layers that are never active on the same point.

    The weight between two such units gets no gradient.

    Args:
      acts: hidden activations, a tuple of (n, width) with at least two layers.

    Returns:
      A tuple of boolean (width, next width), one for each pair of neighbouring layers.
    """
    active = [(a > 0).astype(a.dtype) for a in acts]
    return tuple(first.T @ second == 0 for first, second in zip(active, active[1:]))


def weight_gradients(model, params, data):
    """The largest |gradient of the loss| among each unit's incoming and outgoing weights: a tuple
    of (width,)."""
    gradient, names = jax.grad(partial(loss, model))(params, data), chain(params)
    return tuple(
        jnp.maximum(
            jnp.abs(gradient[own]["kernel"]).max(axis=0),
            jnp.abs(gradient[after]["kernel"]).max(axis=1),
        )
        for own, after in zip(names, names[1:])
    )


def wake_distance(params, x, acts):
    """How far each unit's own weights must move, at the least, before it is active on some point.

    A ReLU unit with incoming kernel column w and bias b is active on the input v where w · v + b >
    0. The shortest move of (w, b) that gets there is −(w · v + b) / √(|v|² + 1), the distance of a
    point to a plane; the minimum over the data is the answer, and 0 for a unit that is active
    already.

    Args:
      params: a chain of Dense layers.
      x: the data (n, inputs).
      acts: the hidden activations there, a tuple of (n, width).

    Returns:
      A tuple of (width,) arrays of Euclidean distances in the space of the unit's own weights and
      bias.
    """
    require_activations(acts, params)
    require(
        x.ndim == 2 and len(x) == len(acts[0]),
        "x",
        f"the {len(acts[0])} points of acts, got shape {x.shape}",
    )
    result = []
    for name, inputs in zip(chain(params)[:-1], (x, *acts[:-1]), strict=True):
        pre = inputs @ params[name]["kernel"] + params[name]["bias"][None, :]
        norm = jnp.sqrt(jnp.square(inputs).sum(axis=1, keepdims=True) + 1)
        result.append(jnp.maximum((-pre / norm).min(axis=0), 0))
    return tuple(result)


def plant_constants(key, params, units):
    """Cuts the inputs of some hidden units and gives them random positive biases: their activation
    is then constant.

    Args:
      key: a `jax.random.key`.
      params: a chain of Dense layers.
      units: a tuple of index arrays, one for each hidden layer.

    Returns:
      The changed parameters.
    """
    require_indices(units, hidden_widths(params), "units")
    params = dict(params)
    for name, chosen in zip(chain(params)[:-1], units, strict=True):
        values = jax.random.uniform(named_key(key, name), chosen.shape)
        kernel, bias = jnp.asarray(params[name]["kernel"]), jnp.asarray(params[name]["bias"])
        params[name] = {"kernel": kernel.at[:, chosen].set(0), "bias": bias.at[chosen].set(values)}
    return params


def perturb_units(key, params, units, size):
    """Moves the incoming weights and the bias of some hidden units in a random direction.

    Args:
      key: a `jax.random.key`.
      params: a chain of Dense layers.
      units: a tuple of index arrays, one for each hidden layer.
      size: length of the move relative to the length of the unit's own weights and bias; 0.1 is a
        tenth of them.

    Returns:
      The perturbed parameters.
    """
    require_indices(units, hidden_widths(params), "units")
    params = dict(params)
    for name, chosen in zip(chain(params)[:-1], units, strict=True):
        kernel, bias = jnp.asarray(params[name]["kernel"]), jnp.asarray(params[name]["bias"])
        own = jnp.concatenate([kernel[:, chosen], bias[None, chosen]])
        move = jax.random.normal(named_key(key, name), own.shape)
        move *= size * (jnp.linalg.norm(own, axis=0) / jnp.linalg.norm(move, axis=0))[None, :]
        params[name] = {
            "kernel": kernel.at[:, chosen].add(move[:-1]),
            "bias": bias.at[chosen].add(move[-1]),
        }
    return params


def idleness(model, params, data, acts, units):
    """How little some hidden units do, and how far they are from doing more.

    Args:
      model: the network.
      params: a chain of Dense layers.
      data: the training data, a `Dataset`.
      acts: the hidden activations there.
      units: index arrays, one for each hidden layer.

    Returns:
      A dict of arrays, one number a unit, first layer first: "dead"; "gradient", see
      `weight_gradients`; "distance", see
      `wake_distance`, here relative to the length of the unit's own weights and bias.
    """
    layers = [params[name] for name in chain(params)[:-1]]
    lengths = [
        jnp.linalg.norm(jnp.vstack([layer["kernel"], layer["bias"]]), axis=0) for layer in layers
    ]
    distances = [
        d / length for d, length in zip(wake_distance(params, data.x, acts), lengths, strict=True)
    ]
    measured = {
        "dead": dead_units(acts),
        "gradient": weight_gradients(model, params, data),
        "distance": distances,
    }
    return {
        name: jnp.concatenate([v[u] for v, u in zip(values, units, strict=True)])
        for name, values in measured.items()
    }


def loss_rises(key, params, data, units, sizes):
    """What moving some units' weights at random does to the training loss, in nats: (sizes,). See
    `perturb_units`."""
    model = model_of(params)
    moved = [loss(model, perturb_units(key, params, units, size), data) for size in sizes]
    return jnp.stack(moved) - loss(model, params, data)
