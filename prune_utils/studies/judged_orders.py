"""What the best ways of both orders score on seeds that did not choose them."""

import numpy as np

from ..statistics import mean_interval
from .best_order import CARELESSLY, COMMON, KINDS, LONGER, ORDERS, TIMES
from .prune_at import STOPPED, Way

FAILED = 0.9  # below this test accuracy a network has failed


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
      mean; "in between, against equal operations", with these for pruning first.
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
            "in between, against equal operations": mean_interval(
                between - max(values[LONGER], last, key=np.mean)
            ),
        }
    return found


def failure_table(best):
    """Rows for a table, at one count: the accuracy of each order, the share of the seeds in which
    it fails, and by how much training first is ahead, with and without the seeds in which either
    fails; best: dict order -> accuracies (seeds,)."""
    first, last = best[ORDERS[0]], best[ORDERS[-1]]
    well = np.minimum(first, last) >= FAILED
    rows = {
        name: {"test accuracy": mean_interval(values), "failed": mean_interval(values < FAILED)}
        for name, values in ((ORDERS[0], first), (ORDERS[-1], last))
    }
    return rows | {
        "train first less prune first": {"test accuracy": mean_interval(last - first)},
        "the same where neither fails": {"test accuracy": mean_interval((last - first)[well])},
    }


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
