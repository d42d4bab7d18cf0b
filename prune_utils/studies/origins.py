"""What both orders share: the start. Their networks, which gradients each weight saw, and what
units did before training."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from ..chain import chain
from ..chain_pruning import slice_units
from ..compare import displacement
from ..gradients import recording
from ..keys import named_key
from ..linalg import centred
from ..models import hidden_activations
from ..roles import role_correlation
from .distances import require_two_layers
from .orders import prune_both_ways, run_experiment, trained_scores

FIRST_STEPS = 10  # in which the first kick is given, and mostly spent


def both_origins(key, settings, criterion="std"):
    """Both orders of one seed, those of strangers, and where they came from.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings` with this criterion.
      criterion: whose units are kept.

    Returns:
      A dict. "networks": the parameters of train_prune, prune_train, fine_tune and the stranger's
      prune_train; "matches": pairs of these -> `role_correlation` of each hidden layer; "test":
      fresh data; "kernels": for three of them a dict of the first kernel between hidden layers,
      "count" of the non-zero gradients of each weight, its "early" displacement, in the first
      `FIRST_STEPS` steps, and all of it, "move"; "same": see `unit_by_unit`.
    """
    require_two_layers(settings)
    traced = replace(
        settings.train,
        optimizer=recording(settings.train.optimizer),
        snapshot_steps=(FIRST_STEPS,),
    )
    settings = replace(settings, criteria=(criterion,), train=traced)
    e = run_experiment(key, settings)
    branch, score_key = e.branches[criterion], named_key(key, "stranger's scores")
    scores = trained_scores(criterion, settings.model, e.stranger.params, e.data, score_key)
    stranger = prune_both_ways(e.stranger_init, e.stranger, e.data, scores, settings)
    networks = {
        "train_prune": branch.train_prune,
        "prune_train": branch.prune_train.params,
        "fine_tune": branch.fine_tune.params,
        "stranger's prune_train": stranger.prune_train.params,
    }
    small, x = settings.small_model, e.data.x
    acts = {name: hidden_activations(small, params, x) for name, params in networks.items()}
    whole = hidden_activations(settings.model, e.init, x)
    starts = {
        "train_prune": tuple(h[:, u] for h, u in zip(whole, branch.keep, strict=True)),
        "prune_train": hidden_activations(small, branch.init, x),
        "stranger's prune_train": hidden_activations(small, stranger.init, x),
    }
    return {
        "networks": networks,
        "matches": {
            f"{first} and {second}": tuple(map(role_correlation, acts[first], acts[second]))
            for first in ("train_prune", "fine_tune")
            for second in ("prune_train", "stranger's prune_train")
        },
        "test": e.test,
        "kernels": {
            "train_prune": _kernel(slice_units(_history(e.full), branch.keep), branch.init),
            "prune_train": _kernel(_history(branch.prune_train), branch.init),
            "stranger's prune_train": _kernel(_history(stranger.prune_train), stranger.init),
        },
        "same": unit_by_unit(acts, starts),
    }


def _history(run):
    record, _ = run.opt_state
    early = jax.tree.map(lambda leaf: leaf[0], run.snapshots)
    return {"count": record.count, "early": early, "move": run.params}


def _kernel(history, init):
    layer = chain(init)[1]
    found = {name: tree[layer]["kernel"] for name, tree in history.items()}
    moved = {name: displacement(found[name], init[layer]["kernel"]) for name in ("early", "move")}
    return found | moved


def unit_by_unit(acts, starts):
    """How well each unit's role correlates with its own role elsewhere, and what of it remains
    without what it shares with its roles before training.

    Args:
      acts, starts: dicts network -> activations on the training data after and before training.

    Returns:
      A dict name -> tuple of (width,), see `same_unit_correlation`.
    """
    first, second, other = "train_prune", "prune_train", "stranger's prune_train"

    def layers(a, b, *given):
        return tuple(same_unit_correlation(x, y, g) for x, y, *g in zip(a, b, *given, strict=True))

    return {
        "train_prune and its start": layers(acts[first], starts[first]),
        "prune_train and its start": layers(acts[second], starts[second]),
        "orders": layers(acts[first], acts[second]),
        "orders, starts taken out": layers(
            acts[first], acts[second], starts[first], starts[second]
        ),
        "orders of strangers": layers(acts[first], acts[other]),
        "orders of strangers, starts taken out": layers(
            acts[first], acts[other], starts[first], starts[other]
        ),
    }


def same_unit_correlation(a, b, given=()):
    """Partial correlation over the points of each unit's activation in one network with the same
    unit's in another, given its activations in some others.

    Args:
      a, b: activations (n, width).
      given: a sequence of the same, whose linear part is taken out of both, unit by unit.

    Returns:
      (width,), NaN where nothing of a unit varies.
    """
    axes, rest = [], []
    for layer in (*given, a, b):
        values = centred(layer)
        left = values
        for axis in axes:
            left = left - axis * (axis * left).sum(axis=0, keepdims=True)
        size, before = (jnp.linalg.norm(v, axis=0, keepdims=True) for v in (left, values))
        varies = size > 1e-4 * before  # less is rounding
        unit = jnp.where(varies, left / jnp.where(varies, size, 1), 0)
        axes += [unit] if len(axes) < len(given) else []
        rest.append((unit, varies))
    (a, a_varies), (b, b_varies) = rest[-2:]
    return jnp.where((a_varies & b_varies)[0], (a * b).sum(axis=0), jnp.nan)


def same_roles_by_seed(same):
    """The means over the units of a seed of `unit_by_unit`, without those that have no number: a
    dict name -> (seeds,), without seeds that have none."""
    means = {
        name: np.nanmean(np.concatenate(layers, axis=1), axis=1) for name, layers in same.items()
    }
    return {name: values[~np.isnan(values)] for name, values in means.items()}
