"""Dead units or the learning rate: death planted where it is rare, prevented where it is common."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from .._checks import concrete, require
from ..chain import chain
from ..chain_pruning import prune
from ..criteria import dropped, keep_highest
from ..keys import named_key
from ..models import MLP, hidden_activations
from ..training import accuracy, train
from .orders import run_experiment, trained_scores

# So far below zero that no point and no training brings the unit back.
DEAD_BIAS = -1e6


def warm_up(rate, steps=100):
    """Adam whose learning rate rises in equal parts over the first steps."""
    return optax.adam(lambda count: rate * jnp.minimum((count + 1) / steps, 1.0))


class Cell(NamedTuple):
    """One cell of the factorial: a learning rate, the share of each hidden layer that is planted
    dead, the activation, and the optimizer (learning rate -> `optax.GradientTransformation`)."""

    rate: float
    planted: float = 0.0
    activation: Callable = jax.nn.relu
    optimizer: Callable = optax.adam

    def settings(self, settings):
        """The experiment's `Settings` at this cell's learning rate and optimizer."""
        trained = replace(settings.train, learning_rate=self.rate, optimizer=self.optimizer)
        return replace(settings, criteria=(), train=trained)


CELLS = {
    "0.01, ReLU": Cell(0.01),
    "0.01, 20 % planted dead": Cell(0.01, planted=0.2),
    "0.01, 40 % planted dead": Cell(0.01, planted=0.4),
    "0.01, 50 % planted dead": Cell(0.01, planted=0.5),
    "0.01, |x|": Cell(0.01, activation=jnp.abs),
    "0.1, ReLU": Cell(0.1),
    "0.1, ReLU, warm-up": Cell(0.1, optimizer=warm_up),
    "0.1, leaky ReLU": Cell(0.1, activation=jax.nn.leaky_relu),
    "0.1, GELU": Cell(0.1, activation=jax.nn.gelu),
    "0.1, |x|": Cell(0.1, activation=jnp.abs),
}


def plant_dead(key, params, share):
    """Gives a random share of each hidden layer a bias of `DEAD_BIAS`: as ReLU units these are zero
    on all data, and no gradient ever reaches them.

    Args:
      key: a `jax.random.key`.
      params: a chain of Dense layers.
      share: of each layer, from 0 to 1, rounded to whole units; may be traced.

    Returns:
      The changed parameters.
    """
    require(not concrete(share) or 0 <= share <= 1, "share", f"a number from 0 to 1, got {share!r}")
    params = dict(params)
    for name in chain(params)[:-1]:
        bias = jnp.asarray(params[name]["bias"])
        place = jax.random.permutation(named_key(key, name), len(bias))
        many = jnp.round(jnp.asarray(share, bias.dtype) * len(bias)).astype(place.dtype)
        params[name] = {**params[name], "bias": jnp.where(place < many, DEAD_BIAS, bias)}
    return params


def pruned_halves(key, settings, share, activation):
    """One network, trained with a share of its units planted dead, and what pruning does to it.

    Args:
      key: a `jax.random.key`, the seed of the experiment; data and initial weights are those of
        `run_experiment`.
      settings: a `Settings`, with the units to keep.
      share: planted dead in each hidden layer, see `plant_dead`.
      activation: of the hidden units.

    Returns:
      A dict of scalars. "full", "std", "random": test accuracy of the whole network, and after
      pruning by that criterion, means folded; "never": the share of hidden units whose activation
      is nowhere above zero on the training data (for ReLU, the dead); "std_never", "random_never":
      the same of the units that the criterion drops.
    """
    e = run_experiment(key, settings)
    start = plant_dead(named_key(key, "planted"), e.init, share)
    model, small = (
        MLP(features, activation)
        for features in (settings.features, (*settings.keep_counts, settings.features[-1]))
    )
    params = train(model, start, e.data, settings.train).params
    acts = hidden_activations(model, params, e.data.x)
    never = [(a <= 0).all(axis=0) for a in acts]
    found = {
        "full": accuracy(model, params, e.test),
        "never": jnp.concatenate(never).mean(),
    }
    for name in ("std", "random"):
        scores = trained_scores(name, model, params, e.data, named_key(key, "random half"))
        keep = keep_highest(scores, settings.keep_counts)
        gone = dropped(keep, settings.features[:-1])
        found[name] = accuracy(small, prune(params, keep, acts, "mean"), e.test)
        found[f"{name}_never"] = jnp.concatenate(
            [layer[units] for layer, units in zip(never, gone, strict=True)]
        ).mean()
    return found


# One function object for each activation: cells that differ in numbers alone compile once.
MEASURES = {
    activation: partial(pruned_halves, activation=activation)
    for activation in dict.fromkeys(cell.activation for cell in CELLS.values())
}


def cost(cell, criterion="std"):
    """What pruning by a criterion costs of test accuracy, (seeds,); cell: `pruned_halves` over
    seeds."""
    return cell["full"] - cell[criterion]
