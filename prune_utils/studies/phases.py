"""Sweeps as tables: quantities of `sweep` over the share of kept units, the learning rate and the
seeds."""

import numpy as np

from ..statistics import judge
from .commutators import log_ratio, mean_ratio
from .rules import RULES


def gather(results):
    """Both orders over all cells: a dict criterion -> dict name -> (counts, rates, seeds, ...).

    Args:
      results: `sweep` over seeds, one for each learning rate.
    """
    return {
        criterion: {
            name: np.moveaxis(np.array([swept[criterion][name] for _, swept in results]), 2, 0)
            for name in table
        }
        for criterion, table in results[0][1].items()
    }


def gather_whole(results):
    """The full networks: a dict, "full" and "dead", of (rates, seeds)."""
    return {name: np.array([whole[name] for whole, _ in results]) for name in ("full", "dead")}


def whole_table(whole, gone, rates):
    """Rows for a table, one for each learning rate: the full network's accuracy and dead units.

    Args:
      whole: from `gather_whole`.
      gone: the share of dead units among those that std pruning drops, half kept, (rates,).
      rates: the learning rates.
    """
    return {
        f"learning rate {rate:g}": {
            "test accuracy of the full network": full,
            "dead units": f"{dead.mean():.2f}",
            "dead among those that std pruning drops, half kept": f"{share:.2f}",
        }
        for rate, full, dead, share in zip(rates, whole["full"], whole["dead"], gone, strict=True)
    }


def commutator_table(table, shares, rates):
    """Rows for a table: the orders' distance on the map over that of orders of strangers, the
    geometric mean of the seeds' ratios (see `typical_ratio`), with a star where it is not 1; and
    that of all learning rates together, an `Interval`.

    Args:
      table: one of `gather`.
      shares, rates: what stands at its rows and columns.
    """
    logs = log_ratio(table["orders"], table["orders of strangers"])
    apart, sure = np.exp(logs.mean(axis=-1)), judge(logs, 0) != 0
    return {
        f"{share:.0%} kept": {
            f"learning rate {rate:g}": f"{ratio:.2f}{'*' if real else ''}"
            for rate, ratio, real in zip(rates, *cells, strict=True)
        }
        | {"all together": mean_ratio(own)}
        for share, *cells, own in zip(shares, apart, sure, logs.mean(axis=1), strict=True)
    }


def mean_roles(table, count):
    """`same_roles` of one of the counts, by its place, the mean over seeds in which some unit
    varies: (rates, 2)."""
    return np.nanmean(table["roles"][count], axis=1)


def role_table(swept, count, rates):
    """Rows for a table of the `mean_roles` of one of the counts: a row for each criterion."""
    return {
        f"{name} pruning": {
            f"learning rate {rate:g}": f"{same:.2f} (different units {others:.2f})"
            for rate, (same, others) in zip(rates, mean_roles(table, count), strict=True)
        }
        for name, table in swept.items()
    }


# What `claim_marks` asks in each cell.
ASKED = {
    "P5": "random pruning: prune_train scores at least a point higher",
    "P10": "std pruning costs less than a point",
    "P11": "std pruning: the orders differ on less than a fifth of the map",
    "P12": "std pruning: the orders' displacements correlate",
    "P14": "std pruning: at least half of the units keep their role",
    "P14, random": "pruning: at least half of the units keep their role",
}


def claim_marks(swept, whole):
    """Each claim of the post in every cell of a sweep: 1 where it holds, -1 where its opposite
    does, 0 where the seeds leave it open.

    Args:
      swept: a dict, "std" and "random", of tables from `gather`.
      whole: from `gather_whole`.

    Returns:
      A dict claim, of `ASKED`, -> (counts, rates).
    """
    std, random, often = swept["std"], swept["random"], RULES["P14"].often
    return {
        "P5": judge(random["prune_train"] - random["train_prune"], RULES["P5"].higher_in_a_cell),
        "P10": -judge(whole["full"] - std["train_prune"], RULES["P10"].cost),
        "P11": -judge(std["orders"], RULES["P11"].differ),
        "P12": -judge(std["moves"], 1),
        "P14": judge(std["roles"][..., 0], often),
        "P14, random": judge(random["roles"][..., 0], often),
    }


def mark_table(marks, shares):
    """Rows for a table of `claim_marks`: the `tally` of each claim, and for each of the shares of
    units kept a sign for each learning rate."""
    return {
        f"{number} {ASKED[number]}": tally(cells)
        | {f"{s:.0%} kept": f"`{''.join('.+-'[m] for m in row)}`" for s, row in zip(shares, cells)}
        for number, cells in marks.items()
    }


def tally(cells):
    """How many cells of `claim_marks` hold, are left open by the seeds, and do the opposite: a row
    of a table."""
    return {
        "holds": int((cells > 0).sum()),
        "open": int((cells == 0).sum()),
        "does not": int((cells < 0).sum()),
    }


def tally_in_words(cells):
    """`tally` as words: "5 of 30 cells, 5 open"."""
    counts = tally(cells)
    return f"{counts['holds']} of {cells.size} cells, {counts['open']} open"
