"""What folding means does to the units behind, at once and after training on; over seeds."""

from itertools import product
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..chain import chain
from ..chain_pruning import prune
from ..criteria import keep_highest
from ..keys import named_key
from ..models import hidden_activations, model_of
from ..statistics import Interval, judge, mean_interval
from ..training import accuracy, train
from .rules import settled

# The rungs, and a control: see `foldings`.
FOLDINGS = ("none", "mean", "least_squares", "random shift")
STATES = {"before": "states", "after": "states after"}


def foldings(key, params, keep, acts):
    """The network pruned to the units `keep` in several ways.

    Folding means shifts the biases behind. "random shift": units are deleted, and each bias vector
    is shifted as far in a random direction.

    Returns:
      A dict of `FOLDINGS` -> parameters, all of the same shapes.
    """
    found = {rung: prune(params, keep, acts, rung) for rung in ("none", "mean", "least_squares")}
    stray = dict(found["none"])
    for name in chain(params)[1:]:
        bias = stray[name]["bias"]
        way = jax.random.normal(named_key(key, name), bias.shape)
        size = jnp.linalg.norm(found["mean"][name]["bias"] - bias) / jnp.linalg.norm(way)
        stray[name] = {**stray[name], "bias": bias + size * way}
    return found | {"random shift": stray}


def states(params, data):
    """The shares of units in the last hidden layer that are never on, and that always are: (2,)."""
    on = (hidden_activations(model_of(params), params, data.x)[-1] > 0).mean(axis=0)
    return jnp.stack([(on == 0).mean(), (on == 1).mean()])


def folded_scores(key, scores, params, acts, data, test, counts, config):
    """What every way to fold does, for every criterion and count.

    Args:
      key: a `jax.random.key`, for the random shifts.
      scores: a dict criterion -> scores, as from `unit_scores`.
      params, acts: the network of two hidden layers, and its activations on the data.
      data, config: as for `train`, to train on.
      test: where to measure, a `Dataset`.
      counts: numbers of units, each kept in every hidden layer.

    Returns:
      A dict of (criteria, counts, foldings). "before", "after": test accuracy right after pruning
      and after training on; "states", "states after": see `states`, (…, 2). And "shift" (criteria,
      counts): how far folding means shifts a unit behind, relative to the standard deviation of its
      pre-activation in the whole network, as root mean squares over units.
    """
    spread = (acts[0] @ params[chain(params)[1]]["kernel"]).std(axis=0)

    def measured(pruned):
        model = model_of(pruned)
        again = train(model, pruned, data, config).params
        return {
            "before": accuracy(model, pruned, test),
            "after": accuracy(model, again, test),
            "states": states(pruned, data),
            "states after": states(again, data),
        }

    def of_keep(keep):
        ways, name = foldings(key, params, keep, acts), chain(params)[1]
        moved = ways["mean"][name]["bias"] - ways["none"][name]["bias"]
        size = jnp.linalg.norm(moved) / jnp.linalg.norm(spread[keep[1]])
        stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *ways.values())
        return jax.lax.map(measured, stacked) | {"shift": size}

    def at(count):
        keeps = [keep_highest(score, (count,) * len(acts)) for score in scores.values()]
        return jax.lax.map(of_keep, jax.tree.map(lambda *units: jnp.stack(units), *keeps))

    return jax.tree.map(lambda *leaves: jnp.stack(leaves, axis=1), *map(at, counts))


class FoldingEvidence(NamedTuple):
    """Where folding means is worse (-1) or better (1) than deletion, or open (0).

    `at_once`, `after`: right after pruning and after training on, (rates, criteria, counts), judged
    together. `switching`: the share of units behind that switch right after pruning, less that of
    deletion, a dict criterion -> list of `Interval`s over rates and counts. `pooled`: test accuracy
    after training on, less that of deletion, each seed's mean over rates and counts, a dict
    criterion -> dict of the other `FOLDINGS` -> `Interval`.
    """

    at_once: np.ndarray
    after: np.ndarray
    switching: dict[str, list[Interval]]
    pooled: dict[str, dict[str, Interval]]

    def harm(self, criterion):
        """Whether F7 holds for this criterion; see `settled`."""
        return settled([*self.switching[criterion], self.pooled[criterion]["mean"]])


def switching(states):
    """The share of units that are on at some points and off at others, from `states` (…, 2)."""
    return 1 - states.sum(axis=-1)


def less_deletion(values, way):
    """How much more it is in one of `FOLDINGS` than where units are deleted; values: (…,
    foldings)."""
    return values[..., FOLDINGS.index(way)] - values[..., FOLDINGS.index("none")]


def folding_evidence(found, criteria):
    """The `FoldingEvidence` of a dict learning rate -> `folded_scores` over seeds, and the names of
    the criteria in their order."""

    def tables(values, way):  # (rates, criteria, counts, seeds)
        return np.moveaxis([less_deletion(values(table), way) for table in found.values()], 1, -1)

    both = [tables(lambda table, when=when: table[when], "mean") for when in ("before", "after")]
    fewer = np.moveaxis(tables(lambda table: switching(table["states"]), "mean"), 1, 0)
    after = {way: tables(lambda table: table["after"], way) for way in FOLDINGS[1:]}
    return FoldingEvidence(
        *judge(np.stack(both), 0),
        switching={
            name: [mean_interval(cell) for cell in table.reshape(-1, table.shape[-1])]
            for name, table in zip(criteria, fewer, strict=True)
        },
        pooled={
            name: {way: mean_interval(v[:, i].mean(axis=(0, 1))) for way, v in after.items()}
            for i, name in enumerate(criteria)
        },
    )


def described(found, criterion, counts, evidence):
    """Every cell of one criterion, given by its place, in words: a dict cell -> dict of texts."""
    rows = {}
    for (i, rate), (k, count) in product(enumerate(found), enumerate(counts)):
        cell = {key: v[:, criterion, k].mean(axis=0) for key, v in found[rate].items()}
        judged = {"before": evidence.at_once, "after": evidence.after}
        rows[f"{rate}, {count} kept"] = {
            **{
                f"accuracy {when}": f"{less_deletion(cell[when], 'mean'):+.3f}"
                + "*" * bool(table[i, criterion, k])
                for when, table in judged.items()
            },
            "shift": f"{cell['shift']:.2f}",
            **{
                f"{name} {when}": "{:.2f} → {:.2f}".format(*cell[which][:2, state])
                for state, name in enumerate(("dead", "always on"))
                for when, which in STATES.items()
            },
        }
    return rows


def compared(found, criterion, counts):
    """What folding means and random shifts do, cell by cell, for one criterion, given by its place.

    Returns:
      (accuracy, switching), each a dict cell -> dict way -> (seeds,): test accuracy after training
      on, less that of deletion; and the share of units behind that switch right after pruning.
    """
    accuracy, switch = {}, {}
    for (rate, table), (k, count) in product(found.items(), enumerate(counts)):
        cell = f"{rate}, {count} kept"
        after, share = table["after"][:, criterion, k], switching(table["states"][:, criterion, k])
        ways = ("mean", "random shift")
        accuracy[cell] = {way: less_deletion(after, way) for way in ways}
        switch[cell] = {way: share[:, FOLDINGS.index(way)] for way in ways}
        switch[cell]["deleted"] = share[:, FOLDINGS.index("none")]
    return accuracy, switch
