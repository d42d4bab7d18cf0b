"""Figures of how far one can prune: accuracy against what is kept, by criterion and rung."""

import matplotlib.pyplot as plt

from ..statistics import mean_interval
from .charts import forest, interval_curve
from .style import ARM_COLOURS, CRITERION_COLOURS

RUNG_NAMES = {"none": "deleted", "mean": "means", "least_squares": "least squares"}


def ladder_figure(counts, rungs, full, criteria):
    """Test accuracy against the number of kept units: rungs under each other, trainings side by
    side.

    Args:
      counts: numbers of kept units.
      rungs: a dict learning rate -> dict rung -> accuracies (seeds, criteria, counts).
      full: a dict learning rate -> the whole network's (seeds,), the dotted line.
      criteria: all names in their order; those with a colour are drawn.
    """
    names = list(next(iter(rungs.values())))
    figure, axes = plt.subplots(len(names), len(rungs), figsize=(7.6, 4), sharex=True, sharey=True)
    for row, rung in zip(axes, names):
        for ax, (rate, tables) in zip(row, rungs.items()):
            for name, colour in CRITERION_COLOURS.items():
                curve = tables[rung][:, criteria.index(name)].T
                interval_curve(ax, counts, curve, fmt="o-", color=colour, label=name, linewidth=1)
            ax.axhline(full[rate].mean(), color="black", linestyle=":", linewidth=0.8)
            ax.set_title(f"{RUNG_NAMES[rung]}, trained at {rate}")
        row[0].set_ylabel("test accuracy")
    for ax in axes[-1]:
        ax.set_xlabel("units kept of 100, in each layer")
    axes[0, 0].invert_xaxis()
    axes[0, 0].legend()
    return figure


# What `reach_figure` shows: words -> (rung, criterion).
WAYS = {
    "deleted, by std": ("none", "std"),
    "means, by std": ("mean", "std"),
    "least squares, by std": ("least_squares", "std"),
    "least squares, at random": ("least_squares", "random"),
    "least squares, unexplained": ("least_squares", "unexplained"),
}


def reach_figure(reached):
    """How many units must stay, for the ways to prune in `WAYS`; reached: a dict learning rate ->
    `reaches`."""
    figure, axes = plt.subplots(1, len(reached), figsize=(7.6, 1.9), sharey=True)
    for ax, (rate, table) in zip(axes, reached.items()):
        rows = {
            words: {"units": mean_interval(table[rung][name])}
            for words, (rung, name) in WAYS.items()
        }
        forest(ax, rows, "units that must stay, of 100")
        ax.set(title=f"trained at {rate}", xlim=(0, 101))
        ax.grid(axis="x", linewidth=0.4)
    return figure


def shifts_figure(accuracy, switching):
    """What folding means does after training on, and to the units behind.

    Args:
      accuracy: a dict cell -> dict way -> (seeds,) test accuracy, less that of deletion.
      switching: the same of the share of units behind that still switch, deletion among the ways.
    """
    colours = {
        "deleted": "#999999",
        "mean": ARM_COLOURS["train_prune"],
        "random shift": "#56B4E9",
    }
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.9), sharey=True)
    for ax, table in zip(axes, (accuracy, switching)):
        rows = {
            cell: {way: mean_interval(values) for way, values in row.items()}
            for cell, row in table.items()
        }
        forest(ax, rows, "", colours)
    axes[0].axvline(0, color="black", linewidth=0.8)
    axes[0].locator_params(axis="x", nbins=5)
    axes[0].set_xlabel("test accuracy after 100 steps,\nless that of deletion")
    axes[1].set(xlabel="share of units behind that switch,\nright after pruning", xlim=(0, 1))
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure
