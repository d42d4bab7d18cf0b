"""What notebook 04's claims about std pruning rest on, and their verdicts: numbers in, conditions
out."""

from typing import NamedTuple

from ..statistics import Interval, mean_interval
from .coherence import coherence_leads
from .rules import RULES, first_look
from .two_criteria import CUTS, stuck_shares

ORDERS = "train_prune / prune_train"


class Evidence(NamedTuple):
    """What `std_pruning` of many seeds says. A pair is one of `PAIRS`.

    `same`: pair -> the share of the seeds in which the picture stays as it was; `apart`: pair -> on
    what share of the map the two differ; `further`: pair -> how much further apart the two orders
    are, paired by seed. Of the "dropped" and of the "kept" units: `stuck`, the share that has no
    gradient and that no move of a given length wakes, a dict of `CUTS`; `moved`, the mean rise of
    the loss at the smallest random move of all of them.
    """

    same: dict[str, Interval]
    apart: dict[str, Interval]
    further: dict[str, Interval]
    stuck: dict[str, dict[float, Interval]]
    moved: dict[str, float]


def evidence(many):
    """The `Evidence` of `std_pruning` over seeds."""
    changed = {pair: change[:, 0] for pair, change in many["change"].items()}
    return Evidence(
        same={
            pair: mean_interval(change[:, 1] <= RULES["P10"].changed)
            for pair, change in many["change"].items()
        },
        apart={pair: mean_interval(values) for pair, values in changed.items()},
        further={
            pair: mean_interval(changed[ORDERS] - values)
            for pair, values in changed.items()
            if pair != ORDERS
        },
        stuck={
            name: {cut: mean_interval(share) for cut, share in stuck_shares(units).items()}
            for name, units in many["idle"].items()
        },
        moved={name: float(rise[:, 0].mean()) for name, rise in many["rise"].items()},
    )


def std_verdicts(found, effects, death, ranks):
    """Whether each claim holds, and in what way only in part.

    Args:
      found: the `Evidence` at the inferred setting.
      effects: the `JointEffects` at a small learning rate.
      death: the `Death` of the factorial.
      ranks: `predictions`.

    Returns:
      A dict claim -> dict of "number", "rule", "holds" and "limits", as for `Claim`.
    """
    p10, p11, p13 = RULES["P10"], RULES["P11"], RULES["P13"]
    worse, equal, cuts = effects.worse[0], found.further["full / stranger"], found.stuck["dropped"]
    joint = mean_interval(ranks["without random"]["over joint"]["all"])
    return first_look(
        P10=(
            found.same["full / train_prune"].low > p10.often,
            {
                "only where many units are dead": worse.low > 0 and death.decides,
                "at large learning rates only, and why is open": worse.low > 0,
                "at the inferred learning rate, elsewhere is open": worse.high >= 0,
            },
        ),
        P11=(
            found.apart[ORDERS].high < p11.differ and found.further["full / train_prune"].low > 0,
            {
                ", but as much for unrelated networks": -p11.equal < equal.low
                and equal.high < p11.equal
            },
        ),
        P13=(
            cuts[CUTS[0]].low > p13.stuck
            and abs(found.moved["dropped"]) < p13.harmless * found.moved["kept"],
            {
                "for moves up to a thousandth of a unit's weights": cuts[CUTS[1]].low <= p13.stuck,
                "for moves up to a hundredth of a unit's weights": cuts[CUTS[2]].low <= p13.stuck,
            },
        ),
        F5=(
            death.decides,
            {", though the learning rate plays a part of its own": death.rate.low > 0},
        ),
        F1=(
            effects.together and coherence_leads(ranks),
            {
                ", though without random pruning the joint size ranks better": joint.high < 0,
                ", though without random pruning the joint size ranks no worse": joint.low <= 0,
            },
        ),
    )
