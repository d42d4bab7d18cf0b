"""What makes up for half of the units on recorded data, before and after fine-tuning."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from ..compensation import COMPENSATIONS
from .beyond import SEEN, STAGES, Setup, measured, stage_of
from .pairs import Pair
from .pictures import optimizer_of, training_mode

# Numbers of inputs to choose units and fit by; all, if there are fewer.
CALIBRATION = (32, 128, SEEN)


class Setting(NamedTuple):
    """One seed of a pair, at one learning rate."""

    pair: Pair
    setup: Setup
    rate: jax.Array

    @property
    def seen(self):
        """What criteria and compensations look at."""
        return self.setup.data.x[:SEEN]

    def first(self, number):
        """The first so many of `seen`, repeated until all numbers of `CALIBRATION` fill as many
        rows: that changes no mean and no covariance, and one program serves all numbers."""
        rows = np.lcm.reduce(list(self.numbers.values()))
        return self.seen[jnp.arange(rows) % number]

    @property
    def numbers(self):
        """Dict number of `CALIBRATION` -> how many inputs there are of them."""
        return {number: min(number, len(self.seen)) for number in CALIBRATION}

    def accuracy(self, variables):
        """Of a network at any widths, on the test points."""
        return measured(self.pair.net, variables, self.setup.sets[1:])[0, 0]

    def fitted(self, variables, stages):
        """The variables after so many of the last stages of training, from a fresh optimizer. The
        number may be traced, so that one program serves all."""
        apply = self.pair.net.adapt(training_mode(self.pair.module))
        steps = stages * self.setup.batches.shape[1]
        state = variables, optimizer_of(self.rate, steps).init(variables["params"])
        stage = stage_of(apply, self.setup, self.rate, steps)
        return jax.lax.fori_loop(STAGES - stages, STAGES, stage, state)[0]


class Half(NamedTuple):
    """A half of a network's units: whose weights, which units stay, what makes up for the others,
    and for how many stages it is trained then."""

    whose: str
    kept: str | int
    compensation: str
    stages: int


class Made(NamedTuple):
    """The variables of a half before and after its training, and its test accuracies."""

    begin: PyTree
    end: PyTree
    before: jax.Array
    after: jax.Array


def stacked(trees):
    """One tree of those of a dict, with a leading axis over them."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees.values())


def each(function, trees):
    """Dict name -> function of the tree of that name, compiled once; the trees of a dict are of the
    same shapes."""
    found = jax.lax.map(function, stacked(trees))
    return {name: jax.tree.map(lambda leaf: leaf[i], found) for i, name in enumerate(trees)}


def scores_of(setting, full, stranger, key):
    """Dict name -> scores of all units of a network: "random", "std", "unexplained", "stranger"
    (those of another network, by std), and for each smaller number of `CALIBRATION` those by
    `unexplained` on so many inputs.

    Args:
      setting: a `Setting`.
      full, stranger: the variables of both.
      key: a `jax.random.key`, for the random scores.
    """
    net, seen = setting.pair.net, setting.seen
    pair = {"std": full, "stranger": stranger}
    by_std = each(lambda variables: net.scores("std", variables, seen), pair)
    by_number = each(
        lambda number: net.scores("unexplained", full, setting.first(number)), setting.numbers
    )
    unexplained = by_number.pop(SEEN)
    random = net.scores("random", full, seen, key)
    return by_std | by_number | {"random": random, "unexplained": unexplained}


def made(setting, networks, keep, halves):
    """Dict name -> `Made`, of every `Half` there; all in one loop, because every program of its own
    and every network handed from one to the next is more to compile.

    Args:
      setting: a `Setting`.
      networks: dict whose -> variables.
      keep: dict name -> what stays, named as in `scores_of`. A half that is chosen on fewer inputs
        is made up for on fewer, too.
      halves: dict name -> `Half`.
    """
    rungs, numbers = list(COMPENSATIONS), setting.numbers
    whole, kept = stacked(networks), stacked(keep)
    prune = [partial(setting.pair.net.prune, compensation=rung) for rung in rungs]

    def one(case):
        whose, name, number, rung, stages = case
        variables, keep = (
            jax.tree.map(lambda leaf: leaf[i], tree) for i, tree in ((whose, whole), (name, kept))
        )
        small = jax.lax.switch(rung, prune, variables, keep, setting.first(number))
        end = setting.fitted(small, stages)
        return Made(small, end, setting.accuracy(small), setting.accuracy(end))

    def case_of(half):
        return (
            list(networks).index(half.whose),
            list(keep).index(half.kept),
            numbers.get(half.kept, numbers[SEEN]),
            rungs.index(half.compensation),
            half.stages,
        )

    return each(one, {name: case_of(half) for name, half in halves.items()})
