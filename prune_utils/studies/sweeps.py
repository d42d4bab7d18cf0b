"""Both orders over numbers of kept units and criteria."""

from dataclasses import replace

import jax
import jax.numpy as jnp

from .._checks import require
from ..chain import hidden_widths
from ..chain_pruning import prune, slice_units
from ..compare import agreement
from ..criteria import dropped, keep_highest
from ..keys import named_key
from ..models import MLP, hidden_activations, logits
from ..roles import same_roles
from ..training import accuracy, train
from .distances import Network, distances, require_two_layers
from .orders import run_experiment, trained_scores
from .units import dead_units


def sweep(key, settings, cells, grid):
    """Both orders of one full network, for several numbers of kept units and criteria.

    The control of the orders are orders of strangers: train_prune, and a network of as many units
    of an unrelated initialisation, trained on the same data.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings`; its criteria and keep counts are not used.
      cells: a dict number of units, kept in every hidden layer -> names of criteria, as for
        `unit_scores`.
      grid: points of the plane (points, inputs).

    Returns:
      (whole, cells): a dict of scalars, "full": test accuracy of the full network, "dead": the
      share of its hidden units that are; and a dict count -> dict of arrays (criteria,):
      "train_prune" and "prune_train", the test accuracies; "orders" and "orders of strangers":
      on what share of the grid the two orders differ, and train_prune and its control; "moves":
      one minus the correlation of the two orders' displacements; "roles" (criteria, 2):
      `same_roles`; "dropped_dead": the share of the dropped units that are dead.
    """
    require_two_layers(settings)
    require(all(cells.values()), "cells", "at least one criterion for every count")
    e, model = run_experiment(key, replace(settings, criteria=())), settings.model
    score_key = named_key(key, "scores")
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
                "orders of strangers": 1 - agreement(logits(small, pruned, grid), stranger),
                "moves": apart["moves"],
                "roles": jnp.stack(same_roles(*acts)),
                "dropped_dead": jnp.concatenate(gone).mean(),
            }

        keeps = [keep_highest(scores[name], counts) for name in criteria]
        swept[count] = jax.lax.map(both, jax.tree.map(lambda *units: jnp.stack(units), *keeps))
    whole = {"full": accuracy(model, e.full.params, e.test), "dead": jnp.concatenate(dead).mean()}
    return whole, swept
