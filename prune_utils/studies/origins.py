"""What both orders share: the start. Their networks, which gradients each weight saw, and what
units did before training."""

from dataclasses import replace

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
from ..statistics import ratio_interval
from .distances import require_two_layers
from .orders import prune_both_ways, run_experiment, trained_scores

FIRST_STEPS = 10  # in which the first kick is given, and mostly spent
# Parts of the weights, by the smaller number of non-zero gradients in the two trainings: up to.
PARTS = {"at most 10": (0, 10), "11 to 500": (11, 500), "more than 500": (501, np.inf)}
WEIGHTS = ("orders", "orders of strangers")


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
    early = {name: _first(layer) for name, layer in run.snapshots.items()}
    return {"count": record.count, "early": early, "move": run.params}


def _first(layer):
    return {name: leaf[0] for name, leaf in layer.items()}


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


def split_by_gradients(kernels, least=30):
    """Correlation of the displacements of two networks, for weights that saw few and many
    gradients, and of the displacements in the first steps and after them.

    Args:
      kernels: of `both_origins`, over seeds.
      least: weights that a part must have in a seed to count there.

    Returns:
      A dict pair -> dict part -> dict of "share" of the weights (seeds,), and "all steps", "first
      steps" and "later steps", the correlations (seeds with a number,); see also
      `covariance_shares`.
    """
    second = dict(zip(WEIGHTS, ("prune_train", "stranger's prune_train"), strict=True))
    return {
        pair: _parts(kernels["train_prune"], kernels[name], least) for pair, name in second.items()
    }


def covariance_shares(kernels):
    """Where the covariance of the two orders' displacements comes from: the shares of the first
    steps in both orders, of the later steps in both, and of the first in one and the later in the
    other; a dict of `Interval`s that add up to one."""
    first, second = kernels["train_prune"], kernels["prune_train"]
    early = [_flat(n["early"]) for n in (first, second)]
    later = [_flat(n["move"] - n["early"]) for n in (first, second)]
    parts = {
        "first steps": (early[0] * early[1]).sum(axis=1),
        "later steps": (later[0] * later[1]).sum(axis=1),
        "first and later": (early[0] * later[1] + later[0] * early[1]).sum(axis=1),
    }
    whole = sum(parts.values())
    return {name: ratio_interval(part, whole) for name, part in parts.items()}


def _flat(kernels):
    flat = kernels.reshape(len(kernels), -1).astype(np.float64)
    return flat - flat.mean(axis=1, keepdims=True)


def _parts(first, second, least):
    seen = np.minimum(first["count"], second["count"])
    masks = {"all weights": seen >= 0}
    masks |= {name: (seen >= low) & (seen <= high) for name, (low, high) in PARTS.items()}
    moves = {
        "all steps": [n["move"] for n in (first, second)],
        "first steps": [n["early"] for n in (first, second)],
        "later steps": [n["move"] - n["early"] for n in (first, second)],
    }
    return {
        part: {"share": mask.mean(axis=(1, 2))}
        | {what: _correlations(*pair, mask, least) for what, pair in moves.items()}
        for part, mask in masks.items()
    }


def _correlations(first, second, masks, least):
    found = [
        np.corrcoef(a[mask], b[mask])[0, 1]
        for a, b, mask in zip(first, second, masks, strict=True)
        if mask.sum() >= least and np.ptp(a[mask]) > 0 < np.ptp(b[mask])
    ]
    return np.array(found)
