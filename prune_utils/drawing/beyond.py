"""Pictures of both orders on recorded data and larger networks."""

import matplotlib.pyplot as plt

from ..studies.best_order import ORDERS
from ..studies.pairs import SHARES
from ..studies.rules import RULES
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


def _panels(pairs, draw, rows=1):
    """A figure with a column a pair, in which draw(axes, found) draws what was found there beside
    the whole network's accuracy; pairs: dict name -> (accuracies of the whole (seeds,), found)."""
    size = 7.2, 1.1 + 1.4 * rows
    figure, axes = plt.subplots(rows, len(pairs), figsize=size, sharey="row", squeeze=False)
    for column, (name, (whole, found)) in zip(axes.T, pairs.items(), strict=True):
        column[0].set_title(name.replace(", ", "\n"))
        style = {"color": "black", "linestyle": ":", "linewidth": 1, "label": "not pruned"}
        column[0].axhline(whole.mean(), **style)
        draw(column, found)
    axes[0, 0].set_ylabel("test accuracy")
    lines = dict(zip(*reversed(axes[0, 0].get_legend_handles_labels()), strict=True))
    figure.legend(lines.values(), lines, loc="outside upper center", ncols=len(lines))
    return figure


def _curve(ax, values, label, style):
    style = style | {"markersize": 3.5, "linewidth": 1.2, "label": label}
    interval_curve(ax, list(values), list(values.values()), **style)


def order_curves(pairs):
    """Accuracy of each order at its best over the operations left, one column a pair; below, the
    difference to pruning first, with the band that counts as level.

    Args:
      pairs: dict name -> (whole, best): accuracies (seeds,) of the whole network; dict share ->
        dict order -> accuracies (seeds,).
    """
    level = RULES["F6"].level

    def draw(axes, best):
        axes[1].axhspan(-level, level, color="0.85", linewidth=0)
        axes[1].set_ylim(-0.11, 0.07)
        for order in ORDERS:
            values = {share: found[order] for share, found in best.items()}
            _curve(axes[0], values, order, ORDER_STYLES[order])
            if order != ORDERS[0]:
                values = {share: found[order] - found[ORDERS[0]] for share, found in best.items()}
                _curve(axes[1], values, order, ORDER_STYLES[order])
        for ax in axes:
            ax.set_xscale("log", base=2)
            ax.set_xlim(1.6, 40)
            ax.minorticks_off()
        axes[0].set_xticks(SHARES, [])
        axes[1].set_xticks(SHARES, SHARES)

    figure = _panels(pairs, draw, rows=2)
    figure.axes[len(pairs)].set_ylabel("minus prune first")
    figure.supxlabel("times fewer operations", fontsize="medium")
    return figure


def stage_curves(pairs):
    """Accuracy over the part of the training before pruning, one panel a pair.

    Args:
      pairs: dict name -> (whole, curves): accuracies (seeds,) of the whole network; dict name of
        `KIND_STYLES` -> dict part -> accuracies (seeds,).
    """

    def draw(axes, curves):
        (ax,) = axes
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

    def draw(axes, kinds):
        (ax,) = axes
        for rung, style in RUNG_STYLES.items():
            for rungs in kinds.values():
                ends = [accuracies.mean() for accuracies in rungs[rung]]
                ax.plot((0, 1), ends, **style, markersize=3.5, linewidth=1, label=RUNG_NAMES[rung])
        ax.set(xlim=(-0.2, 1.2), ylim=(0, 1.03))
        ax.set_xticks((0, 1), ("before", "after"))

    figure = _panels(pairs, draw)
    figure.supxlabel("fine-tuning", fontsize="medium")
    return figure
