"""Random and std pruning on one seed: the arms, their maps of the plane, and the dropped units."""

import jax
import jax.numpy as jnp
import numpy as np

from ..chain import hidden_widths
from ..chain_pruning import unit_scores
from ..criteria import dropped
from ..keys import named_key
from ..statistics import mean_interval
from ..tasks import spiral_posterior
from ..training import accuracy
from .arms import accuracies, arms, map_change, outputs
from .ladder import pruned_scores
from .orders import run_experiment
from .revival import revival
from .rules import RULES
from .units import idleness, loss_rises

# Numbers of units, each kept in both hidden layers, for pruning without training.
COUNTS = (90, 75, 50, 25)
# Random moves of a unit's weights, relative to their length.
SIZES = (RULES["P13"].small, 0.03, 0.1, 0.3, 1.0)
# What may count as a small move, on the same scale.
CUTS = (0.001, RULES["P13"].small, 0.1)
# The networks whose maps are compared in `std_pruning`.
PAIRS = {
    "full / train_prune": ("full", "train_prune"),
    "train_prune / prune_train": ("train_prune", "prune_train"),
    "full / stranger": ("full", "stranger"),
    "full / random pruning": ("full", "random pruning"),
    "prune_train / other units": ("prune_train", "other units"),
}


def random_pruning(key, settings, grid):
    """The arms of one seed when random units are kept.

    Args:
      key: a `jax.random.key`.
      settings: the experiment's `Settings`, with the criterion "random".
      grid: a square of points of the plane (points, inputs).

    Returns:
      A dict. "networks", "accuracy", "maps": for each arm its parameters, its test accuracy, its
      probability of class 1 over the plane (side, side); "data"; "init": the untrained network of
      the kept units; "warm": test accuracy of fine-tuning with the full network's optimizer state;
      "pruned": `pruned_scores` at `COUNTS` with and without folding, of another random choice;
      "revival": `revival` of the fine-tuned network.
    """
    e, model = run_experiment(key, settings), settings.small_model
    networks, branch, side = arms(e, "random"), e.branches["random"], round(len(grid) ** 0.5)
    tuned, fresh = networks["fine_tune"], named_key(key, "revival")
    own = named_key(key, "random units")
    scores = {"random": unit_scores("random", e.full.params, e.acts, own)}
    return {
        "networks": networks,
        "data": e.data,
        "init": branch.init,
        "maps": {
            arm: jax.nn.softmax(values)[:, 1].reshape(side, side)
            for arm, values in outputs(networks, grid).items()
        },
        "accuracy": accuracies(networks, e.test),
        "warm": accuracy(model, branch.fine_tune_warm.params, e.test),
        "pruned": pruned_scores(scores, e.full.params, e.acts, e.test, COUNTS, ("mean", "none")),
        "revival": revival(fresh, model, tuned, e.data, e.test, settings.train),
    }


def fine_tuning_table(accuracy, warm, near=0.005):
    """Rows for `show_table`: how fine_tune compares with prune_train, and a warm start with a fresh
    one.

    Args:
      accuracy: dict arm -> (seeds,).
      warm: accuracy of fine-tuning with the full network's optimizer state, (seeds,).
      near: accuracies this close count as equal.
    """
    differences = {
        "fine_tune minus prune_train": accuracy["fine_tune"] - accuracy["prune_train"],
        "fine-tuning warm minus fresh": warm - accuracy["fine_tune"],
    }
    return {
        name: {
            "mean": format(mean_interval(values), "+.3f"),
            "median": format(np.median(values), "+.4f"),
            f"share of the seeds within {near}": np.abs(values) < near,
        }
        for name, values in differences.items()
    }


def map_shares(maps, task, grid):
    """How many points of the plane the arms classify otherwise than `full`, and how many wrongly.

    Args:
      maps: dict arm -> probability of class 1 over the plane (seeds, side, side).
      task: the `Spirals` of the data.
      grid: the points of the plane (side², 2).

    Returns:
      Two dicts of (seeds,). Shares of the map in another class than in `full`, for all other arms
      and, over pairs of seeds (seeds / 2,), for "another seed"'s full network; and for all arms,
      shares of the unit disc in the class that is less likely under the task's law.
    """
    classes = {arm: np.asarray(values) > 0.5 for arm, values in maps.items()}
    full = classes["full"]
    changed = {arm: (c != full).mean(axis=(1, 2)) for arm, c in classes.items() if arm != "full"}
    changed["another seed"] = (full[0::2] != full[1::2]).mean(axis=(1, 2))
    likelier = spiral_posterior(grid, turns=task.turns, noise=task.noise)[:, 1] > 0.5
    truth, disc = (
        np.asarray(values).reshape(full.shape[1:]) for values in (likelier, jnp.hypot(*grid.T) < 1)
    )
    wrong = {arm: (c != truth)[:, disc].mean(axis=1) for arm, c in classes.items()}
    return changed, wrong


def std_pruning(key, settings, grid):
    """The arms of one seed when the units of largest standard deviation are kept, and what the
    dropped units could do.

    Args:
      key: a `jax.random.key`.
      settings: the experiment's `Settings`, with the criteria "std" and "random".
      grid: points of the plane (points, inputs).

    Returns:
      A dict. "networks", "accuracy": for each arm its parameters and its test accuracy; "data";
      "keep": the kept units; "change": `map_change` of each of `PAIRS`; "idle", "rise":
      `idleness` and `loss_rises` of the "dropped" and of the "kept" units.
    """
    e = run_experiment(key, settings)
    networks, params, keep = arms(e, "std"), e.full.params, e.branches["std"].keep
    random, own = e.branches["random"], named_key(key, "moves")
    others = {
        "stranger": e.stranger.params,
        "random pruning": random.train_prune,
        "other units": random.prune_train.params,
    }
    maps = outputs(networks | others, grid)
    units = {"dropped": dropped(keep, hidden_widths(params)), "kept": keep}
    return {
        "networks": networks,
        "data": e.data,
        "keep": keep,
        "accuracy": accuracies(networks, e.test),
        "change": {name: map_change(maps[a], maps[b]) for name, (a, b) in PAIRS.items()},
        "idle": {
            name: idleness(settings.model, params, e.data, e.acts, chosen)
            for name, chosen in units.items()
        },
        "rise": {
            name: loss_rises(own, params, e.data, chosen, SIZES) for name, chosen in units.items()
        },
    }


def stuck_shares(units):
    """The share of some units that have no gradient and that no move of a given part of their own
    weights wakes: dict of `CUTS` -> (seeds,); units: `idleness` of many seeds, (seeds, units)."""
    still = units["gradient"] == 0
    return {cut: (still & (units["distance"] > cut)).mean(axis=1) for cut in CUTS}


def idle_table(idle):
    """Rows for `show_table`: shares of dead units, of zero gradients, and of those that no small
    move wakes either; idle: dict name -> `idleness` of many seeds, (seeds, units)."""
    return {
        f"{name} units": {
            "dead": units["dead"].mean(axis=1),
            "gradient of exactly zero": (units["gradient"] == 0).mean(axis=1),
        }
        | {f"and no move of {cut} wakes": v for cut, v in stuck_shares(units).items()}
        for name, units in idle.items()
    }


def waking_table(idle, shares=(0.01, 0.05, 0.25, 0.5, 0.75, 0.95)):
    """Rows for `show_table`: quantiles, over all dead units of all seeds, of the shortest way to
    waking; idle: as for `idle_table`."""
    return {
        f"dead {name} units": {
            f"{share:.0%}": np.quantile(units["distance"][units["dead"]], share) for share in shares
        }
        for name, units in idle.items()
    }


def rise_table(rise, sizes):
    """Rows for `show_table`, one for each size of move; rise: dict name -> `loss_rises` of many
    seeds, (seeds, sizes)."""
    return {
        f"a random move of {size}": {f"{name} units": r[:, i] for name, r in rise.items()}
        for i, size in enumerate(sizes)
    }
