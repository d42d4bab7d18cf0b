"""What was found on recorded data and larger networks, judged: each order at its best, what makes
up for what goes, and the post's claims."""

import numpy as np

from ..statistics import mean_interval
from .best_order import KINDS, ORDERS
from .beyond import CARELESS, STAGES, WELL, Way, ways_at
from .rules import RULES, settled

CARELESSLY = {at: f"{name}, carelessly" for at, name in ((0, ORDERS[0]), (STAGES, ORDERS[2]))}


def order_of(way):
    """Which of `ORDERS` a way belongs to."""
    return ORDERS[0] if way.at == 0 else ORDERS[2] if way.at == STAGES else ORDERS[1]


def chosen_accuracy(ends):
    """Test accuracies (seeds,) of what has the lowest loss in validation in each seed; ends:
    accuracy and loss in validation and tests (seeds, choices, 2, 2)."""
    losses = np.nan_to_num(ends[:, :, 0, 1], nan=np.inf)  # a training may diverge
    return ends[np.arange(len(ends)), losses.argmin(axis=1), 1, 0]


def accuracy_of(found, share, belongs):
    """Test accuracies (seeds,) at one share, of the best of the ways for which `belongs` is true,
    learning rates included."""
    rows = [i for i, way in enumerate(ways_at(share)) if belongs(way)]
    ends = found[share][:, rows][:, :, :, 1]  # at the end of the budget
    return chosen_accuracy(ends.reshape(len(ends), -1, 2, 2))


def best_values(found):
    """Dict share -> dict order, at its best or as in `CARELESSLY`, -> accuracies (seeds,)."""
    return {
        share: {
            order: accuracy_of(found, share, lambda way: order_of(way) == order) for order in ORDERS
        }
        | {
            name: accuracy_of(found, share, lambda way: way == Way(at, *CARELESS))
            for at, name in CARELESSLY.items()
        }
        for share in found
    }


def stage_values(found, share):
    """Dict name of a kind, `WELL` and `CARELESS`, -> dict part of the budget before pruning ->
    accuracies (seeds,)."""
    return {
        " ".join(kind).replace("_", " "): {
            at / STAGES: accuracy_of(found, share, lambda way: way == Way(at, *kind))
            for at in range(STAGES + 1)
        }
        for kind in (WELL, CARELESS)
    }


def gaps(best):
    """Dict share -> dict of `Interval`s: train first at its best, less prune first; in between,
    less the better of both; and the first with both pruned carelessly."""
    found = {}
    for share, values in best.items():
        first, between, last = (values[order] for order in ORDERS)
        careless_first, careless_last = (values[name] for name in CARELESSLY.values())
        found[f"{share} times fewer"] = {
            "train first less prune first": mean_interval(last - first),
            "in between less the better": mean_interval(between - max(first, last, key=np.mean)),
            "carelessly pruned": mean_interval(careless_last - careless_first),
        }
    return found


def level_in_words(gap, within=RULES["F6"].level):
    """Where one thing stands to another, given the `Interval` of their difference."""
    if gap.low > -within and gap.high < within:
        return "level"
    return "ahead" if gap.low > 0 else "behind" if gap.high < 0 else "open"


def order_answers(best):
    """Dict question on the orders -> answer, for one pair; best: as from `best_values`."""
    found = gaps(best)
    careless, between = (
        [gap[name] for gap in found.values()]
        for name in ("carelessly pruned", "in between less the better")
    )
    last = {share: gap["train first less prune first"] for share, gap in found.items()}
    return {
        "after F6: pruned carelessly, training first ends over a point behind": _words(
            settled([gap - -RULES["F6"].loses for gap in careless])
        ),
        "after F6: at its best, training first is": ", ".join(
            f"{share.split()[0]}: {level_in_words(gap)}" for share, gap in last.items()
        ),
        "after F8: in between is never over a point behind": _words(
            settled([_above(gap, -RULES["F8"].within) for gap in between])
        ),
    }


def kind_values(arms):
    """Dict criterion -> dict compensation -> (before, after) fine-tuning, accuracies (seeds,)."""
    values = {}
    for place, (criterion, rung) in enumerate(KINDS):
        before, after = arms["tuned"][:, place].T
        values.setdefault(criterion, {})[rung] = before, after
    return values


def kind_answers(kinds):
    """Dict question on criteria and compensations, half of the units -> answer; kinds: as from
    `kind_values`."""

    def ahead(one, other, after=False):
        return mean_interval(kinds[one[0]][one[1]][after] - kinds[other[0]][other[1]][after])

    def all_ahead(rung, other):
        return _words(settled([-ahead((name, rung), (name, other)) for name in kinds]))

    squares = ahead(WELL, ("random", "least_squares"))
    spread = ahead(("std", "mean"), ("random", "mean"))
    tuned = [ahead(WELL, CARELESS, after) for after in (False, True)]
    return {
        "least squares beats means, for every criterion": all_ahead("least_squares", "mean"),
        "means beat deletion, for every criterion": all_ahead("mean", "none"),
        "after F1: with means, `std` less chance": f"{spread:+.2f}",
        "with least squares, `unexplained` less chance": f"{squares:+.3f}",
        "`unexplained` with least squares, less deletion at random": f"{tuned[0]:+.2f}",
        "the same after fine-tuning": f"{tuned[1]:+.3f}",
    }


def post_answers(arms):
    """Dict question after a claim of the post -> answer in the mean, with what was measured, with
    half of the units; arms: as from `all_arms` over seeds."""
    accuracy, differ, moves = arms["accuracy"], arms["differ"], arms["moves"]
    full, pruned = accuracy["full"], accuracy["random train_prune"]
    lost, tuned = mean_interval(full - pruned), mean_interval(full - accuracy["random fine_tune"])
    first = mean_interval(accuracy["random prune_train"] - pruned)
    below = mean_interval(full - accuracy["random prune_train"])
    std, orders = mean_interval(full - accuracy["std train_prune"]), mean_interval(differ["orders"])
    more = mean_interval(differ["orders"] - differ["orders of strangers"])
    alike = mean_interval(moves["orders"] - moves["orders of strangers"])
    p3, p4, p5, p10, p11, p12 = (RULES[f"P{n}"] for n in (3, 4, 5, 10, 11, 12))
    return {
        "after P3: a random half costs over a tenth": _asked([_above(lost, p3.large)], lost),
        "after P4: fine-tuning repairs it, within two points": _asked([tuned - p4.within], tuned),
        "after P5: pruning first ends over a tenth higher, within two points of the whole": _asked(
            [_above(first, p5.higher), below - p4.within], first
        ),
        "after P10: std pruning costs less than a point": _asked([std - p10.cost], std),
        "after P11: the orders differ on less than a fifth of the points": _asked(
            [orders - p11.differ], orders
        ),
        "after P11: and on fewer than orders of strangers": _asked([more], more),
        "after P12: displacements correlate more than those of strangers": _asked(
            [_above(alike, p12.more)], alike
        ),
    }


def _above(interval, limit):
    """An `Interval` that lies below 0 where the given one lies above a limit."""
    return -(interval - limit)


def _asked(below_zero, shown):
    return f"{_words(settled(below_zero))} ({shown:+.3f})"


def _words(holds):
    return {True: "yes", False: "no", None: "open"}[holds]
