"""How far one can prune: the fewest units that do as well as the whole network, over seeds."""

from typing import NamedTuple

import numpy as np

from ..statistics import Interval, mean_interval

WITHIN = 0.01  # as well: a test accuracy within a point


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


class ReachEvidence(NamedTuple):
    """How many units must stay, each a dict learning rate -> `Interval`.

    `best`: with the criterion `unexplained` and least squares; `enough`: share of the networks in
    which ten or fewer are enough for those; `folded`: the post's, `std` with means; `squares`:
    `std` with least squares. `fewer`: whether `best` is less than half of `folded` everywhere.
    """

    best: dict[float, Interval]
    enough: dict[float, Interval]
    folded: dict[float, Interval]
    squares: dict[float, Interval]
    fewer: bool


def reach_evidence(reached):
    """The `ReachEvidence` of a dict learning rate -> `reaches`."""

    def over_rates(rung, name, measure=lambda counts: counts):
        return {rate: mean_interval(measure(table[rung][name])) for rate, table in reached.items()}

    best, folded = over_rates("least_squares", "unexplained"), over_rates("mean", "std")
    return ReachEvidence(
        best=best,
        enough=over_rates("least_squares", "unexplained", lambda counts: counts <= 10),
        folded=folded,
        squares=over_rates("least_squares", "std"),
        fewer=all(best[rate].high < folded[rate].low / 2 for rate in reached),
    )


def regression_cost(points, kept, outputs):
    """Multiplications and additions of one layer's least squares by QR, at the least.

    The ridge adds a row for every kept unit: 2 r k² − 2 k³/3 for r = points + kept rows, and 2
    points k outputs for the right-hand sides.
    """
    return 2 * points * kept**2 + 4 / 3 * kept**3 + 2 * points * kept * outputs
