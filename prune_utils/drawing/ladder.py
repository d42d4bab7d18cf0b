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
RUNG_LINES = {"none": ":", "mean": "--", "least_squares": "-"}


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


def reach_figure(reached):
    """How many units must stay, by criterion and rung; reached: a dict learning rate ->
    `reaches`."""
    figure, axes = plt.subplots(1, len(reached), figsize=(7.6, 2.6), sharey=True)
    for ax, (rate, table) in zip(axes, reached.items()):
        rows = {
            name: {rung: mean_interval(values[name]) for rung, values in table.items()}
            for name in next(iter(table.values()))
        }
        forest(ax, rows, "units that must stay, of 100", RUNG_COLOURS)
        ax.set(title=f"trained at {rate}", xlim=(0, 101))
    axes[0].legend(loc="lower right")
    return figure


def retrained_figure(counts, retrained, criteria):
    """Test accuracy after pruning and a short training.

    Args:
      counts: numbers of kept units.
      retrained: a dict learning rate -> dict rung -> accuracies (seeds, criteria, counts).
      criteria: their names.
    """
    figure, axes = plt.subplots(1, len(retrained), figsize=(7.6, 2.5), sharey=True)
    for ax, (rate, tables) in zip(axes, retrained.items()):
        for index, name in enumerate(criteria):
            for rung, line in RUNG_LINES.items():
                style = {"fmt": f"o{line}", "color": CRITERION_COLOURS[name]}
                curve, label = tables[rung][:, index].T, f"{name}, {rung}"
                interval_curve(ax, counts, curve, label=label, linewidth=1, **style)
        ax.set(
            title=f"trained at {rate}, then 100 steps at 0.01",
            xlabel="units kept of 100, in each layer",
        )
        ax.set_xticks(counts)
        ax.invert_xaxis()
    axes[0].set_ylabel("test accuracy")
    axes[-1].legend(bbox_to_anchor=(1, 1), fontsize=6)
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
