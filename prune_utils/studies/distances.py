"""Do pruning and training commute? How far both orders are apart, with their controls."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .._checks import require
from ..chain import chain
from ..compare import agreement, correlation, displacement, linear_cka, unit_permutation_test
from ..models import hidden_activations, logits, model_of
from ..roles import role_correlation
from ..training import accuracy, loss, train
from .orders import prune_both_ways, trained_scores

# What is compared with what. The stranger starts from an unrelated initialisation, on the same
# data.
PAIRS = {
    "orders": ("train_prune", "prune_train"),
    "orders of strangers": ("train_prune", "stranger's prune_train"),
    "both trained last": ("fine_tune", "prune_train"),
    "strangers, both trained last": ("fine_tune", "stranger's prune_train"),
    "other data": ("prune_train", "prune_train, other data"),
}
# The control of a pair: the same kind of networks, of unrelated initialisations. What is broken in
# one is broken in both.
CONTROLS = {
    "orders": "orders of strangers",
    "both trained last": "strangers, both trained last",
}


class Network(NamedTuple):
    """A network to compare: its parameters, and the untrained ones."""

    params: Any
    init: Any


def distances(first, second, data, fresh, grid):
    """How far two networks are apart, in function, weights and roles; 0 for identical networks.

    Args:
      first, second: `Network`s of the same widths.
      data: the training data, where roles are compared.
      fresh: fresh data of the same law, where the functions are compared on data.
      grid: points of the plane (points, inputs), where they are compared on the map.

    Returns:
      A dict of scalars, those of `output_distances`; "kernel" and "moves": one minus the
      correlation of the kernels between hidden layers, and of their displacements; "cka": one minus
      `linear_cka`, mean over the hidden layers; and "roles": `role_correlation` of each hidden
      layer, a tuple of (width, width).
    """
    pair = (first, second)
    acts = [hidden_activations(model_of(n.params), n.params, data.x) for n in pair]
    kernels, untrained = (
        [_inner_kernels(tree) for tree in trees]
        for trees in ((n.params for n in pair), (n.init for n in pair))
    )
    return output_distances(first.params, second.params, fresh, grid) | {
        "kernel": 1 - correlation(*kernels),
        "moves": 1 - correlation(*displacement(kernels, untrained)),
        "cka": 1 - jnp.stack([linear_cka(a, b) for a, b in zip(*acts, strict=True)]).mean(),
        "roles": tuple(role_correlation(a, b) for a, b in zip(*acts, strict=True)),
    }


def output_distances(first, second, fresh, grid):
    """How far apart are what two networks compute; 0 for identical networks.

    Args:
      first, second: parameters of `MLP`s, of any widths.
      fresh: fresh data, where they are compared on data.
      grid: points of the plane (points, inputs), where they are compared on the map.

    Returns:
      A dict of scalars, "map" and "data": share of the grid and of the fresh points that the two
      put in different classes; "probability": total variation between their class probabilities,
      and "kl": half the sum of the Kullback-Leibler divergences both ways, in nats, both the mean
      over the fresh points.
    """
    maps, outputs = (
        [logits(model_of(params), params, x) for params in (first, second)] for x in (grid, fresh.x)
    )
    apart = jnp.subtract(*(jax.nn.softmax(values) for values in outputs))
    logs = jnp.subtract(*(jax.nn.log_softmax(values) for values in outputs))
    return {
        "map": 1 - agreement(*maps),
        "data": 1 - agreement(*outputs),
        "probability": jnp.abs(apart).sum(axis=1).mean() / 2,
        "kl": (apart * logs).sum(axis=1).mean() / 2,
    }


def require_two_layers(settings):
    require(
        len(settings.keep_counts) >= 2,
        "settings",
        "at least two hidden layers, with a kernel between them",
    )


def _inner_kernels(params):
    """The kernels between hidden layers, all their weights in one row."""
    return jnp.concatenate([params[name]["kernel"].ravel() for name in chain(params)[1:-1]])


def compare_orders(key, experiment, criterion, settings, grid):
    """Both orders of one seed and every control, pair by pair.

    Args:
      key: a `jax.random.key`, for the stranger's random scores, the other data and the tests.
      experiment: an `Experiment` with this criterion.
      criterion: whose units are kept.
      settings: the experiment's `Settings`.
      grid: points of the plane (points, inputs).

    Returns:
      (pairs, scores): a dict of `distances` by the names of `PAIRS`, each with "p", the p-value of
      `unit_permutation_test` for the displacements of the first kernel between hidden layers; and
      the test accuracy and loss of every network, a dict name -> (2,).
    """
    require_two_layers(settings)
    require(
        criterion in experiment.branches,
        "criterion",
        f"one of {', '.join(experiment.branches)}, got {criterion!r}",
    )
    e, branch = experiment, experiment.branches[criterion]
    score_key, data_key, test_key = jax.random.split(key, 3)
    scores = trained_scores(criterion, settings.model, e.stranger.params, e.data, score_key)
    stranger = prune_both_ways(e.stranger_init, e.stranger, e.data, scores, settings)
    other, _ = settings.task(data_key, test_key)
    elsewhere = train(settings.small_model, branch.init, other, settings.train)
    networks = {
        "full": Network(e.full.params, e.init),
        "train_prune": Network(branch.train_prune, branch.init),
        "fine_tune": Network(branch.fine_tune.params, branch.init),
        "prune_train": Network(branch.prune_train.params, branch.init),
        "prune_train, other data": Network(elsewhere.params, branch.init),
        "stranger's prune_train": Network(stranger.prune_train.params, stranger.init),
    }
    pairs = {
        name: distances(*(networks[n] for n in pair), e.data, e.test, grid)
        for name, pair in PAIRS.items()
    }
    for name, pair in PAIRS.items():
        layer, both = chain(branch.init)[1], (networks[n] for n in pair)
        moves = (displacement(n.params[layer]["kernel"], n.init[layer]["kernel"]) for n in both)
        pairs[name]["p"] = unit_permutation_test(test_key, *moves, permutations=199)[2]
    measured = {
        name: jnp.stack([f(model_of(n.params), n.params, e.test) for f in (accuracy, loss)])
        for name, n in networks.items()
    }
    return pairs, measured
