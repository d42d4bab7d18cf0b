"""Pictures of pruning at step t, and of each order at its best."""

import jax
import matplotlib.pyplot as plt

from ..models import model_of
from ..studies.best_order import DRAWN, LONGER, ORDERS, TIMES
from .charts import interval_curve
from .export import render
from .maps import class_probability, decision_map
from .style import ARM_COLOURS, CRITERION_COLOURS

COLOURS = {name: CRITERION_COLOURS[criterion] for name, (criterion, _) in DRAWN.items()}
ORDER_STYLES = {
    "prune first": {"color": ARM_COLOURS["prune_train"], "marker": "o"},
    "in between": {"color": ARM_COLOURS["fine_tune"], "marker": "^"},
    "train first": {"color": ARM_COLOURS["train_prune"], "marker": "s"},
    LONGER: {
        "color": ARM_COLOURS["prune_train"],
        "marker": ".",
        "linestyle": ":",
    },
}


def time_curves(curves, whole, width=100):
    """Accuracy over the step at which the network is pruned, one panel a count of kept units.

    Args:
      curves: dict count -> dict name of `DRAWN` -> accuracies (times, seeds).
      whole: mean accuracy of the network that is not pruned.
      width: units of a hidden layer before pruning.
    """
    figure, axes = plt.subplots(1, len(curves), figsize=(7, 2.6), sharey=True)
    for ax, (count, lines) in zip(axes, curves.items(), strict=True):
        ax.axhline(whole, color="black", linestyle=":", linewidth=1, label="not pruned")
        for (name, values), marker in zip(lines.items(), "v^o"):
            interval_curve(
                ax,
                TIMES,
                values,
                color=COLOURS[name],
                marker=marker,
                markersize=3.5,
                linewidth=1.2,
                label=name,
            )
        ax.set(title=f"{count} of {width} units kept", xlabel="pruned at step")
        ax.set_xticks((0, TIMES[-1] / 2, TIMES[-1]))
    axes[0].set_ylabel("test accuracy")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def best_curves(best):
    """Accuracy of each order at its best over the units kept; best: dict count -> dict name of
    `ORDER_STYLES` -> accuracies (seeds,)."""
    figure, ax = plt.subplots(figsize=(4.6, 2.9))
    for name in (*ORDERS, LONGER):
        values = [chosen[name] for chosen in best.values()]
        interval_curve(
            ax, list(best), values, label=name, markersize=4, linewidth=1.2, **ORDER_STYLES[name]
        )
    ax.set_xscale("log")
    ax.set_xticks(list(best), [str(count) for count in best], minor=False)
    ax.minorticks_off()
    ax.set(xlabel="units kept of 100 in each hidden layer", ylabel="test accuracy")
    ax.legend()
    return figure


def time_film(params, data, steps):
    """Frames of the decision map of the finished network as the step of pruning moves.

    Args:
      params: with a leading axis over the ways of `film_plan`.
      data: the training data.
      steps: of pruning.
    """
    frames = []
    for index, step in enumerate(steps):
        figure, axes = plt.subplots(1, len(DRAWN), figsize=(2.2 * len(DRAWN), 3.0), dpi=100)
        for column, (ax, name) in enumerate(zip(axes, DRAWN, strict=True)):
            own = jax.tree.map(lambda leaf: leaf[column * len(steps) + index], params)
            seen = class_probability(model_of(own), own, 100)
            decision_map(ax, seen, data, name.replace(", ", ",\n"))
            ax.label_outer()
        figure.suptitle(f"pruned at step {step} of {steps[-1]}")
        frames.append(render(figure))
    return frames
