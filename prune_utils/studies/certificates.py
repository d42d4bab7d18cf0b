"""Bounds beside what pruning really does to the loss: violations, tightness, ranks; over seeds."""

from typing import NamedTuple

import numpy as np
import scipy.stats

from .rules import RULES

BOUNDS = ("bound", "sharp")  # as in `unit_census`


def violations(rise, bound):
    """How many rises exceed their bounds by more than rounding, by P16."""
    p16 = RULES["P16"]
    return int((rise > bound * (1 + p16.relative) + p16.absolute).sum())


class UnitBounds(NamedTuple):
    """What the bounds on single units are worth at one learning rate.

    `living`: number of units; and for each of `BOUNDS` a dict with `broken`, see `violations`;
    `ratios` (living,), bound over |rise|; `useful`, the share of bounds below 0.01 nats. `ranks`: a
    dict score -> (seeds,), its `rank_correlations` with the rise.
    """

    living: int
    broken: dict[str, int]
    ratios: dict[str, np.ndarray]
    useful: dict[str, float]
    ranks: dict[str, np.ndarray]

    @property
    def quantiles(self):
        """The 0 to 100 % quantiles of the ratios: a dict of `BOUNDS` -> (101,)."""
        return {name: np.quantile(v, np.linspace(0, 1, 101)) for name, v in self.ratios.items()}


def check_unit_bounds(units, alive):
    """The `UnitBounds` of a `unit_census` over seeds and its living units, (seeds, layers, width)
    of bool."""
    change = np.abs(units["rise"][alive])
    bounds = {name: units[name][alive] for name in BOUNDS}
    return UnitBounds(
        living=int(alive.sum()),
        broken={name: violations(change, bound) for name, bound in bounds.items()},
        ratios={name: bound / np.maximum(change, 1e-9) for name, bound in bounds.items()},
        useful={name: (bound < 0.01).mean() for name, bound in bounds.items()},
        ranks={
            name: rank_correlations(units[name], units["rise"], alive)
            for name in ("std", "sharp", "unexplained")
        },
    )


def rank_correlations(score, rise, alive):
    """Spearman's correlation among the living units of a layer, mean over the layers: (seeds,).

    All arguments are (seeds, layers, width). NaN where no layer has one.
    """
    return np.array(
        [
            np.nanmean([scipy.stats.spearmanr(a[m], b[m]).statistic for a, b, m in zip(*layers)])
            for layers in zip(score, rise, alive)
        ]
    )


class SetBounds(NamedTuple):
    """What the bounds on a set of units are worth: `rise` (seeds,) of the loss, and for each of
    `BOUNDS` a dict with the `median` bound, the median of its `ratios` to the rise, whether it is
    `useful`, below 0.001 nats, for each seed, and `broken`, see `violations`."""

    rise: np.ndarray
    median: dict[str, float]
    ratios: dict[str, float]
    useful: dict[str, np.ndarray]
    broken: dict[str, int]


def check_sets(spared):
    """A dict rung -> `SetBounds`, of what `spared` found over seeds."""
    return {
        rung: check_set_bounds(after - spared["loss"], spared["bounds"][rung])
        for rung, after in spared["half"].items()
    }


def check_set_bounds(rise, bounds):
    """The `SetBounds` of rises of the loss (seeds,) and bounds (seeds, 2)."""
    columns = dict(zip(BOUNDS, bounds.T, strict=True))
    return SetBounds(
        rise=rise,
        median={name: np.median(bound) for name, bound in columns.items()},
        ratios={name: np.median(b / np.maximum(np.abs(rise), 1e-9)) for name, b in columns.items()},
        useful={name: bound < 1e-3 for name, bound in columns.items()},
        broken={name: violations(rise, bound) for name, bound in columns.items()},
    )


class BoundEvidence(NamedTuple):
    """`checked` bounds, `violations` among them; `median` ratios, a dict of `BOUNDS` -> dict
    learning rate -> float; `tightest`: the smallest median of the plain bound."""

    checked: int
    violations: int
    median: dict[str, dict[float, float]]
    tightest: float


def bound_evidence(single, sets):
    """The `BoundEvidence` of dicts learning rate -> `UnitBounds`, and -> dict rung ->
    `SetBounds`."""
    several = [found for table in sets.values() for found in table.values()]
    median = {
        name: {rate: float(np.median(found.ratios[name])) for rate, found in single.items()}
        for name in BOUNDS
    }
    return BoundEvidence(
        checked=len(BOUNDS)
        * (sum(f.living for f in single.values()) + sum(len(f.rise) for f in several)),
        violations=sum(sum(found.broken.values()) for found in [*single.values(), *several]),
        median=median,
        tightest=min(median["bound"].values()),
    )
