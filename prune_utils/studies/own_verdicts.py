"""The verdicts on notebook 07's own findings, F2, F6 and F8, and what was measured, in words."""

from ..statistics import mean_interval
from .best_order import COMMON
from .rules import RULES, numbered, settled
from .tuning import AS_MANY


def past_verdict(gaps, anew):
    """Whether a past gains nothing, F2: open where an interval straddles the limit.

    Args:
      gaps: as from `tuning_gaps`.
      anew: training from scratch, as from `tune_or_restart` over seeds.

    Returns:
      A dict claim -> dict of all that `Claim` needs, but its seeds and its figure.
    """
    ahead = {case: mean_interval(gap) for case, gap in gaps[AS_MANY].items()}
    scratch = {budget: mean_interval(scores.stopped[:, 0]) for budget, scores in anew.items()}
    holds = settled([gap - RULES["F2"].gain for gap in ahead.values()])
    listed = (f"{name} half, trained at {r:g}, {gap:+.4f}" for (name, r), gap in ahead.items())
    words = {
        "measured": f"trained on, less from scratch: {'; '.join(listed)}",
        "control": f"scratch {scratch[AS_MANY]:.4f}; with equal steps {scratch['equal steps']:.4f}",
        "headline": f"at best {max(gap.mean for gap in ahead.values()):+.4f} of test accuracy",
        "against": f"from scratch: {scratch[AS_MANY].mean:.3f}",
    }
    return {"F2": numbered(F2=(holds, {}))["F2"] | words}


def order_verdicts(found):
    """Whether each order at its best is level, F6, and in between never behind, F8; both are open
    where an interval straddles its limit.

    Args:
      found: as from `differences`.

    Returns:
      As `past_verdict`.
    """
    f6, fewest = RULES["F6"], min(found)
    few, many = [c for c in found if c < f6.down_to], [c for c in found if c >= f6.down_to]
    careless = [gaps["carelessly pruned"] - -f6.loses for gaps in found.values()]
    apart = {
        budget: [side - f6.level for c in many for side in (found[c][budget], -found[c][budget])]
        for budget in ("at equal steps", "at equal operations")
    }
    between, rich = (
        [-gaps[name] - RULES["F8"].within for gaps in found.values()]
        for name in ("in between", "in between, against equal operations")
    )
    ahead = found[fewest]["in between"].low > 0
    behind = all(found[count]["at equal steps"].high < 0 for count in few)
    judged = numbered(
        F6=(
            settled([*careless, *apart["at equal steps"]]),
            {
                "at equal steps": not settled(apart["at equal operations"]),
                ", and with fewer units pruning first is ahead": behind,
            },
        ),
        F8=(
            settled(between),
            {
                "at equal steps": not settled(rich),
                ", and is ahead of both where fewest units stay": ahead,
            },
        ),
    )
    return {
        "F6": judged["F6"] | _level_in_words(found),
        "F8": judged["F8"] | _between_in_words(found),
    }


def _level_in_words(found):
    last = RULES["F6"].down_to
    level, careless = (found[last][what] for what in ("at equal steps", "carelessly pruned"))
    return {
        "measured": "train first less prune first, each at its best, at equal steps: "
        + _count_by_count(found, "at equal steps", "+.4f"),
        "control": f"carelessly pruned, at {COMMON}: "
        + _count_by_count(found, "carelessly pruned", "+.2f"),
        "headline": f"{level.mean:+.3f} of test accuracy, {last} of 100 units kept",
        "against": f"carelessly pruned, at learning rate {COMMON}: {careless.mean:+.2f}",
    }


def _between_in_words(found):
    fewest = min(found)
    between, orders = (found[fewest][what] for what in ("in between", "at equal steps"))
    return {
        "measured": "in between less the better order: "
        + _count_by_count(found, "in between", "+.4f"),
        "control": f"train first less prune first with {fewest} units {orders:+.3f}",
        "headline": f"{between.mean:+.3f} of test accuracy, {fewest} of 100 units kept",
        "against": f"train first, less prune first: {orders.mean:+.3f}",
    }


def _count_by_count(found, what, spec):
    return "; ".join(f"{count} units {format(gaps[what], spec)}" for count, gaps in found.items())
