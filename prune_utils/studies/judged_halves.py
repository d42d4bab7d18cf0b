"""Half of the units taken out of networks on recorded data, judged: the post's claims and ours."""

import numpy as np
from scipy.stats import spearmanr

from ..elimination import KINDS as UNIT_KINDS
from ..statistics import mean_interval
from .beyond import WELL
from .judged_beyond import above, in_words
from .rules import RULES, settled


def claim_answers(arms):
    """Dict question after a claim -> answer in the mean over networks, with what was measured, with
    half of the units; arms: as from `all_arms` over seeds."""
    return _order_claims(arms) | _unit_claims(arms) | _kind_claims(arms)


def _order_claims(arms):
    """P3 to P12: both orders, and how far they are apart."""
    full, accuracy, differ, moves = (arms[name] for name in ("full", "accuracy", "differ", "moves"))
    random, std = (accuracy["train_prune"][name] for name in ("random", "std"))
    first, tuned = accuracy["prune_train"]["random"], accuracy["fine_tune"]["random"]
    lost, left = mean_interval(full - random), mean_interval(full - tuned)
    higher, below = mean_interval(first - random), mean_interval(full - first)
    cost, orders = mean_interval(full - std), mean_interval(differ["orders"])
    more = mean_interval(differ["orders"] - differ["orders of strangers"])
    alike = mean_interval(moves["orders"] - moves["orders of strangers"])
    p3, p4, p5, p10, p11, p12 = (RULES[f"P{n}"] for n in (3, 4, 5, 10, 11, 12))
    return {
        "P3 a random half, means folded, costs over a tenth": _asked([above(lost, p3.large)], lost),
        "P4 a second budget of training repairs it, within two points": _asked(
            [left - p4.within], left
        ),
        "P5 pruned first, the random half ends over a tenth higher": _asked(
            [above(higher, p5.higher)], higher
        ),
        "P5 and within two points of the whole network": _asked([below - p4.within], -below),
        "P10 std pruning costs less than a point": _asked([cost - p10.cost], cost),
        "P11 the orders differ on less than a fifth of the points": _asked(
            [orders - p11.differ], orders
        ),
        "P11 and on fewer than orders of strangers": _asked([more], more),
        "P12 displacements correlate more than those of strangers": _asked(
            [above(alike, p12.more)], alike
        ),
    }


def _unit_claims(arms):
    """P13 and P14, F4 and F5: units that do nothing, and what the others do."""
    dead, units, (same, others) = arms["dead"], arms["units"], arms["roles"]
    alike, more = (mean_interval(share[np.isfinite(share)]) for share in (same, same - others))
    died = mean_interval(
        _share(units["highest rate"], "dead") - _share(units["lowest rate"], "dead")
    )
    learned = mean_interval(
        _share(units["full"][:, -1:], "needed") - _share(units["untrained"][:, -1:], "needed")
    )
    cost = mean_interval(arms["full"] - arms["accuracy"]["train_prune"]["std"]) - RULES["P10"].cost
    gone = mean_interval(dead["dropped"])
    mostly = above(gone, RULES["P10"].mostly_dead)
    harmless, dead_gone = settled([cost]), settled([mostly])
    return {
        "P13 dead units stay dead in four random moves of all weights by 1 %": _stay_dead(dead),
        "P14 half of the units keep their role in the other order": _asked(
            [above(alike, RULES["P14"].often), above(more, 0)],
            alike,
            f"; different units {np.nanmean(others):.2f}",
        ),
        "F4 the highest learning rate leaves more dead units than the lowest": _asked(
            [above(died, 0)], died
        ),
        "F4 in the last layer fewer units are needed than before training": _asked(
            [learned], learned
        ),
        "F5 std pruning is harmless where, and only where, what goes is mostly dead": (
            f"{_same(harmless, dead_gone)} ({gone:.2f} dead)"
        ),
    }


def _same(harmless, dead):
    """Whether two answers agree, in a word; where it is neither harmless nor dead nothing is
    tested."""
    if harmless is None or dead is None:
        return "open"
    return "untested" if not harmless and not dead else in_words(harmless == dead)


def _share(counts, kind):
    """Shares (seeds,) of units of a kind over all layers; counts: (seeds, layers, kinds)."""
    return counts[..., UNIT_KINDS.index(kind)].sum(axis=1) / counts.sum(axis=(1, 2))


def _stay_dead(dead):
    some = dead["dead"] > 0
    if some.sum() < 2:  # no interval
        return "hardly any is dead"
    woke = mean_interval(dead["wake"][some] / dead["dead"][some])
    return f"{in_words(settled([woke - (1 - RULES['P13'].stuck)]))} ({woke:.3f} wake)"


def _kind_claims(arms):
    """F1 to F3, and F7: criteria and compensations."""
    kinds, accuracy = kind_values(arms), arms["accuracy"]
    worse = mean_interval(kinds["std"]["mean"][0] - kinds["random"]["mean"][0])
    gain = mean_interval(accuracy["fine_tune"]["random"] - accuracy["prune_train"]["random"])
    quarter = mean_interval(kinds["std"]["mean"][0] - arms["quarter"])
    means = mean_interval(kinds["random"]["mean"][1] - kinds["random"]["none"][1])
    return {
        "F1 std pruning is worse than chance, means folded": _asked([worse], worse),
        "F2 fine-tuning a random half gains nothing over half the steps from scratch": _asked(
            [gain - RULES["F2"].gain], gain
        ),
        "F3 a quarter of the units, by least squares, loses less than the post's half": _asked(
            [quarter], -quarter
        ),
        "F7 means cost accuracy, after random pruning and fine-tuning": _asked([means], means),
    }


def kind_values(arms):
    """Dict criterion -> dict compensation -> (before, after) fine-tuning, accuracies (seeds,)."""
    values = {}
    for (criterion, rung), ends in arms["tuned"].items():
        values.setdefault(criterion, {})[rung] = ends["before"], ends["after"]
    return values


def kind_answers(kinds):
    """Dict question on criteria and compensations, half of the units -> answer; kinds: as from
    `kind_values`."""

    def ahead(one, other, after=False):
        return mean_interval(kinds[one[0]][one[1]][after] - kinds[other[0]][other[1]][after])

    def all_ahead(rung, other):
        return in_words(settled([-ahead((name, rung), (name, other)) for name in kinds]))

    found = {
        "least squares beats means, for every criterion": all_ahead("least_squares", "mean"),
        "means beat deletion, for every criterion": all_ahead("mean", "none"),
    }
    for when, after in (("before", False), ("after", True)):
        own = {
            "least squares minus means, `unexplained`": ahead(WELL, (WELL[0], "mean"), after),
            "least squares minus deletion, `unexplained`": ahead(WELL, (WELL[0], "none"), after),
            "`unexplained` minus chance, least squares": ahead(WELL, ("random", WELL[1]), after),
            "std minus chance, means": ahead(("std", "mean"), ("random", "mean"), after),
        }
        found |= {f"{when} fine-tuning: {name}": f"{gap:+.3f}" for name, gap in own.items()}
    return found | {"order of the nine kinds, before and after: rank correlation": _ranks(kinds)}


def _ranks(kinds):
    """Spearman's correlation of the kinds' mean accuracies before and after fine-tuning."""
    ends = [[value.mean() for value in ends] for rungs in kinds.values() for ends in rungs.values()]
    return f"{spearmanr(*np.array(ends).T).statistic:.2f}"


def unit_table(names, units):
    """Dict layer -> dict kind -> mean number of units, trained and "at first", before training;
    units: as from `all_arms` over seeds."""
    ends = {"": units["full"], " at first": units["untrained"]}
    return {
        name: {
            kind + when: counts[:, layer, place].mean()
            for when, counts in ends.items()
            for place, kind in enumerate(UNIT_KINDS)
        }
        for layer, name in enumerate(names)
    }


def _asked(below_zero, shown, beside=""):
    return f"{in_words(settled(below_zero))} ({shown:+.3f}{beside})"
