"""Pictures of both orders on recorded data and larger networks."""

import matplotlib.pyplot as plt

from ..studies.best_order import ORDERS
from .best_order import ORDER_STYLES
from .charts import interval_curve
from .ladder import RUNG_NAMES
from .style import ARM_COLOURS, CRITERION_COLOURS

KIND_STYLES = {
    "unexplained, least squares": {"color": CRITERION_COLOURS["unexplained"], "marker": "o"},
    "random, nothing folded": {"color": CRITERION_COLOURS["random"], "marker": "v"},
}
RUNG_STYLES = {
    "none": {"color": CRITERION_COLOURS["random"], "marker": "v"},
    "mean": {"color": ARM_COLOURS["train_prune"], "marker": "^"},
    "least_squares": {"color": CRITERION_COLOURS["unexplained"], "marker": "o"},
}


def _panels(pairs, draw):
    """A figure with a panel a pair, in which draw(ax, found) draws what was found there beside the
    whole network's accuracy; pairs: dict name -> (accuracies of the whole (seeds,), found)."""
    figure, axes = plt.subplots(1, len(pairs), figsize=(7.2, 2.5), sharey=True, squeeze=False)
    axes = axes[0]
    for ax, (name, (whole, found)) in zip(axes, pairs.items(), strict=True):
        ax.set_title(name.replace(", ", "\n"))
        ax.axhline(whole.mean(), color="black", linestyle=":", linewidth=1, label="not pruned")
        draw(ax, found)
    axes[0].set_ylabel("test accuracy")
    lines = dict(zip(*reversed(axes[0].get_legend_handles_labels()), strict=True))
    figure.legend(lines.values(), lines, loc="outside upper center", ncols=len(lines))
    return figure


def _curve(ax, values, label, style):
    style = style | {"markersize": 3.5, "linewidth": 1.2, "label": label}
    interval_curve(ax, list(values), list(values.values()), **style)


def order_curves(pairs):
    """Accuracy of each order at its best over the operations left, one panel a pair.

    Args:
      pairs: dict name -> (whole, best): accuracies (seeds,) of the whole network; dict share ->
        dict order -> accuracies (seeds,).
    """

    def draw(ax, best):
        for order in ORDERS:
            values = {share: accuracies[order] for share, accuracies in best.items()}
            _curve(ax, values, order, ORDER_STYLES[order])
        ax.set_xscale("log", base=2)
        ax.set_xticks(list(best), [str(share) for share in best])
        ax.minorticks_off()

    figure = _panels(pairs, draw)
    figure.supxlabel("times fewer operations", fontsize="medium")
    return figure


def stage_curves(pairs):
    """Accuracy over the part of the training before pruning, one panel a pair.

    Args:
      pairs: dict name -> (whole, curves): accuracies (seeds,) of the whole network; dict name of
        `KIND_STYLES` -> dict part -> accuracies (seeds,).
    """

    def draw(ax, curves):
        for name, values in curves.items():
            _curve(ax, values, name, KIND_STYLES[name])
        ax.set_xticks((0, 0.5, 1), ("0", "½", "1"))

    figure = _panels(pairs, draw)
    figure.supxlabel("part of the training before pruning", fontsize="medium")
    return figure


def tuning_slopes(pairs):
    """Mean accuracy of every kind before fine-tuning and after it, one panel a pair.

    Args:
      pairs: dict name -> (whole, kinds): accuracies (seeds,) of the whole network; dict criterion
        -> dict compensation -> (before, after), accuracies (seeds,).
    """

    def draw(ax, kinds):
        for rung, style in RUNG_STYLES.items():
            for rungs in kinds.values():
                ends = [accuracies.mean() for accuracies in rungs[rung]]
                ax.plot((0, 1), ends, **style, markersize=3.5, linewidth=1, label=RUNG_NAMES[rung])
        ax.set(xlim=(-0.2, 1.2), ylim=(0, 1.03))
        ax.set_xticks((0, 1), ("before", "after"))

    figure = _panels(pairs, draw)
    figure.supxlabel("fine-tuning", fontsize="medium")
    return figure
