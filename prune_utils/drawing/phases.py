"""Planes of settings: test accuracies and commutators over the learning rate and what is kept."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm

from ..studies.phases import apart_from_strangers, mean_commutator
from .charts import phase_diagram

ACCURACY = {"vmin": 0.5, "vmax": 1}
APART = {"norm": LogNorm(0.1, 10), "cmap": "PuOr_r"}
BELOW = {"location": "bottom"}
RATE_LABEL = "learning rate, and share of dead units"


def rate_ticks(rates, dead):
    """A learning rate with the share of dead units under it; dead: (rates, seeds)."""
    return [f"{rate:g}\n{share:.0%}" for rate, share in zip(rates, dead.mean(axis=1), strict=True)]


def order_phases(swept, ticks, shares, frame):
    """Test accuracies of both orders and their commutator, a row for each criterion.

    Args:
      swept: a dict criterion -> dict of (counts, rates, seeds), see `gather`.
      ticks: of the learning rates, see `rate_ticks`.
      shares: of kept units.
      frame: (row, column) of the cell to put a frame around.

    Returns:
      The figure.
    """
    figure, axes = plt.subplots(2, 3, figsize=(7.6, 4.9), sharex=True, sharey=True)
    for row, (name, table) in zip(axes, swept.items(), strict=True):
        for ax, arm in zip(row, ("train_prune", "prune_train")):
            means, title = table[arm].mean(axis=-1), f"{arm}, {name} pruning"
            image = phase_diagram(ax, means, ticks, shares, title, frame=frame, **ACCURACY)
        title = f"commutator, {name} pruning"
        apart = _commutators(row[2], table, ticks, shares, title, frame)
        row[0].set_ylabel("share of units kept")
    for ax in axes[1]:
        ax.set_xlabel(RATE_LABEL)
    _bars_below(figure, axes, image, apart)
    return figure


def criterion_phases(table, ticks, criteria, real):
    """The same at one count of kept units, a row in each plane for each criterion.

    Args:
      table: a dict of (criteria, rates, seeds), see `gather_criteria`.
      ticks: of the learning rates.
      criteria: their names, the first random.
      real: (criteria - 1, rates) of bool: whether train_prune differs from random pruning.
    """
    figure, axes = plt.subplots(1, 3, figsize=(7.6, 2.9), sharey=True)
    real = np.vstack([np.ones((1, len(ticks)), bool), real])
    for ax, arm, faint in zip(axes, ("train_prune", "prune_train"), (~real, None)):
        means = table[arm].mean(axis=-1)
        image = phase_diagram(ax, means, ticks, criteria, arm, faint=faint, **ACCURACY)
    apart = _commutators(axes[2], table, ticks, criteria, "commutator")
    _bars_below(figure, axes[None, :], image, apart)
    return figure


def optimizer_phases(swept, shares):
    """What std pruning costs and the commutator, a column for each optimizer.

    Args:
      swept: a dict optimizer -> (rates, whole, table), see `gather_whole` and `gather`.
      shares: of kept units.
    """
    figure, axes = plt.subplots(2, len(swept), figsize=(7.6, 3.1), sharey=True)
    for column, (name, (rates, whole, table)) in zip(axes.T, swept.items()):
        ticks = rate_ticks(rates, whole["dead"])
        cost = whole["full"].mean(axis=-1) - table["train_prune"].mean(axis=-1)
        cost = np.round(cost, 2) + 0.0  # no minus zero
        scale = {"vmin": 0, "vmax": 0.5, "cmap": "cividis_r"}
        lost = phase_diagram(column[0], cost, ticks, shares, name, **scale)
        apart = _commutators(column[1], table, ticks, shares, None)
    figure.colorbar(lost, ax=axes[0], label="accuracy lost")
    _powers(figure.colorbar(apart, ax=axes[1], label="commutator", extend="max"))
    figure.supxlabel(RATE_LABEL, fontsize=8)
    figure.supylabel("share of units kept", fontsize=8)
    return figure


def _commutators(ax, table, ticks, rows, title, frame=None):
    """The commutators of a table; in italics what cannot be told from 1."""
    faint = apart_from_strangers(table) == 0
    values = mean_commutator(table)
    return phase_diagram(ax, values, ticks, rows, title, ".1f", frame, faint, **APART)


def _bars_below(figure, axes, image, apart):
    """A colour bar under the two columns of accuracies, and one under the commutators."""
    left, right = axes[:, :2], axes[:, 2]
    figure.colorbar(image, ax=left, label="test accuracy", aspect=40, shrink=0.6, **BELOW)
    label = "commutator on the map (1: strangers)"
    _powers(figure.colorbar(apart, ax=right, label=label, aspect=20, extend="max", **BELOW))


def _powers(bar):
    bar.set_ticks([0.1, 0.3, 1, 3, 10], labels=["0.1", "0.3", "1", "3", "10"])
    bar.minorticks_off()
