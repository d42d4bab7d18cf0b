"""One seed: a trained network pruned by every criterion and rung, and which of its units it
needs."""

from functools import partial

import jax
import jax.numpy as jnp

from ..bounds import lipschitz_bound, unit_bounds
from ..chain import chain, hidden_widths, require_activations
from ..chain_pruning import prune
from ..compensation import COMPENSATIONS
from ..criteria import CRITERIA, dropped, keep_highest
from ..elimination import KINDS, unit_kinds
from ..keys import named_key
from ..models import hidden_activations, logits, model_of
from ..training import accuracy, loss
from .ladder import from_few_points, pruned_scores
from .orders import run_experiment, trained_scores
from .removal import unit_census
from .shifts import folded_scores

# Every criterion of the package, and the sharper bound on what a unit's removal costs.
SCORES = (*CRITERIA, "certificate")
TOLERANCES = (1e-2, 1e-4)  # beside the usual one of `unit_kinds`


def network_scores(key, experiment, names=SCORES):
    """The scores of the trained full network: a dict name -> tuple of (width,).

    Args:
      key: the seed's `jax.random.key`, for random scores.
      experiment: an `Experiment`.
      names: of `SCORES`.
    """
    e, own = experiment, named_key(key, "scores")
    params, model = e.full.params, model_of(e.full.params)
    return {
        name: unit_bounds(params, e.acts, sharp=True)
        if name == "certificate"
        else trained_scores(name, model, params, e.data, own)
        for name in names
    }


def spared(key, settings, counts):
    """What can be spared in one trained network.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings`; its hidden layers are of one width.
      counts: numbers of units, each kept in every hidden layer.

    Returns:
      A dict. "full": test accuracy and loss of the whole network (2,); "loss": its loss on the
      data; "rungs": `pruned_scores` on the test data, criteria in the order of `SCORES`; "units":
      `unit_census`, and "passed", see `passed_on`; "kinds": `unit_kinds` (layers, width);
      "untrained": the same before training; "looser": the share of needed units at
      each of `TOLERANCES`; "dropped": the kinds (layers, dropped) of what each criterion drops at
      `settings.keep_counts`; "half", "bounds": see `std_pruned`; "params", "data".
    """
    e, model = run_experiment(key, settings), settings.model
    params, widths = e.full.params, hidden_widths(e.full.params)
    scores, kinds = network_scores(key, e), unit_kinds(params, e.acts)
    gone = {
        name: dropped(keep_highest(score, settings.keep_counts), widths)
        for name, score in scores.items()
    }
    needed = KINDS.index("needed")
    return {
        "full": jnp.stack([f(model, params, e.test) for f in (accuracy, loss)]),
        "loss": loss(model, params, e.data),
        "rungs": pruned_scores(scores, params, e.acts, e.test, counts, tuple(COMPENSATIONS)),
        "units": unit_census(model, params, e.data, e.test)
        | {"passed": jnp.stack(passed_on(params, e.acts, e.data))},
        "kinds": jnp.stack(kinds),
        "untrained": jnp.stack(unit_kinds(e.init, hidden_activations(model, e.init, e.data.x))),
        "looser": {
            tolerance: (jnp.concatenate(unit_kinds(params, e.acts, tolerance)) == needed).mean()
            for tolerance in TOLERANCES
        },
        "dropped": {
            name: jnp.stack([kind[units] for kind, units in zip(kinds, layers)])
            for name, layers in gone.items()
        },
        **std_pruned(params, e.acts, e.data, keep_highest(scores["std"], settings.keep_counts)),
        "params": params,
        "data": e.data,
    }


def passed_on(params, acts, data):
    """How much of each unit's variation comes out at the other end.

    If the unit stands at its mean instead, the difference between the two logits, which is all that
    the class probabilities depend on, changes. This is the root mean square of that change over the
    data.

    Args:
      params: a chain of Dense layers with two outputs.
      acts: its hidden activations on the data.
      data: a `Dataset`.

    Returns:
      A tuple of (width,), one for each hidden layer.
    """
    require_activations(acts, params)
    names, model = chain(params), model_of(params)

    def margin(network):
        return jnp.diff(logits(model, network, data.x), axis=1)

    def without(index, unit):
        layer = params[names[index + 1]]
        folded = {
            "kernel": layer["kernel"].at[unit].set(0),
            "bias": layer["bias"] + acts[index].mean(axis=0)[unit] * layer["kernel"][unit],
        }
        change = margin({**params, names[index + 1]: folded}) - margin(params)
        return jnp.sqrt(jnp.square(change).mean())

    return tuple(jax.vmap(partial(without, i))(jnp.arange(a.shape[1])) for i, a in enumerate(acts))


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


def spared_after_training(key, settings, names, counts, config, kept, points, ridges):
    """What a short training after pruning levels, and what least squares does with few points.

    Args:
      key, settings, counts: as for `spared`.
      names: criteria, of `SCORES`.
      config: how to train after pruning, a `TrainConfig`.
      kept: how many random units of each hidden layer are kept for the few points.
      points, ridges: as for `from_few_points`.

    Returns:
      (trained, few): `folded_scores`, criteria in the order of `names`; `from_few_points`.
    """
    e = run_experiment(key, settings)
    params, own = e.full.params, named_key(key, "scores")
    scores = network_scores(key, e, names)
    trained = folded_scores(own, scores, params, e.acts, e.data, e.test, counts, config)
    random = network_scores(key, e, ("random",))["random"]
    keep = keep_highest(random, (kept,) * len(e.acts))
    return trained, from_few_points(own, params, e.acts, keep, e.test, points, ridges)


def kinds_and_accuracy(key, settings):
    """`unit_kinds` of all hidden units of one trained network in a row, and its test accuracy."""
    e = run_experiment(key, settings)
    kinds = jnp.concatenate(unit_kinds(e.full.params, e.acts))
    return kinds, accuracy(settings.model, e.full.params, e.test)
