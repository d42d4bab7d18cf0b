"""Figures of how far one can prune: accuracy against what is kept, by criterion and rung."""

import matplotlib.pyplot as plt

from ..statistics import mean_interval
from .charts import forest, interval_curve, phase_diagram
from .style import ARM_COLOURS, CRITERION_COLOURS

RUNG_COLOURS = {
    "none": "#999999",
    "mean": ARM_COLOURS["train_prune"],
    "least_squares": "#0072B2",
}
RUNG_NAMES = {"none": "deleted", "mean": "mean", "least_squares": "least squares"}


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
    figure, axes = plt.subplots(len(names), len(rungs), figsize=(7.6, 6), sharex=True, sharey=True)
    for row, rung in zip(axes, names):
        for ax, (rate, tables) in zip(row, rungs.items()):
            for name, colour in CRITERION_COLOURS.items():
                curve = tables[rung][:, criteria.index(name)].T
                interval_curve(ax, counts, curve, fmt="o-", color=colour, label=name, linewidth=1)
            ax.axhline(full[rate].mean(), color="black", linestyle=":", linewidth=0.8)
            ax.set_title(f"{rung}, trained at {rate}")
        row[0].set_ylabel("test accuracy")
    for ax in axes[-1]:
        ax.set_xlabel("units kept of 100, in each layer")
    axes[0, 0].invert_xaxis()
    axes[0, 0].legend()
    return figure


def reach_figure(reached, names=tuple(CRITERION_COLOURS)):
    """How many units must stay, by criterion and rung.

    Args:
      reached: a dict learning rate -> `reaches`.
      names: the criteria to show.
    """
    figure, axes = plt.subplots(1, len(reached), figsize=(7.6, 2.3), sharey=True)
    for ax, (rate, table) in zip(axes, reached.items()):
        rows = {
            name: {RUNG_NAMES[rung]: mean_interval(found[name]) for rung, found in table.items()}
            for name in names
        }
        colours = {RUNG_NAMES[rung]: colour for rung, colour in RUNG_COLOURS.items()}
        forest(ax, rows, "units that must stay, of 100", colours)
        ax.set(title=f"trained at {rate}", xlim=(0, 101))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def retrained_figure(counts, retrained, criteria):
    """Test accuracy after pruning and a short training: trainings under each other, criteria side
    by side.

    Args:
      counts: numbers of kept units.
      retrained: a dict learning rate -> dict rung -> accuracies (seeds, criteria, counts).
      criteria: their names.
    """
    shape = (len(retrained), len(criteria))
    figure, axes = plt.subplots(*shape, figsize=(7.6, 1.7 * shape[0]), sharex=True, sharey=True)
    for row, (rate, tables) in zip(axes, retrained.items()):
        for index, (ax, name) in enumerate(zip(row, criteria)):
            for rung, colour in RUNG_COLOURS.items():
                style = {"fmt": "o-", "color": colour, "label": RUNG_NAMES[rung], "linewidth": 1}
                interval_curve(ax, counts, tables[rung][:, index].T, **style)
            ax.set_title(f"{name}, trained at {rate}")
        row[0].set_ylabel("test accuracy")
    for ax in axes[-1]:
        ax.set(xlabel="units kept of 100, in each layer", xticks=counts)
    axes[0, 0].invert_xaxis()
    axes[0, 0].legend(loc="lower left")
    return figure


def shifts_figure(accuracy, switching):
    """What folding means does after training on, and to the units behind.

    Args:
      accuracy: a dict cell -> dict way -> (seeds,) test accuracy, less that of deletion.
      switching: the same of the share of units behind that still switch, deletion among the ways.
    """
    colours = RUNG_COLOURS | {"deleted": RUNG_COLOURS["none"], "random shift": "#56B4E9"}
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


def few_points_figure(points, ridges, tables):
    """Accuracy of least squares by the points it sees and its ridge; tables: a dict learning rate
    -> (seeds, points, ridges)."""
    figure, axes = plt.subplots(1, len(tables), figsize=(7, 2.4), sharey=True)
    names = [f"{ridge:g}" for ridge in ridges]
    for ax, (rate, table) in zip(axes, tables.items()):
        title, mean = f"trained at {rate}", table.mean(axis=0)
        image = phase_diagram(ax, mean, names, points, title, vmin=0.5, vmax=1)
        ax.set_xlabel("ridge")
    axes[0].set_ylabel("points seen")
    figure.colorbar(image, ax=axes, label="test accuracy")
    return figure
