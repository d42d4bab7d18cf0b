"""Both orders over numbers of kept units."""

from dataclasses import replace

import jax
import jax.numpy as jnp

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
from .rules import RULES
from .units import dead_units


def sweep(key, settings, counts, grid):
    """Both orders of one full network, for several numbers of kept units.

    The control of the orders are orders of strangers: train_prune, and a network of as many units
    of an unrelated initialisation, trained on the same data.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings`; its keep counts are not used.
      counts: numbers of units, each kept in every hidden layer.
      grid: points of the plane (points, inputs).

    Returns:
      (whole, swept): a dict of scalars, "full": test accuracy of the full network, "dead": the
      share of its hidden units that are; and a dict criterion -> dict of arrays (counts,):
      "train_prune" and "prune_train", the test accuracies; "orders" and "orders of strangers": on
      what share of the grid the two orders differ, and train_prune and its control; "moves": one
      minus the correlation of the two orders' displacements; "roles" (counts, 2): `same_roles`;
      "dropped_dead": the share of the dropped units that are dead.
    """
    require_two_layers(settings)
    e, model = run_experiment(key, replace(settings, criteria=())), settings.model
    score_key = named_key(key, "scores")
    scores = [
        trained_scores(name, model, e.full.params, e.data, score_key) for name in settings.criteria
    ]
    dead, rows = dead_units(e.acts), []
    for count in counts:
        both = both_at(e, settings, (count,) * len(e.acts), dead, grid)
        keeps = [keep_highest(own, (count,) * len(e.acts)) for own in scores]
        rows.append(jax.lax.map(both, jax.tree.map(lambda *units: jnp.stack(units), *keeps)))
    table = jax.tree.map(lambda *found: jnp.stack(found, axis=1), *rows)  # criteria, counts
    whole = {"full": accuracy(model, e.full.params, e.test), "dead": jnp.concatenate(dead).mean()}
    return whole, {
        name: jax.tree.map(lambda leaf: leaf[i], table) for i, name in enumerate(settings.criteria)
    }


def both_at(e, settings, counts, dead, grid):
    """A function of the kept units, as many as `counts` in each layer: what `sweep` measures.

    Args:
      e: an `Experiment`.
      settings, counts, grid: see `sweep`.
      dead: the dead units of each hidden layer of its full network.
    """
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
            "roles": jnp.stack(same_roles(*acts, RULES["P14"].alike)),
            "dropped_dead": jnp.concatenate(gone).mean(),
        }

    return both
