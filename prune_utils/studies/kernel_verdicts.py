"""What notebook 05's claims about both orders' kernels rest on, and their verdicts: numbers in,
conditions out."""

from typing import NamedTuple

import numpy as np

from ..statistics import Interval, mean_interval
from .dashes import PIECES
from .rules import RULES, first_look


class Evidence(NamedTuple):
    """How much alike the two orders are. `r`: criterion -> correlation of their kernels;
    `significant`: the share of the seeds in which std pruning's is; `stronger`: how much stronger
    it is than random pruning's, paired by seed; `roles`: as from `role_shares`."""

    r: dict[str, Interval]
    significant: Interval
    stronger: Interval
    roles: dict[str, Interval]


def role_shares(many):
    """The share of pairs of units with similar roles: "std, same unit", "std, other units" and so
    on -> (seeds,), without seeds in which none vary; many: `kernel_pairs` over seeds."""
    return {
        f"{name}, {what}": many[name][column][np.isfinite(many[name][column])]
        for name in ("std", "random")
        for what, column in (("same unit", "roles"), ("other units", "strangers"))
    }


def evidence(many):
    """The `Evidence` of `kernel_pairs` over seeds."""
    std, random = many["std"], many["random"]
    return Evidence(
        r={name: mean_interval(pair["r"]) for name, pair in many.items()},
        significant=mean_interval(std["p"] < RULES["P12"].p),
        stronger=mean_interval(std["r"] - random["r"]),
        roles={name: mean_interval(shares) for name, shares in role_shares(many).items()},
    )


def verdicts(found, diagonal, middle, outer, limit, rate, answer):
    """Whether P6 to P9, P12 and P14 hold at a first look, see `first_look`.

    Args:
      found: the `Evidence`.
      diagonal, middle, outer: the `Diagonal`, `Middle` and `Outer` of random pruning.
      limit: the cut-off of the initial weights.
      rate: the learning rate.
      answer: how far Adam answers to a lone gradient at its first step, in learning rates.
    """
    p6, p7, p8, p9 = (RULES[number] for number in ("P6", "P7", "P8", "P9"))
    p12, p14, band = RULES["P12"], RULES["P14"], outer.position
    dense = min(diagonal.ratio[piece] for piece in PIECES)
    near_post = abs(band / p9.place - 1) < p9.about
    near_adam = abs(band / rate / answer - 1) < p9.within
    off = 100 * (answer * rate / p9.place - 1)
    same, others = (found.roles[f"std, {what}"] for what in ("same unit", "other units"))
    return first_look(
        P6=(dense > p6.pieces and diagonal.ratio["gaps"] < p6.gaps, {}),
        P7=(middle.inner_untouched > p7.untouched * middle.inner, {}),
        P8=(
            np.abs(middle.unmoved).max() > p8.filled * limit,
            {"for the cut-offs only": abs(middle.tilt.mean) >= p8.tilt},
        ),
        P9=(
            near_post and near_adam and outer.there.low > p9.often,
            {f", up to {off:.1f} %, if the learning rate was {rate}": True},
        ),
        P12=(
            found.significant.low > p12.often and found.r["std"].high < p12.below,
            {", but not more than with random pruning": found.stronger.high < p12.more},
        ),
        P14=(same.low > p14.often and same.low > others.high, {}),
    )
