"""The post's claims on recorded data and larger networks, and what is left after fine-tuning."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..criteria import keep_highest
from ..elimination import KINDS as UNIT_KINDS, eliminate_units
from ..keys import named_key
from ..scoring import reads_of
from .best_order import KINDS
from .beyond import BATCH, SEEN, measured, prepare
from .pictures import half_of, optimizer_of, train_on, training_mode
from .rules import RULES

# Numbers of inputs to choose units and fit by; all, if there are fewer.
CALIBRATION = (32, 128, 512)


class Half(NamedTuple):
    """Half of the units, by one criterion, in both orders: the kept units, their initial weights,
    pruned after training and before it."""

    keep: tuple
    init: dict
    train_prune: dict
    prune_train: dict


def all_arms(key, data, pair):
    """One seed at the learning rate with which the whole network does best in validation.

    A stranger is another initialisation, trained on the same data in the same batches. What it
    keeps is chosen by the standard deviation of its own trained units.

    Args:
      key: a `jax.random.key`.
      data: the pair's.
      pair: a `Pair`.

    Returns:
      A dict: "accuracy": arm -> test accuracy; "differ": which -> share of the test points in
      different classes; "moves": which -> correlation of displacements; "tuned": (kinds, 2) test
      accuracies before and after fine-tuning; "calibration": (numbers of inputs,) test accuracies;
      "units": when -> (layers, kinds), how many dead, redundant and needed ones.
    """
    setup, start = prepare(key, data, pair)
    other = pair.start(named_key(key, "stranger"))
    run = partial(_trained, pair, setup)
    rates = jnp.array(pair.rates)
    wholes = jax.lax.map(partial(run, start), rates)
    scores = jax.lax.map(lambda v: measured(pair.net, v, setup.sets), wholes)
    losses = scores[:, 0, 1]
    best = jnp.where(jnp.isnan(losses), jnp.inf, losses).argmin()  # a training may diverge
    full, rate = jax.tree.map(lambda leaf: leaf[best], wholes), rates[best]
    stranger = run(other, rate)
    noise = named_key(key, "scores")
    halves = {
        name: _half(pair, setup, start, full, rate, name, noise) for name in ("random", "std")
    }
    strange = _half(pair, setup, other, stranger, rate, "std", noise)
    tuned = _trained(pair, setup, halves["random"].train_prune, rate)
    test = setup.sets[1]
    nets = {"full": full, "random fine_tune": tuned, "stranger": stranger}
    for name, half in halves.items():
        nets |= {f"{name} {arm}": getattr(half, arm) for arm in ("train_prune", "prune_train")}
    std = halves["std"]
    pairs = {
        "orders": (std, std),
        "orders of strangers": (std, strange),
        "orders, random pruning": (halves["random"], halves["random"]),
    }
    return {
        "accuracy": {name: measured(pair.net, v, (test,))[0, 0] for name, v in nets.items()},
        "differ": {
            name: _differ(pair.net, one.train_prune, two.prune_train, test)
            for name, (one, two) in pairs.items()
        },
        "moves": {
            name: _moved_alike((one.init, one.train_prune), (two.init, two.prune_train))
            for name, (one, two) in pairs.items()
        },
        "units": {
            "trained": unit_counts(pair.net, full, setup.data.x[:SEEN]),
            "untrained": unit_counts(pair.net, start, setup.data.x[:SEEN]),
        },
    } | _tuned(pair, setup, full, rate, {name: half.keep for name, half in halves.items()})


def _trained(pair, setup, variables, rate):
    """The variables after the whole budget's training, from a fresh state of the optimizer."""
    return _fitted(pair, setup.data, setup.steps.reshape(-1), variables, rate)


def _fitted(pair, data, keys, variables, rate):
    """The variables after a step of training for each key."""
    apply, optimizer = pair.net.adapt(training_mode(pair.module)), optimizer_of(rate, len(keys))
    state = variables, optimizer.init(variables["params"])
    return train_on(apply, optimizer, state, keys, data, BATCH)[0]


def _half(pair, setup, start, full, rate, criterion, noise):
    net, seen = pair.net, setup.data.x[:SEEN]
    keep = keep_highest(net.scores(criterion, full, seen, noise), half_of(net))
    init = net.slice(start, keep)
    pruned = net.prune(full, keep, seen, "mean")
    return Half(keep, init, pruned, _trained(pair, setup, init, rate))


def _differ(net, one, two, data):
    first, second = (net.apply(v, data.x).argmax(axis=-1) for v in (one, two))
    return (first != second).mean()


def _moved_alike(one, two):
    """The correlation of two displacements over all kernels; one, two: (start, end), variables."""

    def moves(start, end):
        moved = jax.tree.map(jnp.subtract, end["params"], start["params"])
        leaves = jax.tree.leaves_with_path(moved)
        return jnp.concatenate([leaf.ravel() for path, leaf in leaves if path[-1].key == "kernel"])

    return jnp.corrcoef(moves(*one), moves(*two))[0, 1]


def unit_counts(net, variables, x):
    """How many units of each layer are dead, redundant and needed, as `unit_kinds` has it, if they
    may have several readers: (layers, 3)."""
    reads, counts = reads_of(net, variables, x), []
    for layer in range(len(net.widths)):
        own = reads[layer]
        rank, error = eliminate_units([(read.h, read.kernel) for read in own])
        spared = error[rank] <= RULES["F4"].error
        kind = jnp.where(spared, UNIT_KINDS.index("redundant"), UNIT_KINDS.index("needed"))
        dead = jnp.stack([(read.h == read.h[:1]).all(axis=(0, 2)) for read in own]).all(axis=0)
        kind = jnp.where(dead, UNIT_KINDS.index("dead"), kind)
        counts.append(jnp.stack([(kind == k).sum() for k in range(len(UNIT_KINDS))]))
    return jnp.stack(counts)


def _tuned(pair, setup, full, rate, keeps):
    """Each of `KINDS` on half of the units, before and after fine-tuning for as many steps as a
    stage has; and `unexplained` with least squares on fewer inputs; keeps: of random and std."""
    net, seen, test = pair.net, setup.data.x[:SEEN], setup.sets[1]
    best = keep_highest(net.scores("unexplained", full, seen), half_of(net))
    keeps = {**keeps, "unexplained": best}
    small = [net.prune(full, keeps[criterion], seen, rung) for criterion, rung in KINDS]
    starts = jax.tree.map(lambda *leaves: jnp.stack(leaves), *small)

    def both(variables):
        after = _fitted(pair, setup.data, setup.steps[-1], variables, rate)
        return jnp.stack([measured(net, v, (test,))[0, 0] for v in (variables, after)])

    def on_fewer(number):
        few = setup.data.x[:number]
        keep = keep_highest(net.scores("unexplained", full, few), half_of(net))
        return measured(net, net.prune(full, keep, few, "least_squares"), (test,))[0, 0]

    return {
        "tuned": jax.lax.map(both, starts),
        "calibration": jnp.stack([on_fewer(number) for number in CALIBRATION]),
    }
