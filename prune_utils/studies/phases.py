"""Sweeps as tables: quantities of `sweep` over the share of kept units, the learning rate and the
seeds."""

import numpy as np

from ..statistics import judge
from .commutators import log_ratio
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


def commutator_table(table, shares, rates):
    """Rows for a table: the orders' distance on the map over that of orders of strangers, the
    geometric mean of the seeds' ratios (see `typical_ratio`), and a star where it is not 1.

    Args:
      table: one of `gather`.
      shares, rates: what stands at its rows and columns.
    """
    logs = log_ratio(table["orders"], table["orders of strangers"])
    apart, sure = np.exp(logs.mean(axis=-1)), judge(logs, 0) != 0
    return {
        f"{share:.0%} kept": {
            f"learning rate {rate:g}": f"{ratio:.1f}{'*' if real else ''}"
            for rate, ratio, real in zip(rates, *cells, strict=True)
        }
        for share, *cells in zip(shares, apart, sure, strict=True)
    }


def mean_roles(table, count):
    """`same_roles` of one of the counts, by its place, the mean over seeds in which some unit
    varies: (rates, 2)."""
    return np.nanmean(table["roles"][count], axis=1)


def claim_marks(swept, whole):
    """Each claim of the post in every cell of a sweep: 1 where it holds, -1 where its opposite
    does, 0 where the seeds leave it open.

    Args:
      swept: a dict, "std" and "random", of tables from `gather`.
      whole: from `gather_whole`.

    Returns:
      A dict claim -> (counts, rates). "P5": with random pruning, pruning first scores at least a
      point higher; "P10": std pruning costs less than a point; "P11": the orders differ on less
      than a fifth of the map; "P12": their displacements correlate; "P14": at least half of the
      units keep their role; "P14, random": the same with random pruning.
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
