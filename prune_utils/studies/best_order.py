"""Each order at its best: ways to a pruned network, chosen on some seeds and judged on others."""

from itertools import product

import numpy as np

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
    """The `Plan` with all ways that are tried, at every learning rate: in between, and before
    training at the counts `ROUGHLY`, only the kinds of `DRAWN`."""
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


def row_plan(orders, count):
    """The part of the `judging_plan` that tells the orders apart at one count."""
    ways = dict.fromkeys((*orders[count].values(), *CARELESSLY))
    return Plan(STEPS, EVERY, {count: tuple(ways)}, {count: (orders[count][ORDERS[0]],)})
