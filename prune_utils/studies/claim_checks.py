"""Which claims hold at which setting: the rules of `rules` on what `measure_network` found.

With the few networks of a setting, means stand in the place of the rules' intervals. P5 and P10
have their rules for a cell of a sweep. P9 asks for a sharp band of displacements within 1 % of
where Adam's answer to one gradient puts it; P17 to P19 for one such unit in any of the networks;
F1, for what it says of std pruning; F3, whether a quarter of the units by `unexplained` and least
squares scores less than a point below half of them by std and means.
"""

import numpy as np

from ..adam import adam_impulse_response
from ..statistics import sharpest_band
from .certificates import violations
from .exceptions import find_exceptions
from .rules import RULES

# What no single setting can be asked, and why.
NOT_ASKED = {
    "P6": "its three pieces need the band of P9 and a uniform initialisation",
    "P8": "only where the initialisation is uniform and many weights are untouched",
    "F2": "compares best learning rates",
    "F4": "compares learning rates",
    "F5": "plants and prevents death at two learning rates",
    "F6": "chooses the best ways on seeds of its own",
    "F7": "trains on after pruning with two compensations",
    "F8": "chooses the best ways on seeds of its own",
}
ANY_NETWORK = ("P1", "P16")  # asked of networks that have not learned, too


def learned(measured):
    """Where the whole network scores well, by the threshold of P5, in the mean: (settings,)."""
    return measured["whole"]["test"].mean(axis=1) > RULES["P5"].above


def verdicts(shape, optimizer, rate, measured):
    """Whether each claim holds at each setting of one shape.

    Args:
      shape: the `Shape`.
      optimizer: whether it is Adam, (settings,) of bool.
      rate: learning rates, (settings,).
      measured: `measure_network`, arrays (settings, networks, ...).

    Returns:
      A dict claim -> (settings,): 1 where it holds, 0 where it does not, NaN where it is not asked.
    """
    judged = _of_arms(measured) | _of_units(measured)
    if shape.depth > 1:
        judged |= _of_kernels(measured["kernels"])
    if shape.depth > 1 and shape.batch is None:
        band = _has_band(measured["kernels"]["moves"], rate, shape.steps)
        judged["P9"] = np.where(optimizer, band, np.nan)
    well, finite = learned(measured), np.isfinite(measured["whole"]["loss"]).all(axis=1)
    return {
        number: np.where(finite & (well | (number in ANY_NETWORK)), found, np.nan)
        for number, found in judged.items()
    }


def _of_arms(measured):
    """The claims about accuracies, maps and what the dropped units cost."""
    test, wrong = (
        {name: values.mean(axis=1) for name, values in measured["arms"][what].items()}
        for what in ("test", "wrong")
    )
    whole = {name: values.mean(axis=1) for name, values in measured["whole"].items()}
    pruned, first = test["random train_prune"], test["random prune_train"]
    p2, p5, half = RULES["P2"], RULES["P5"], test["std train_prune"]
    return {
        "P2": (whole["right"] > p2.right) & (whole["confident"] > p2.confident),
        "P3": wrong["random train_prune"] - wrong["full"] > RULES["P3"].large,
        "P4": test["full"] - test["random fine_tune"] < RULES["P4"].within,
        "P5": (first > p5.above) & (first - pruned > p5.higher_in_a_cell),
        "P10": test["full"] - half < RULES["P10"].cost,
        "P11": measured["arms"]["orders"].mean(axis=1) < RULES["P11"].differ,
        "F1": _say_the_same(measured["together"]) & (pruned > half),
        "F3": measured["few"].mean(axis=1) > half - RULES["F3"].within,
    }


def _say_the_same(together):
    """Whether what std pruning drops is more coherent than a random half though smaller unit by
    unit, and what it has in common matters more than its size."""
    std, random = together["std"], together["random"]
    # No unit that varies, no coherence.
    more = np.nan_to_num(std["coherence"] - random["coherence"]).mean(axis=1) > 0
    smaller = (std["share"] - random["share"]).mean(axis=1) < 0
    helps = [(std[w] - std[f"{w}_size"]).mean(axis=1) > 0 for w in ("restored", "signs")]
    return more & smaller & helps[0] & helps[1]


def _of_units(measured):
    """The claims about single units."""
    constant, units, idle = measured["constant"], measured["units"], measured["roles"]["idle"]
    p1, p13, p14 = RULES["P1"], RULES["P13"], RULES["P14"]
    kept = constant["constant_folded"].max(axis=1) < p1.change
    missed = constant["constant_deleted"].min(axis=1) > p1.change
    silent = constant["all_silent"]
    moved = np.where(silent, constant["silent_data"], 0).max(axis=1)
    dead = idle["dead"]
    stuck = dead & (idle["gradient"] == 0) & (idle["distance"] > p13.small)
    same, others = _mean_of_some(measured["roles"]["same"])
    over = [violations(np.abs(r), b) for r, b in zip(units["rise"], units["bound"], strict=True)]
    return {
        "P1": kept & missed,
        "P13": stuck.sum(axis=(1, 2)) > p13.stuck * dead.sum(axis=(1, 2)),
        "P14": (same >= p14.often) & (same > others),
        "P15": np.where(silent.any(axis=1), moved < RULES["P15"].change, np.nan),
        "P16": np.array(over) == 0,
    } | _exceptions(units, measured["whole"])


def _exceptions(units, whole):
    """P17 to P19: whether any network of a setting has such a unit."""
    networks = units["std"].shape[:2]
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in units.items()}
    losses = (whole[name].ravel() for name in ("loss", "test_loss"))
    found = find_exceptions(flat, flat["std"] > 0, *losses).found
    return {
        number: where.reshape(*networks, -1).any(axis=(1, 2)) for number, where in found.items()
    }


def _of_kernels(kernels):
    """The claims about the kernel between the hidden layers."""
    p12, equal = RULES["P12"], kernels["equal"].sum(axis=1)
    untouched = kernels["untouched"].sum(axis=1)
    return {
        "P7": untouched > RULES["P7"].untouched * equal,
        "P12": (kernels["p"] < p12.p).mean(axis=1) > p12.often,
    }


def _has_band(moves, rate, steps):
    """Whether the sharpest band of a setting's displacements is where Adam's answer to one gradient
    puts it; moves: (settings, networks, inputs, units)."""
    p9, place = RULES["P9"], float(adam_impulse_response(steps)[-1])
    there = []
    for own, size in zip(moves, rate, strict=True):
        clean = np.isfinite(own).all() and np.any(own)
        position, contrast, _ = sharpest_band(own / size) if clean else (0.0, 0.0, 0.0)
        there.append(contrast > p9.contrast and abs(position / place - 1) < p9.within)
    return np.array(there)


def _mean_of_some(pairs):
    """The means over networks of pairs (settings, networks, 2), without NaN; 0 where all are."""
    some = np.isfinite(pairs)
    return (np.where(some, pairs, 0).sum(axis=1) / np.maximum(some.sum(axis=1), 1)).T
