"""Sweeps as tables: quantities of `sweep` over the share of kept units, the learning rate and the
seeds."""

import numpy as np

from ..statistics import judge
from .commutators import log_ratio


def gather(results, criterion, cells):
    """One criterion's quantities over all cells: a dict name -> (counts, rates, seeds, ...).

    Args:
      results: `sweep` over seeds, one for each learning rate.
      criterion: which of those in `cells`.
      cells: as for `sweep`.
    """
    tables = [swept for _, swept in results]
    return {
        name: np.array(
            [
                [table[c][name][:, row.index(criterion)] for table in tables]
                for c, row in cells.items()
            ]
        )
        for name in tables[0][next(iter(cells))]
    }


def gather_criteria(results, count):
    """All criteria of one count of kept units: a dict name -> (criteria, rates, seeds, ...).

    Args:
      results: as for `gather`.
      count: one of the counts of its cells.
    """
    tables = [swept[count] for _, swept in results]
    return {
        name: np.moveaxis(np.array([table[name] for table in tables]), 2, 0) for name in tables[0]
    }


def gather_whole(results):
    """The full networks: a dict, "full" and "dead", of (rates, seeds)."""
    return {name: np.array([whole[name] for whole, _ in results]) for name in ("full", "dead")}


def mean_commutator(table):
    """The orders' distance on the map over that of orders of strangers, for tables of `gather`: the
    geometric mean of the seeds' ratios, as in `typical_ratio`, (counts, rates)."""
    return np.exp(log_ratio(table["orders"], table["orders of strangers"]).mean(axis=-1))


def apart_from_strangers(table):
    """Whether the orders are further apart on the map than orders of strangers (1), closer (-1), or
    neither is certain (0): (counts, rates). See `judge`."""
    return judge(log_ratio(table["orders"], table["orders of strangers"]), 0)


def cells_that_differ(table):
    """In how many cells the orders' accuracies differ, in how many their distance on the map
    differs from that of orders of strangers, and of how many: a row of a table."""
    order = judge(table["train_prune"] - table["prune_train"], 0) != 0
    return {
        "the orders' accuracies differ": order.sum(),
        "their distance differs from that of orders of strangers": (
            apart_from_strangers(table) != 0
        ).sum(),
        "cells": order.size,
    }


def against_random(table):
    """How much better than chance each criterion prunes a trained network.

    Args:
      table: from `gather_criteria`; the first criterion is random.

    Returns:
      (differences, real): test accuracy of train_prune less that of the first criterion, the mean
      over seeds, and whether the difference is real, see `judge`; both (criteria - 1, rates).
    """
    against = table["train_prune"][1:] - table["train_prune"][:1]
    return against.mean(axis=-1), judge(against, 0) != 0


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
    std, random = swept["std"], swept["random"]
    return {
        "P5": judge(random["prune_train"] - random["train_prune"], 0.01),
        "P10": -judge(whole["full"] - std["train_prune"], 0.01),
        "P11": -judge(std["orders"], 0.2),
        "P12": -judge(std["moves"], 1),
        "P14": judge(std["roles"][..., 0], 0.5),
        "P14, random": judge(random["roles"][..., 0], 0.5),
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
