"""Units whose standard deviation misleads: ignored, harmful, or amplified; over seeds."""

from typing import NamedTuple

import numpy as np
import scipy.stats

from ..statistics import Interval, mean_interval
from .rules import RULES

IGNORED = RULES["P17"].ignored  # of what a typical unit that varies as much passes on


def places(values, alive):
    """Each living unit's place from 0 to 1 in its layer by this value; NaN for the dead.

    Args:
      values: (seeds, layers, width).
      alive: the same of bool.
    """
    ranked = np.full(values.shape, np.nan)
    for cell in np.ndindex(values.shape[:2]):
        living = alive[cell]
        ranks = scipy.stats.rankdata(values[cell][living])
        ranked[cell][living] = (ranks - 0.5) / max(living.sum(), 1)
    return ranked


def relative_gain(passed, std, alive):
    """What a living unit passes on, relative to a typical unit of its layer that varies as much.

    The gain of a unit is what it passes on per standard deviation; the typical one is the median
    gain of its layer's living units.

    Args:
      passed, std: of each unit, (seeds, layers, width); see `passed_on`.
      alive: the same of bool.

    Returns:
      (seeds, layers, width), NaN for the dead and where the typical unit passes on nothing.
    """
    gain = np.ma.array(passed / np.where(alive, std, 1), mask=~alive)
    typical = np.ma.median(gain, axis=2, keepdims=True).filled(np.nan)
    return gain.filled(np.nan) / np.where(typical > 0, typical, np.nan)


class Exceptions(NamedTuple):
    """The exceptions among the units of many networks.

    `found`: a dict of the claims "P17", "P18", "P19" -> (seeds, layers, width) of bool; `places`:
    a dict "std", "effect" (of |rise|), "outgoing" -> `places`; `gain`: `relative_gain`; `quiet`:
    units of large standard deviation and little effect, whatever they pass on, of bool; `lucky`:
    the share of units in the upper half by standard deviation whose removal lowers the loss on
    fresh points alone by a hundredth.
    """

    found: dict[str, np.ndarray]
    places: dict[str, np.ndarray]
    gain: np.ndarray
    quiet: np.ndarray
    lucky: float


def find_exceptions(units, alive, loss, test_loss):
    """The `Exceptions` of a `unit_census` over seeds.

    Args:
      units: dict of (seeds, layers, width).
      alive: which units are, (seeds, layers, width) of bool.
      loss, test_loss: of the whole networks, (seeds,).
    """
    order = {
        "std": places(units["std"], alive),
        "effect": places(np.abs(units["rise"]), alive),
        "outgoing": places(units["outgoing"], alive),
    }
    p17, p18, p19 = (RULES[number] for number in ("P17", "P18", "P19"))
    std, effect, upper = order["std"], order["effect"], order["std"] > p18.large

    def lowers(rise, before):
        return rise < -p18.gain * np.maximum(before[:, None, None], p18.least)

    fresh = lowers(units["rise_test"], test_loss)
    gain = relative_gain(units["passed"], units["std"], alive)
    quiet = (std > p17.large) & (effect < p17.small)
    found = {
        "P17": quiet & (gain < IGNORED),
        "P18": lowers(units["rise"], loss) & fresh & upper,
        "P19": (std < p19.small) & (effect > p19.large),
    }
    return Exceptions(found, order, gain, quiet, (fresh & upper).sum() / upper.sum())


def gain_quantiles(exceptions):
    """The `relative_gain` of quiet units, and of the others in the upper quarter by standard
    deviation: a dict of both -> dict of quantiles, NaN if there is none."""
    upper = exceptions.places["std"] > RULES["P17"].large
    groups = {"of little effect": exceptions.quiet, "the others": upper & ~exceptions.quiet}
    return {
        name: {
            f"{q:.0%}": np.quantile(exceptions.gain[where], q) if where.any() else np.nan
            for q in (0.05, 0.25, 0.5, 0.75, 0.95)
        }
        | {"ignored": (exceptions.gain[where] < IGNORED).mean() if where.any() else np.nan}
        for name, where in groups.items()
    }


def living_share(where, alive):
    """The share of a network's living units that some are: (seeds,). Its mean counts networks
    alike, as the claims do; both: (seeds, layers, width) of bool."""
    return where.sum(axis=(1, 2)) / np.maximum(alive.sum(axis=(1, 2)), 1)


def exception_rates(exceptions, alive):
    """How common each exception is: a dict claim -> (among, networks, outgoing).

    The `Interval` of its `living_share`; the share of networks with one; its mean place by outgoing
    row, NaN if there is none.
    """
    return {
        number: (
            mean_interval(living_share(where, alive)),
            where.any(axis=(1, 2)).mean(),
            exceptions.places["outgoing"][where].mean() if where.any() else np.nan,
        )
        for number, where in exceptions.found.items()
    }


def clearest(units, exceptions):
    """The unit that shows each exception best: a dict claim -> (seed, layer, unit), without the
    claims that have none.

    P17: the largest standard deviation; P18: the largest gain on fresh points; P19: the largest
    effect.
    """
    worth = {"P17": units["std"], "P18": -units["rise_test"], "P19": np.abs(units["rise"])}
    return {
        number: tuple(
            int(i)
            for i in np.unravel_index(
                np.where(exceptions.found[number], value, -np.inf).argmax(), value.shape
            )
        )
        for number, value in worth.items()
        if exceptions.found[number].any()
    }


def described(examples, units, exceptions):
    """Numbers of single units: a dict claim -> dict of numbers, from dicts claim -> (seed, layer,
    unit) and of a `unit_census`. Places are from 0 to 1 in the unit's layer."""
    return {
        number: {
            "std": units["std"][place],
            "place by std": exceptions.places["std"][place],
            "rise (nats)": units["rise"][place],
            "place by |rise|": exceptions.places["effect"][place],
            "rise on fresh points (nats)": units["rise_test"][place],
            "outgoing row": units["outgoing"][place],
            "median outgoing row": np.median(units["outgoing"][place[:2]]),
        }
        for number, place in examples.items()
    }


class ExceptionEvidence(NamedTuple):
    """Of one claim. `often`: share of networks with such a unit, a dict learning rate ->
    `Interval`; `share`: the mean `living_share`, at the rate where it is largest; `occurs`: True if
    it is surely in more than one network in a hundred at some learning rate, False if surely in
    fewer of the networks of all rates together, None (open) otherwise."""

    often: dict[float, Interval]
    share: float
    occurs: bool | None


def exception_evidence(exceptions, alive):
    """A dict claim -> `ExceptionEvidence`, from dicts learning rate -> `Exceptions` and -> living
    units."""
    evidence = {}
    for number in ("P17", "P18", "P19"):
        found = {rate: table.found[number] for rate, table in exceptions.items()}
        there = {rate: where.any(axis=(1, 2)) for rate, where in found.items()}
        often = {rate: mean_interval(networks) for rate, networks in there.items()}
        together = mean_interval(np.concatenate(list(there.values())))
        rare = False if together.high < RULES[number].often else None
        surely = max(interval.low for interval in often.values()) > RULES[number].often
        evidence[number] = ExceptionEvidence(
            often=often,
            share=max(living_share(where, alive[rate]).mean() for rate, where in found.items()),
            occurs=surely or rare,
        )
    return evidence
