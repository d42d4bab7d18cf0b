"""What folding means does to the units behind, at once and after training on; over seeds."""

from itertools import product
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ..chain import chain
from ..chain_pruning import prune
from ..criteria import keep_highest
from ..keys import named_key
from ..models import hidden_activations, model_of
from ..statistics import Interval, judge, mean_interval
from ..training import accuracy, loss, train

# The rungs, and two controls: see `foldings`.
FOLDINGS = ("none", "mean", "least_squares", "random shift", "outputs only")
STATES = {"before": "states", "after": "states after"}


def foldings(key, params, keep, acts):
    """The network pruned to the units `keep` in several ways.

    Folding means shifts the biases behind. "random shift": units are deleted, and each bias vector
    is shifted as far in a random direction. "outputs only": means are folded into the biases of the
    outputs, not into those of hidden units.

    Returns:
      A dict of `FOLDINGS` -> parameters, all of the same shapes.
    """
    found = {rung: prune(params, keep, acts, rung) for rung in ("none", "mean", "least_squares")}
    deleted, names = found["none"], chain(params)
    moved = {n: found["mean"][n]["bias"] - deleted[n]["bias"] for n in names[1:]}

    def shifted(by):
        return {
            n: {**layer, "bias": layer["bias"] + by[n]} if n in by else layer
            for n, layer in deleted.items()
        }

    def stray(name):
        way = jax.random.normal(named_key(key, name), moved[name].shape)
        return jnp.linalg.norm(moved[name]) * way / jnp.linalg.norm(way)

    found["random shift"] = shifted({name: stray(name) for name in moved})
    found["outputs only"] = shifted({names[-1]: moved[names[-1]]})
    return found


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
      and after training on; "loss": on the data, right after pruning; "gradient": the norm of its
      gradient; "states", "states after": see `states`, (…, 2). And "shift" (criteria, counts): how
      far folding means shifts a unit behind, relative to the standard deviation of its
      pre-activation in the whole network, as root mean squares over units.
    """
    spread = (acts[0] @ params[chain(params)[1]]["kernel"]).std(axis=0)

    def measured(pruned):
        model = model_of(pruned)
        value, gradient = jax.value_and_grad(lambda p: loss(model, p, data))(pruned)
        again = train(model, pruned, data, config).params
        return {
            "before": accuracy(model, pruned, test),
            "after": accuracy(model, again, test),
            "loss": value,
            "gradient": optax.tree.norm(gradient),
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
    together. `fewer`: whether fewer units behind switch right after pruning. `pooled`, `stray`: a
    dict criterion -> `Interval` of test accuracy after training on, less that of deletion, for
    means and for random shifts, each seed's mean over rates and counts.
    """

    at_once: np.ndarray
    after: np.ndarray
    fewer: np.ndarray
    pooled: dict[str, Interval]
    stray: dict[str, Interval]


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

    def after(table):
        return table["after"]

    def pooled(way):
        means = tables(after, way).mean(axis=(0, 2))
        return {name: mean_interval(values) for name, values in zip(criteria, means, strict=True)}

    both = np.stack([tables(lambda table: table["before"], "mean"), tables(after, "mean")])
    fewer = judge(tables(lambda table: switching(table["states"]), "mean"), 0) < 0
    return FoldingEvidence(*judge(both, 0), fewer, pooled("mean"), pooled("random shift"))


def described(found, criteria, counts, evidence):
    """Every cell of `folded_scores` in words: a dict cell -> dict of texts."""
    rows = {}
    for (i, rate), (j, name), (k, count) in product(*map(enumerate, (found, criteria, counts))):
        cell = {key: v[:, j, k].mean(axis=0) for key, v in found[rate].items()}
        judged = {"before": evidence.at_once[i, j, k], "after": evidence.after[i, j, k]}

        def change(when, way, cell=cell):
            return f"{less_deletion(cell[when], way):+.3f}"

        def both(when, state, cell=cell):
            return "{:.2f} → {:.2f}".format(*cell[when][:2, state])

        rows[f"{name}, {rate}, {count} kept"] = {
            **{w: change(w, "mean") + "*" * bool(judged[w]) for w in judged},
            **{f"after, {way}": change("after", way) for way in FOLDINGS[3:]},
            "shift": f"{cell['shift']:.2f}",
            "gradient": f"{cell['gradient'][1] / cell['gradient'][0]:.2f}",
            **{f"dead {when}": both(w, 0) for when, w in STATES.items()},
            **{f"on {when}": both(w, 1) for when, w in STATES.items()},
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
