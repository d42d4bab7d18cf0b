"""Each order at its best: ways to a pruned network, chosen on some seeds and judged on others."""

from itertools import product

import numpy as np

from ..statistics import mean_interval
from .prune_at import STOPPED, Plan, Way

STEPS, EVERY, COMMON = 1000, 100, 0.1  # the budget of training, and the inferred learning rate
RATES = (0.001, 0.01, COMMON)
TIMES = (0, 100, 300, 500, 700, 900, STEPS)
KINDS = tuple(product(("random", "std", "unexplained"), ("none", "mean", "least_squares")))
# What is drawn over the time of pruning, one kind a compensation.
DRAWN = {
    "random, nothing folded": ("random", "none"),
    "std, means folded": ("std", "mean"),
    "unexplained, least squares": ("unexplained", "least_squares"),
}
CARELESSLY = tuple(Way(COMMON, at, "random", "none") for at in (0, STEPS))
COUNTS = (90, 50, 25, 12, 6, 3)
CURVES = (50, 12, 3)  # the counts that are drawn over time
ROUGHLY = (90, 25)  # counts at which fewer ways are tried: training these networks takes longest
ORDERS = ("prune first", "in between", "train first")
LONGER = "prune first, equal operations"


def order_of(way):
    """Which of `ORDERS` a way belongs to."""
    if way.at == 0:
        return "prune first"
    return "train first" if way.at in (STEPS, STOPPED) else "in between"


def choosing_plan():
    """The `Plan` with everything there is to choose from, at every learning rate."""
    ways = {}
    for count in COUNTS:
        rough = count in ROUGHLY
        tried = [*product(KINDS, (STEPS, STOPPED)), *product(DRAWN.values(), (0, STEPS // 2))]
        tried += [] if rough else [*product(KINDS, (0,)), *product(DRAWN.values(), TIMES)]
        tried = dict.fromkeys(tried)
        ways[count] = tuple(Way(rate, at, *kind) for (kind, at), rate in product(tried, RATES))
    return Plan(STEPS, EVERY, ways, {})


def film_plan(count, rate, every):
    """(plan, steps): the `Plan` that prunes to one count at one rate in each way of `DRAWN`, at a
    step after every so many; the steps change fastest."""
    steps = tuple(range(0, STEPS + 1, every))
    ways = tuple(Way(rate, at, *kind) for kind in DRAWN.values() for at in steps)
    return Plan(STEPS, every, {count: ways}, {}), steps


def best_way(ways, found, belongs):
    """The way, of those for which `belongs` is true, with the highest mean accuracy in validation;
    found: `Scores` (seeds, ways)."""
    validation = np.asarray(found.validation).mean(axis=0)
    return ways[max((i for i, way in enumerate(ways) if belongs(way)), key=validation.__getitem__)]


def choose(plan, ways):
    """What is best on the seeds of the first run.

    Args:
      plan: the `choosing_plan`.
      ways: as from `prune_at`, with a leading axis over seeds.

    Returns:
      (orders, curves, untrained): dict count -> dict order -> `Way`; dict count -> dict name of
      `DRAWN` -> a `Way` for each of `TIMES`; dict count -> dict criterion -> the best `Way` that
      prunes by it before training and folds nothing.
    """
    orders, curves, untrained = {}, {}, {}
    for count, tried in plan.ways.items():

        def best(belongs, tried=tried, count=count):
            return best_way(tried, ways[count], belongs)

        orders[count] = {order: best(lambda way: order_of(way) == order) for order in ORDERS}
        if count in CURVES:
            curves[count] = {
                name: [best(lambda way: (way.at, *way[2:]) == (at, *kind)) for at in TIMES]
                for name, kind in DRAWN.items()
            }
        if count not in ROUGHLY:
            untrained[count] = {
                criterion: best(lambda way: way[1:] == (0, criterion, "none"))
                for criterion in dict.fromkeys(criterion for criterion, _ in KINDS)
            }
    return orders, curves, untrained


def judging_plan(chosen):
    """The `Plan` that runs what was chosen, and the two orders pruned carelessly at the common
    rate."""
    orders, curves, untrained = chosen
    ways = {}
    for count, best in orders.items():
        drawn = [way for line in curves.get(count, {}).values() for way in line]
        wanted = [*best.values(), *drawn, *untrained.get(count, {}).values(), *CARELESSLY]
        ways[count] = tuple(dict.fromkeys(wanted))
    return Plan(STEPS, EVERY, ways, {count: (best[ORDERS[0]],) for count, best in orders.items()})


def accuracy_of(plan, found):
    """A function (count, way) -> test accuracies (seeds,) at the checkpoint that validation
    chooses; found: a dict count -> `Scores` (seeds, ways)."""
    return lambda count, way: np.asarray(found[count].stopped)[:, plan.ways[count].index(way)]


def drawn_values(curves, value):
    """Dict count -> dict name of `DRAWN` -> accuracies (seeds,) at each of `TIMES`; curves: what
    `choose` chose; value: as from `accuracy_of`."""
    return {
        count: {name: [value(count, way) for way in line] for name, line in named.items()}
        for count, named in curves.items()
    }


def common_table(plan, ways, count):
    """Rows for a table: the accuracy after the whole budget at the common learning rate, of every
    kind that was run at the time; a column for each of `TIMES`."""
    rows = {}
    for kind in KINDS:
        row = {}
        for at in TIMES:
            way = Way(COMMON, at, *kind)
            if way in plan.ways[count]:
                values = np.asarray(ways[count].last)[:, plan.ways[count].index(way)]
                row["before training" if at == 0 else f"step {at}"] = f"{values.mean():.3f}"
        rows[", ".join(kind)] = row
    return rows


def best_values(plan, ways, longer, orders):
    """Dict count -> dict order, or "prune first, equal operations", -> accuracies (seeds,) of what
    was chosen."""
    value = accuracy_of(plan, ways)
    return {
        count: {order: value(count, way) for order, way in best.items()}
        | {LONGER: np.asarray(longer[count].stopped)[:, 0]}
        for count, best in orders.items()
    }


def differences(best, value):
    """By how much training first is ahead, count by count, as `Interval`s of paired differences.

    Args:
      best: as from `best_values`.
      value: as from `accuracy_of`.

    Returns:
      A dict count -> dict: train first at its best, less prune first "at equal steps" and "at equal
      operations"; "carelessly pruned", both; "in between", less the better of both orders in the
      mean.
    """
    found = {}
    for count, values in best.items():
        first, between, last = (values[order] for order in ORDERS)
        careless_first, careless_last = (value(count, way) for way in CARELESSLY)
        found[count] = {
            "at equal steps": mean_interval(last - first),
            "at equal operations": mean_interval(last - values[LONGER]),
            "carelessly pruned": mean_interval(careless_last - careless_first),
            "in between": mean_interval(between - max(first, last, key=np.mean)),
        }
    return found


def chosen_table(orders, best):
    """Rows for a table: what was chosen for each count and order, and its accuracy."""
    rows = {}
    for count, chosen in orders.items():
        for order, way in chosen.items():
            at = "its best step, then no more" if way.at == STOPPED else f"step {way.at}"
            rows[f"{count} units, {order}"] = {
                "learning rate": f"{way.rate:g}",
                "pruned at": at,
                "criterion": way.criterion,
                "compensation": way.compensation.replace("_", " "),
                "test accuracy": f"{mean_interval(best[count][order]):.3f}",
            }
    return rows


def untrained_table(untrained, value):
    """Rows for a table: the accuracy after training of what each criterion keeps of the untrained
    network, less that of a random choice."""
    rows = {}
    for count, chosen in untrained.items():
        values = {criterion: value(count, way) for criterion, way in chosen.items()}
        random = values.pop("random")
        rows[f"{count} units"] = {"random": mean_interval(random)} | {
            f"{criterion}, less random": mean_interval(found - random)
            for criterion, found in values.items()
        }
    return rows
