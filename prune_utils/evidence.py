"""Numbers over many seeds: a mean with its interval, and the most common value."""

from dataclasses import dataclass

import numpy as np
import scipy.stats

from ._checks import require


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval over `seeds` seeds; `format(interval, ".3f")` writes it out."""

    mean: float
    low: float
    high: float
    seeds: int

    def __format__(self, spec):
        return f"{self.mean:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"


def mean_interval(values):
    """The mean over seeds with a 95 % interval: bootstrap percentiles, or Clopper and Pearson's for true and false.

    Args:
      values: (seeds,) numbers or booleans, finite, at least two.

    Returns:
      An `Interval`.
    """
    values = np.asarray(values)
    require(values.ndim == 1 and len(values) >= 2, "values", f"one number a seed, got shape {values.shape}")
    require(np.isfinite(values).all(), "values", "finite numbers only")
    if values.dtype == bool:
        low, high = scipy.stats.binomtest(int(values.sum()), len(values)).proportion_ci()
    else:
        values = values.astype(np.float64)
        result = scipy.stats.bootstrap((values,), np.mean, n_resamples=9999, batch=1000, method="percentile", rng=0)
        low, high = result.confidence_interval
    return Interval(float(values.mean()), float(low), float(high), len(values))


def half_sample_mode(values):
    """The most common value of a continuous sample, without bins or bandwidth.

    Keeps the half of the sample that lies closest together, again and again (Bickel and Frühwirth 2006).

    Args:
      values: any array of finite numbers, not empty.

    Returns:
      A float.
    """
    values = np.sort(np.ravel(values))
    require(len(values) > 0 and np.isfinite(values).all(), "values", "at least one number, all finite")
    while len(values) > 2:
        half = (len(values) + 1) // 2
        start = np.argmin(values[half - 1 :] - values[: len(values) - half + 1])
        values = values[start : start + half]
    return float(values.mean())
