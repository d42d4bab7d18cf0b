"""What notebook 06's claims about the band and about dead units rest on, and their verdicts:
numbers in, conditions out."""

from typing import NamedTuple

from ..statistics import Interval, mean_interval
from .deaths import stuck_share
from .lone import LONE, share_by_seed
from .rules import RULES, numbered


class Evidence(NamedTuple):
    """What the histories of many seeds say. `share`: of the weights, in the band; `members`: of
    those in the band, with one gradient, at step 1; `explained`: of all weights with one gradient,
    at step 1, over all seeds, moved as Adam answers to it; `stuck`: of the units dead in the end,
    without a gradient and not woken by a small move; `early`: of them, without a gradient after the
    first steps."""

    share: Interval
    members: Interval
    explained: float
    stuck: Interval
    early: Interval


def evidence(classes, moves, idle, quiet):
    """The `Evidence` of seeds.

    Args:
      classes, moves: `gradient_classes` and `explain_moves` of the kernel.
      idle: `idleness` of the units.
      quiet: `silent_since` the first steps.
    """
    lones = classes[LONE]
    return Evidence(
        share=mean_interval(share_by_seed(moves.in_band)),
        members=mean_interval(share_by_seed(lones, moves.in_band)),
        explained=float(moves.explained[lones].mean()),
        stuck=mean_interval(stuck_share(idle, RULES["P13"].small)),
        early=mean_interval(quiet),
    )


def verdicts(found, right, rate, band):
    """Whether P9 and P13 hold, see `numbered`.

    Args:
      found: the `Evidence`.
      right: whether each prediction of a band came true.
      rate: the learning rate.
      band: where the band lies, a displacement.
    """
    p9, p13 = RULES["P9"], RULES["P13"]
    off = 100 * abs(band / p9.place - 1)
    return numbered(
        P9=(
            found.explained > p9.explained
            and found.members.low > p9.often
            and off < 100 * p9.about
            and all(right),
            {f", and is explained up to {off:.1f} %, if the learning rate was {rate}": True},
        ),
        P13=(
            found.stuck.low > p13.stuck,
            {", though not all of them died early": found.early.low <= p13.early},
        ),
    )
