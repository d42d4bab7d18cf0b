"""Dead, redundant, needed: how the kinds of units are shared out, over seeds."""

from itertools import permutations
from typing import NamedTuple

import numpy as np

from ..elimination import KINDS
from ..statistics import Interval, mean_interval
from .rules import RULES


def kind_shares(kinds):
    """The share of each kind in every network: a dict name -> (seeds,), from kinds (seeds, ...)."""
    flat = np.asarray(kinds).reshape(len(kinds), -1)
    return {name: (flat == index).mean(axis=1) for index, name in enumerate(KINDS)}


class KindEvidence(NamedTuple):
    """`needed` units of `width` and the share of `dead` ones, each a dict learning rate ->
    `Interval`; `rules`: F4's, a dict part -> list of `Interval`s, see `settled`."""

    needed: dict[float, Interval]
    dead: dict[float, Interval]
    rules: dict[str, list[Interval]]


def alike(numbers):
    """The larger of any two, less 1.5 times the smaller, seed by seed: a list of `Interval`s.

    Args:
      numbers: a list of (seeds,) arrays; of two lengths, the first seeds are the same.
    """
    seeds = min(map(len, numbers))
    return [
        mean_interval(a[:seeds] - RULES["F4"].alike * b[:seeds])
        for a, b in permutations(numbers, 2)
    ]


def kind_evidence(shares, width):
    """The `KindEvidence` of a dict learning rate -> `kind_shares` of layers of that width."""
    f4, largest = RULES["F4"], max(shares)
    dead = {rate: table["dead"] for rate, table in shares.items()}
    few = [mean_interval(v - f4.few_dead) for rate, v in dead.items() if rate != largest]
    needed = {rate: width * table["needed"] for rate, table in shares.items()}
    return KindEvidence(
        needed={rate: mean_interval(values) for rate, values in needed.items()},
        dead={rate: mean_interval(values) for rate, values in dead.items()},
        rules={
            "over 40 % are dead at the largest learning rate, under 20 % at others": [
                mean_interval(f4.dead - dead[largest]),
                *few,
            ],
            "at all learning rates as many are needed": alike(list(needed.values())),
        },
    )
