"""Both orders on recorded data and larger networks, judged: each at its best, and when to prune."""

import numpy as np

from ..statistics import mean_interval
from .best_order import ORDERS
from .beyond import CARELESS, STAGES, WELL, Way, ways_at
from .rules import RULES, settled

CARELESSLY = {at: f"{name}, carelessly" for at, name in ((0, ORDERS[0]), (STAGES, ORDERS[2]))}
TIMES = dict(zip((0, STAGES // 2, STAGES), ORDERS, strict=True))  # when each order prunes
NAMES = {WELL: "unexplained, least squares", CARELESS: "random, nothing folded"}


def chosen_accuracy(ends):
    """Test accuracies (seeds,) of what has the lowest loss in validation in each seed; ends:
    accuracy and loss in validation and tests (seeds, choices, 2, 2)."""
    return ends[np.arange(len(ends)), _chosen(ends), 1, 0]


def _chosen(ends):
    """Which choice has the lowest loss in validation, for each seed."""
    losses = np.nan_to_num(ends[:, :, 0, 1], nan=np.inf)  # a training may diverge
    return losses.argmin(axis=1)


def _choices(found, share, belongs):
    """Ends (seeds, choices, 2, 2) at one share, of the ways for which `belongs` is true at all
    learning rates, which change fastest."""
    ends = found[share][:, [i for i, way in enumerate(ways_at(share)) if belongs(way)]]
    return ends.reshape(len(ends), -1, 2, 2)


def accuracy_of(found, share, belongs):
    """Test accuracies (seeds,) at one share, of the best of the ways for which `belongs` is true,
    learning rates included."""
    return chosen_accuracy(_choices(found, share, belongs))


def best_values(found):
    """Dict share -> dict order, at its best or as in `CARELESSLY`, -> accuracies (seeds,)."""
    return {
        share: {
            order: accuracy_of(found, share, lambda way: way.at == at)
            for at, order in TIMES.items()
        }
        | {
            name: accuracy_of(found, share, lambda way: way == Way(at, *CARELESS))
            for at, name in CARELESSLY.items()
        }
        for share in found
    }


def stage_values(found, share):
    """Dict name of `NAMES` -> dict part of the budget before pruning -> accuracies (seeds,)."""
    return {
        name: {
            at / STAGES: accuracy_of(found, share, lambda way: way == Way(at, *kind))
            for at in range(STAGES + 1)
        }
        for kind, name in NAMES.items()
    }


def edge_choices(found, pair):
    """Dict order -> share of the choices at the lowest and at the highest learning rate of the
    pair, over seeds and shares: texts; found: dict share -> ends as from `prune_anywhere`."""
    rows, last = {}, len(pair.rates) - 1
    for at, order in TIMES.items():
        chosen = [_chosen(_choices(found, share, lambda way: way.at == at)) for share in found]
        places = np.concatenate(chosen) % len(pair.rates)
        rows[order] = ", ".join(f"{(places == edge).mean():.2f}" for edge in (0, last))
    return rows


def gaps(best):
    """Dict share -> dict of `Interval`s: train first at its best, less prune first; in between,
    less each of these; and the first with both pruned carelessly."""
    found = {}
    for share, values in best.items():
        first, between, last = (values[order] for order in ORDERS)
        careless_first, careless_last = (values[name] for name in CARELESSLY.values())
        found[f"{share} times fewer"] = {
            "train first minus prune first": mean_interval(last - first),
            "in between minus prune first": mean_interval(between - first),
            "in between minus train first": mean_interval(between - last),
            "train first minus prune first, both carelessly": mean_interval(
                careless_last - careless_first
            ),
        }
    return found


def level_in_words(gap, within=RULES["F6"].level):
    """Where one thing stands to another, given the `Interval` of their difference."""
    if gap.low > -within and gap.high < within:
        return "level"
    return "ahead" if gap.low > 0 else "behind" if gap.high < 0 else "open"


def order_answers(best, kept):
    """Dict question on the orders -> answer, for one pair; best: as from `best_values`; kept: dict
    share -> part of the units that stay."""
    last, after_first, after_last, careless = zip(
        *(gap.values() for gap in gaps(best).values()), strict=True
    )
    places = {share: level_in_words(gap) for share, gap in zip(best, last, strict=True)}
    asked = [places[share] for share in best if kept[share] >= RULES["F6"].down_to / 100]
    never = False if "behind" in asked else None if "open" in asked else True
    told = ", ".join(f"{share}: {where}" for share, where in places.items())
    return {
        "F6 pruned carelessly, training first ends over a point behind": in_words(
            settled([gap - -RULES["F6"].loses for gap in careless])
        ),
        "F6 at its best, training first is not behind as long as an eighth of the units stays": (
            f"{in_words(never)} ({told})"
        ),
        "F8 in between is never over a point behind": in_words(
            settled([above(gap, -RULES["F8"].within) for gap in (*after_first, *after_last)])
        ),
    }


def counted(answers):
    """Dict number of a claim -> for each of its questions, how many pairs answer yes, no, and
    neither, as a text; answers: dict pair -> dict question -> answer."""
    found = {}
    for question in next(iter(answers.values())):
        words = [own[question].split()[0] for own in answers.values()]
        yes, no = words.count("yes"), words.count("no")
        found.setdefault(question.split()[0], []).append(f"{yes}/{no}/{len(words) - yes - no}")
    return found


def above(interval, limit):
    """An `Interval` that lies below 0 where the given one lies above a limit."""
    return -(interval - limit)


def in_words(holds):
    """True, False or None, as from `settled`, in a word."""
    return {True: "yes", False: "no", None: "open"}[holds]
