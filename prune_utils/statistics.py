"""Numbers over many seeds: a mean with its interval, the most common value, and the sharpest
band."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats
from jax.typing import ArrayLike
from jaxtyping import Shaped

from ._checks import require

FEW = 16  # seeds


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval over `seeds` seeds; `format(interval, ".3f")` writes it out.

    A number can be subtracted, and the sign turned."""

    mean: float
    low: float
    high: float
    seeds: int

    def __format__(self, spec):
        return f"{self.mean:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"

    def __neg__(self):
        return Interval(-self.mean, -self.high, -self.low, self.seeds)

    def __sub__(self, number):
        return Interval(self.mean - number, self.low - number, self.high - number, self.seeds)


def mean_interval(values: Shaped[ArrayLike, " seeds"] | Sequence) -> Interval:
    """The mean over seeds with a 95 % interval: bootstrap percentiles; Student's t with fewer than
    `FEW` seeds, where percentiles are too narrow; Clopper and Pearson's for true and false.

    Args:
      values: (seeds,) numbers or booleans, finite, at least two.

    Returns:
      An `Interval`.

    Example:
      >>> import prune_utils as pu
      >>> print(f"{pu.mean_interval([True] * 15 + [False]):.2f}")
      0.94 [0.70, 1.00]
    """
    values = np.asarray(values)
    require(
        values.ndim == 1 and len(values) >= 2,
        "values",
        f"one number a seed, got shape {values.shape}",
    )
    require(np.isfinite(values).all(), "values", "finite numbers only")
    if values.dtype == bool:
        low, high = scipy.stats.binomtest(int(values.sum()), len(values)).proportion_ci()
    elif len(values) < FEW:
        values = values.astype(np.float64)
        error = values.std(ddof=1) / len(values) ** 0.5
        half = scipy.stats.t.ppf(0.975, len(values) - 1) * error
        low, high = values.mean() - half, values.mean() + half
    else:
        values = values.astype(np.float64)
        result = scipy.stats.bootstrap(
            (values,), np.mean, n_resamples=9999, batch=1000, method="percentile", rng=0
        )
        low, high = result.confidence_interval
    return Interval(float(values.mean()), float(low), float(high), len(values))


def ratio_interval(numerators, denominators):
    """The ratio of two means over the same seeds with a 95 % interval, by a bootstrap that draws
    whole seeds.

    Args:
      numerators, denominators: (seeds,) finite numbers; the denominators' mean must be above 0.

    Returns:
      An `Interval` around mean(numerators) / mean(denominators); its upper end is infinite if so
      many denominators are 0 that draws of zeros alone are common.
    """
    pairs = _paired(numerators, denominators)
    require(pairs[1].mean() > 0, "denominators", f"a mean above 0, got {pairs[1].mean()}")

    def ratio(a, b, axis):
        below = b.mean(axis=axis)
        return np.where(below > 0, a.mean(axis=axis) / np.where(below > 0, below, 1), np.inf)

    with np.errstate(invalid="ignore"):  # infinity less infinity
        result = scipy.stats.bootstrap(
            pairs, ratio, paired=True, n_resamples=9999, batch=1000, method="percentile", rng=0
        )
    low, high = result.confidence_interval
    high = np.inf if np.isnan(high) else high
    return Interval(float(ratio(*pairs, axis=0)), float(low), float(high), len(pairs[0]))


def paired_effect(first, second):
    """How much higher the first is, seed by seed: with interval, standardised, and with a p-value.

    Args:
      first, second: (seeds,) finite numbers.

    Returns:
      (interval, d, p): the mean difference; the same over the standard deviation of the differences
      (Cohen's d for pairs; 0 if no seed differs); the two-sided p-value of the paired t-test (1 if
      no seed differs).
    """
    first, second = _paired(first, second)
    difference = first - second
    interval, spread = mean_interval(difference), difference.std(ddof=1)
    if spread == 0:
        same = interval.mean == 0
        return interval, 0.0 if same else float(np.copysign(np.inf, interval.mean)), float(same)
    return (
        interval,
        float(interval.mean / spread),
        float(scipy.stats.ttest_1samp(difference, 0).pvalue),
    )


def judge(values, threshold):
    """Which of many means lie above or below a threshold, with at most 5 % of the findings expected
    to be false.

    Two-sided t-tests, their p-values adjusted together (Benjamini and Hochberg 1995).

    Args:
      values: (..., seeds), NaN where a seed has no number.
      threshold: a number.

    Returns:
      An array (...) of 1 (above), -1 (below) and 0 (open; also with fewer than two numbers).
    """
    values = np.asarray(values, np.float64)
    cells = [cell[~np.isnan(cell)] - threshold for cell in values.reshape(-1, values.shape[-1])]
    means = np.array([cell.mean() if len(cell) > 1 else 0.0 for cell in cells])
    p = [
        scipy.stats.ttest_1samp(c, 0).pvalue if len(c) > 1 and np.ptp(c) > 0 else float(m == 0)
        for c, m in zip(cells, means)
    ]
    found = scipy.stats.false_discovery_control(p) < 0.05
    return np.where(found, np.sign(means), 0).astype(int).reshape(values.shape[:-1])


def _paired(first, second):
    pair = tuple(np.asarray(values, np.float64) for values in (first, second))
    fits = pair[0].ndim == 1 and pair[0].shape == pair[1].shape and len(pair[0]) >= 2
    require(
        fits,
        "both",
        f"one number a seed, of the same seeds, got shapes {pair[0].shape} and {pair[1].shape}",
    )
    require(all(np.isfinite(values).all() for values in pair), "both", "finite numbers only")
    return pair


def half_sample_mode(values):
    """The most common value of a continuous sample, without bins or bandwidth.

    Keeps the half of the sample that lies closest together, again and again (Bickel and Frühwirth
    2006).

    Args:
      values: any array of finite numbers, not empty.

    Returns:
      A float.
    """
    values = np.sort(np.ravel(values))
    require(
        len(values) > 0 and np.isfinite(values).all(), "values", "at least one number, all finite"
    )
    while len(values) > 2:
        half = (len(values) + 1) // 2
        start = np.argmin(values[half - 1 :] - values[: len(values) - half + 1])
        values = values[start : start + half]
    return float(values.mean())


def sharpest_band(moves, width=0.01, smallest=0.005):
    """The narrow range of |displacement| that stands out most from what lies beside it.

    Counts displacements in bins of the relative `width`, and compares each bin with the ten bins
    beside it (the two next to it left out). A bin counts only if it holds the share `smallest` of
    the weights, and at least 50: of fewer, some stand out by chance.

    Args:
      moves: displacements, any array of finite numbers, not all zero.
      width: of a bin, relative to the displacement.
      smallest: share of all weights that a bin must hold.

    Returns:
      (position, contrast, share): the most common |displacement| in and next to the bin; how many
      times as many it holds as the mean bin beside it; its share of all weights. (nan, 0, 0) if no
      bin holds enough.
    """
    size = np.abs(np.asarray(moves, np.float64).ravel())
    moved, found = size[size > 0], (float("nan"), 0.0, 0.0)
    for offset in (0, 0.5):  # or an edge could cut the band in two
        bins = np.floor(np.log(moved) / width + offset).astype(int)
        bins += 6 - bins.min()
        counts = np.bincount(bins, minlength=bins.max() + 7)
        beside = np.mean([np.roll(counts, away) for away in range(-6, 7) if abs(away) > 1], axis=0)
        contrast = np.where(
            counts >= max(smallest * size.size, 50), counts / np.maximum(beside, 1), 0
        )
        best = contrast.argmax()
        if contrast[best] > found[1]:
            around = moved[np.abs(bins - best) <= 1]
            found = half_sample_mode(around), float(contrast[best]), int(counts[best]) / size.size
    return found
