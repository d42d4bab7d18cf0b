"""One seed: a trained network pruned by every criterion and rung, and which of its units it
needs."""

import jax.numpy as jnp

from ..bounds import lipschitz_bound
from ..chain_pruning import prune
from ..compensation import COMPENSATIONS
from ..criteria import keep_highest
from ..elimination import KINDS, unit_kinds
from ..keys import named_key
from ..models import hidden_activations, model_of
from ..training import accuracy, loss
from .ladder import pruned_scores
from .orders import run_experiment, trained_scores
from .removal import unit_census
from .rules import RULES
from .shifts import folded_scores

SCORES = ("random", "std", "contribution", "unexplained")
USUAL, TOLERANCES = RULES["F4"].error, (1e-2, 1e-4)  # F4's, and others beside it


def network_scores(key, experiment, names=SCORES):
    """The scores of the trained full network: a dict name -> tuple of (width,).

    Args:
      key: the seed's `jax.random.key`, for random scores.
      experiment: an `Experiment`.
      names: of `SCORES`.
    """
    e, own = experiment, named_key(key, "scores")
    params, model = e.full.params, model_of(e.full.params)
    return {name: trained_scores(name, model, params, e.data, own) for name in names}


def spared(key, settings, counts):
    """What can be spared in one trained network.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings`; its hidden layers are of one width.
      counts: numbers of units, each kept in every hidden layer.

    Returns:
      A dict. "full": test accuracy and loss of the whole network (2,); "loss": its loss on the
      data; "rungs": `pruned_scores` on the test data, criteria in the order of `SCORES`; "units":
      `unit_census`; "kinds": `unit_kinds` (layers, width); "untrained": the same before training;
      "looser": the share of needed units at each of `TOLERANCES`; "half", "bounds": see
      `std_pruned`; "params", "data".
    """
    e, model = run_experiment(key, settings), settings.model
    params, scores = e.full.params, network_scores(key, e)
    needed, start = KINDS.index("needed"), hidden_activations(model, e.init, e.data.x)
    return {
        "full": jnp.stack([f(model, params, e.test) for f in (accuracy, loss)]),
        "loss": loss(model, params, e.data),
        "rungs": pruned_scores(scores, params, e.acts, e.test, counts, tuple(COMPENSATIONS)),
        "units": unit_census(model, params, e.data, e.test),
        "kinds": jnp.stack(unit_kinds(params, e.acts, USUAL)),
        "untrained": jnp.stack(unit_kinds(e.init, start, USUAL)),
        "looser": {
            tolerance: (jnp.concatenate(unit_kinds(params, e.acts, tolerance)) == needed).mean()
            for tolerance in TOLERANCES
        },
        **std_pruned(params, e.acts, e.data, keep_highest(scores["std"], settings.keep_counts)),
        "params": params,
        "data": e.data,
    }


def std_pruned(params, acts, data, keep):
    """The loss after pruning to the units `keep`, and its bounds: a dict of two dicts by rung.

    "half": the loss on the data; "bounds": `lipschitz_bound`, plain and sharp (2,).
    """
    rungs = ("mean", "least_squares")
    small = {rung: prune(params, keep, acts, rung) for rung in rungs}
    return {
        "half": {rung: loss(model_of(pruned), pruned, data) for rung, pruned in small.items()},
        "bounds": {
            rung: jnp.stack(
                [lipschitz_bound(params, acts, keep, rung, sharp) for sharp in (False, True)]
            )
            for rung in rungs
        },
    }


def spared_after_training(key, settings, names, counts, config):
    """What a short training after pruning levels: `folded_scores`, criteria in the order of
    `names`.

    Args:
      key, settings, counts: as for `spared`.
      names: criteria, of `SCORES`.
      config: how to train after pruning, a `TrainConfig`.
    """
    e = run_experiment(key, settings)
    scores, own = network_scores(key, e, names), named_key(key, "scores")
    return folded_scores(own, scores, e.full.params, e.acts, e.data, e.test, counts, config)


def kinds_and_accuracy(key, settings):
    """`unit_kinds` of all hidden units of one trained network in a row, and its test accuracy."""
    e = run_experiment(key, settings)
    kinds = jnp.concatenate(unit_kinds(e.full.params, e.acts, USUAL))
    return kinds, accuracy(settings.model, e.full.params, e.test)
