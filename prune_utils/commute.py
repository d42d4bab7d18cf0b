"""Do pruning and training commute? Both orders side by side with their controls, and swept over settings."""

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ._checks import require
from .compare import agreement, correlation, displacement, linear_cka, role_correlation, unit_permutation_test
from .criteria import dropped, keep_highest
from .experiment import prune_both_ways, run_experiment, trained_scores
from .measures import same_roles
from .models import MLP, chain, hidden_activations, hidden_widths, logits, model_of
from .pruning import prune, slice_units
from .training import accuracy, loss, train
from .units import dead_units

# What is compared with what. The stranger starts from an unrelated initialisation, on the same data.
PAIRS = {
    "orders": ("train_prune", "prune_train"),
    "orders, both trained last": ("fine_tune", "prune_train"),
    "pruned and whole": ("train_prune", "full, its kept units"),
    "strangers": ("prune_train", "stranger's prune_train"),
    "orders of strangers": ("train_prune", "stranger's prune_train"),
    "whole strangers": ("full", "stranger"),
    "other data": ("prune_train", "prune_train, other data"),
}


class Network(NamedTuple):
    """A network to compare: its parameters, the untrained ones, and which of its hidden units correspond to the other's."""

    params: Any
    init: Any
    units: tuple | None = None


def distances(first, second, data, test, grid):
    """How far two networks are apart, in function, weights and roles; 0 for identical networks.

    Args:
      first, second: `Network`s with the same number of corresponding units.
      data: the training data, where roles are compared.
      test: fresh data of the same law.
      grid: points of the plane (points, inputs).

    Returns:
      A dict of scalars, "map" and "test": share of the grid and of the test points that the two put in different classes;
      "probability": mean absolute difference of the probability of a class over the grid; "kernel" and "moves": one minus
      the correlation of the kernels between hidden layers, and of their displacements; "cka": one minus `linear_cka`,
      mean over the hidden layers; and "roles": `role_correlation` of each hidden layer, a tuple of (width, width).
    """
    pair = (first, second)
    maps, tests = ([logits(model_of(n.params), n.params, x) for n in pair] for x in (grid, test.x))
    chances = [jax.nn.softmax(values) for values in maps]
    acts = [hidden_activations(model_of(n.params), n.params, data.x) for n in pair]
    acts = [a if n.units is None else tuple(h[:, u] for h, u in zip(a, n.units)) for a, n in zip(acts, pair)]
    weights, starts = (
        [tree if n.units is None else slice_units(tree, n.units) for n, tree in zip(pair, trees)]
        for trees in ((n.params for n in pair), (n.init for n in pair))
    )
    kernels, untrained = ([_inner_kernels(tree) for tree in trees] for trees in (weights, starts))
    moves = displacement(kernels, untrained)
    return {
        "map": 1 - agreement(*maps),
        "test": 1 - agreement(*tests),
        "probability": jnp.abs(chances[0] - chances[1]).sum(axis=1).mean() / 2,
        "kernel": 1 - correlation(*kernels),
        "moves": 1 - correlation(*moves),
        "cka": 1 - jnp.stack([linear_cka(a, b) for a, b in zip(*acts, strict=True)]).mean(),
        "roles": tuple(role_correlation(a, b) for a, b in zip(*acts, strict=True)),
    }


def _require_two_layers(settings):
    require(len(settings.keep_counts) >= 2, "settings", "at least two hidden layers, with a kernel between them")


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
      (pairs, scores): a dict of `distances` by the names of `PAIRS`, those of equally wide networks with "p", the p-value of
      `unit_permutation_test` for the displacements of the first kernel between hidden layers; and the test accuracy and
      loss of every network, a dict name -> (2,).
    """
    _require_two_layers(settings)
    require(
        criterion in experiment.branches, "criterion", f"one of {', '.join(experiment.branches)}, got {criterion!r}"
    )
    e, branch = experiment, experiment.branches[criterion]
    score_key, data_key, test_key = jax.random.split(key, 3)
    scores = trained_scores(criterion, settings.model, e.stranger.params, e.data, score_key)
    stranger = prune_both_ways(e.stranger_init, e.stranger, e.data, scores, settings)
    other = settings.draw(data_key, settings.points_per_arm)
    elsewhere = train(settings.small_model, branch.init, other, settings.train)
    networks = {
        "full": Network(e.full.params, e.init),
        "full, its kept units": Network(e.full.params, e.init, branch.keep),
        "train_prune": Network(branch.train_prune, branch.init),
        "fine_tune": Network(branch.fine_tune.params, branch.init),
        "prune_train": Network(branch.prune_train.params, branch.init),
        "prune_train, other data": Network(elsewhere.params, branch.init),
        "stranger": Network(e.stranger.params, e.stranger_init),
        "stranger's prune_train": Network(stranger.prune_train.params, stranger.init),
    }
    pairs = {name: distances(*(networks[n] for n in pair), e.data, e.test, grid) for name, pair in PAIRS.items()}
    for name in ("orders", "strangers", "other data"):
        layer = chain(branch.init)[1]
        both = (networks[n] for n in PAIRS[name])
        moves = (displacement(n.params[layer]["kernel"], n.init[layer]["kernel"]) for n in both)
        pairs[name]["p"] = unit_permutation_test(test_key, *moves, permutations=199)[2]
    measured = {
        name: jnp.stack([f(model_of(n.params), n.params, e.test) for f in (accuracy, loss)])
        for name, n in networks.items()
        if n.units is None
    }
    return pairs, measured


def sweep(key, settings, cells, grid):
    """Both orders of one full network, for several numbers of kept units and criteria.

    The control is a network of as many units of an unrelated initialisation, trained on the same data.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings`; its criteria and keep counts are not used.
      cells: a dict number of units, kept in every hidden layer -> names of criteria, as for `unit_scores`.
      grid: points of the plane (points, inputs).

    Returns:
      (whole, cells): a dict of scalars, "full": test accuracy of the full network, "dead": the share of its hidden units that
      are; and a dict count -> dict of arrays (criteria,): "train_prune" and "prune_train", the test accuracies; "orders"
      and "strangers": on what share of the grid the two orders differ, and prune_train and its control; "moves": one minus the
      correlation of the two orders' displacements; "roles" (criteria, 2): `same_roles`; "dropped_dead": the share of the
      dropped units that are dead.
    """
    _require_two_layers(settings)
    require(all(cells.values()), "cells", "at least one criterion for every count")
    e, model = run_experiment(key, replace(settings, criteria=())), settings.model
    score_key = jax.random.fold_in(key, 6)  # the experiment uses 0 to 4
    names = sorted({name for row in cells.values() for name in row})
    scores = {name: trained_scores(name, model, e.full.params, e.data, score_key) for name in names}
    dead, swept = dead_units(e.acts), {}
    for count, criteria in cells.items():
        counts = (count,) * len(e.acts)
        small = MLP((*counts, settings.features[-1]))
        unrelated = slice_units(e.stranger_init, tuple(jnp.arange(count) for count in counts))
        stranger = logits(small, train(small, unrelated, e.data, settings.train).params, grid)

        def both(keep):
            init = slice_units(e.init, keep)
            pruned = prune(e.full.params, keep, e.acts, settings.compensation)
            trained = train(small, init, e.data, settings.train).params
            apart = distances(Network(pruned, init), Network(trained, init), e.data, e.test, grid)
            acts = [hidden_activations(small, params, e.data.x) for params in (pruned, trained)]
            gone = [units[out] for units, out in zip(dead, dropped(keep, hidden_widths(e.init)))]
            return {
                "train_prune": accuracy(small, pruned, e.test),
                "prune_train": accuracy(small, trained, e.test),
                "orders": apart["map"],
                "strangers": 1 - agreement(logits(small, trained, grid), stranger),
                "moves": apart["moves"],
                "roles": jnp.stack(same_roles(*acts)),
                "dropped_dead": jnp.concatenate(gone).mean(),
            }

        keeps = [keep_highest(scores[name], counts) for name in criteria]
        swept[count] = jax.lax.map(both, jax.tree.map(lambda *units: jnp.stack(units), *keeps))
    whole = {"full": accuracy(model, e.full.params, e.test), "dead": jnp.concatenate(dead).mean()}
    return whole, swept
