"""Which single cut through one variable tells best where something holds."""

from typing import NamedTuple

import numpy as np
import scipy.stats


class Splits(NamedTuple):
    """Ways to cut settings in two: `variables`, which one each cuts; `words`, of its two sides,
    pairs (outside, inside); `inside`: (splits, settings) of bool."""

    variables: list[str]
    words: list[tuple[str, str]]
    inside: np.ndarray

    def of(self, chosen):
        """The splits of the variables for which `chosen` is true."""
        where = [chosen(name) for name in self.variables]
        words = [pair for pair, wanted in zip(self.words, where) if wanted]
        names = [name for name, wanted in zip(self.variables, where) if wanted]
        return Splits(names, words, self.inside[where])


def splits(variables, steps=20):
    """The `Splits` of a dict name -> (settings,): a number above one of `steps` - 1 quantiles or
    between two neighbouring values, if there are fewer; a text equal to each of its values."""
    found = []
    for name, values in variables.items():
        different = np.unique(values)
        if values.dtype.kind == "U":
            found += [(name, (f"not {own}", own), values == own) for own in different]
            continue
        cuts = (different[1:] + different[:-1]) / 2
        if len(cuts) >= steps:
            cuts = np.quantile(values, np.arange(1, steps) / steps)
        found += [(name, (f"{name} < {c:.3g}", f"{name} > {c:.3g}"), values > c) for c in cuts]
    names, words, inside = zip(*found)
    return Splits(list(names), list(words), np.array(inside))


def best_split(inside, holds):
    """Which split tells best where a claim holds: (its place, whether the claim holds inside).

    Args:
      inside: (splits, settings) of bool.
      holds: (settings,) of bool.
    """
    right = (inside == holds).mean(axis=1)
    place = int(np.maximum(right, 1 - right).argmax())
    return place, bool(right[place] >= 0.5)


def held_out(inside, holds, groups):
    """Whether the best split of all other groups is right, and whether their majority is: two
    arrays (settings,) of bool. `groups`: (settings,)."""
    split, majority = np.zeros((2, len(holds)), bool)
    for group in np.unique(groups):
        own = groups == group
        if own.all():
            continue
        place, direction = best_split(inside[:, ~own], holds[~own])
        split[own] = (inside[place, own] == direction) == holds[own]
        majority[own] = (holds[~own].mean() >= 0.5) == holds[own]
    return split, majority


def better(right, control):
    """Whether one prediction is right more often than another, by McNemar's exact test: the
    p-value, and 1 if it is not; both (settings,) of bool."""
    more, less = int((right & ~control).sum()), int((control & ~right).sum())
    return float(scipy.stats.binomtest(more, more + less).pvalue) if more > less else 1.0
