"""Dead, redundant, needed: how the kinds of units are shared out, over seeds."""

from typing import NamedTuple

import numpy as np

from ..elimination import KINDS
from ..statistics import Interval, mean_interval


def kind_shares(kinds):
    """The share of each kind in every network: a dict name -> (seeds,), from kinds (seeds, ...)."""
    flat = np.asarray(kinds).reshape(len(kinds), -1)
    return {name: (flat == index).mean(axis=1) for index, name in enumerate(KINDS)}


class KindEvidence(NamedTuple):
    """Each a dict learning rate -> `Interval`: `needed` units of `width`, the share of `dead` ones.

    `alike`: whether the numbers needed differ by less than half; `parted`: whether over 40 % are
    dead at the largest rate, and under 20 % at all others.
    """

    needed: dict[float, Interval]
    dead: dict[float, Interval]
    alike: bool
    parted: bool


def kind_evidence(shares, width):
    """The `KindEvidence` of a dict learning rate -> `kind_shares` of layers of that width."""
    needed = {rate: mean_interval(width * table["needed"]) for rate, table in shares.items()}
    means = [interval.mean for interval in needed.values()]
    dead = {rate: mean_interval(table["dead"]) for rate, table in shares.items()}
    largest = max(dead)
    return KindEvidence(
        needed=needed,
        dead=dead,
        alike=max(means) < 1.5 * min(means),
        parted=dead[largest].low > 0.4
        and all(interval.high < 0.2 for rate, interval in dead.items() if rate != largest),
    )
