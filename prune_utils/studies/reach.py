"""How far one can prune: the fewest units that do as well as the whole network, over seeds."""

from typing import NamedTuple

import numpy as np

from ..statistics import Interval, mean_interval
from .rules import RULES

WITHIN = RULES["F3"].within  # as well: a test accuracy within a point


def reach(accuracy, full, counts, width):
    """The smallest count with an accuracy within a point of the whole network's, for it and all
    larger counts.

    Args:
      accuracy: (seeds, counts).
      full: of the whole network, (seeds,).
      counts: numbers of kept units, falling.
      width: of the whole network.

    Returns:
      (seeds,) ints, `width` where no count is enough.
    """
    return must_stay(accuracy >= full[:, None] - WITHIN, counts, width)


def must_stay(enough, counts, width):
    """The smallest count that is enough, as are all larger ones: (seeds,) ints.

    Args:
      enough: (seeds, counts) of bool.
      counts: numbers of kept units, falling.
      width: of the whole network, the answer where no count is enough.
    """
    return np.array((width, *counts))[np.logical_and.accumulate(enough, axis=1).sum(axis=1)]


def reaches(rungs, full, counts, width, names):
    """`reach` of every criterion: a dict rung -> dict criterion -> (seeds,).

    Args:
      rungs: test accuracies, a dict rung -> (seeds, criteria, counts).
      full, counts, width: as for `reach`.
      names: of the criteria, in their order.
    """
    return {
        rung: {
            name: reach(table[:, index], full, counts, width) for index, name in enumerate(names)
        }
        for rung, table in rungs.items()
    }


def beyond_share(best, post):
    """How many units must stay, less the share of the post's that F3 allows; both (seeds,)."""
    return mean_interval(best - RULES["F3"].share * post)


class ReachEvidence(NamedTuple):
    """How many units must stay, each a dict learning rate -> `Interval`.

    `best`: with the criterion `unexplained` and least squares; `enough`: share of the networks in
    which ten or fewer are enough for those; `folded`: the post's, `std` with means; `squares`:
    `std` with least squares; `beyond`: `best` less half of `folded`, seed by seed.
    """

    best: dict[float, Interval]
    enough: dict[float, Interval]
    folded: dict[float, Interval]
    squares: dict[float, Interval]
    beyond: dict[float, Interval]


def reach_evidence(reached):
    """The `ReachEvidence` of a dict learning rate -> `reaches`."""

    def over_rates(rung, name, measure=lambda counts: counts):
        return {rate: mean_interval(measure(table[rung][name])) for rate, table in reached.items()}

    return ReachEvidence(
        best=over_rates("least_squares", "unexplained"),
        enough=over_rates("least_squares", "unexplained", lambda counts: counts <= 10),
        folded=over_rates("mean", "std"),
        squares=over_rates("least_squares", "std"),
        beyond={
            rate: beyond_share(table["least_squares"]["unexplained"], table["mean"]["std"])
            for rate, table in reached.items()
        },
    )
