"""Pictures of both orders on recorded data and larger networks."""

import matplotlib.pyplot as plt

from ..studies.best_order import ORDERS
from .best_order import ORDER_STYLES
from .charts import interval_curve
from .style import CRITERION_COLOURS

KIND_STYLES = {
    "unexplained least squares": {"color": CRITERION_COLOURS["unexplained"], "marker": "o"},
    "random none": {"color": CRITERION_COLOURS["random"], "marker": "v"},
}

RUNG_MARKERS = {"none": "v", "mean": "s", "least_squares": "o"}


def _panels(pairs, size):
    figure, axes = plt.subplots(1, len(pairs), figsize=size, sharey=True, squeeze=False)
    axes = axes[0]
    for ax, name in zip(axes, pairs, strict=True):
        ax.set_title(name.replace(", ", "\n"), fontsize=8)
    axes[0].set_ylabel("test accuracy")
    return figure, axes


def order_curves(pairs):
    """Accuracy of each order at its best over the operations left, one panel a pair.

    Args:
      pairs: dict name -> (whole, best): accuracies (seeds,) of the whole network; dict share ->
        dict order -> accuracies (seeds,).
    """
    figure, axes = _panels(pairs, (7.2, 2.5))
    for ax, (whole, best) in zip(axes, pairs.values(), strict=True):
        ax.axhline(whole.mean(), color="black", linestyle=":", linewidth=1, label="not pruned")
        for order in ORDERS:
            values = [accuracies[order] for accuracies in best.values()]
            style = ORDER_STYLES[order] | {"markersize": 3.5, "linewidth": 1.2, "label": order}
            interval_curve(ax, list(best), values, **style)
        ax.set_xscale("log", base=2)
        ax.set_xticks(list(best), [str(share) for share in best])
        ax.minorticks_off()
    figure.supxlabel("times fewer operations", fontsize=9)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def stage_curves(pairs):
    """Accuracy over the part of the training before pruning, one panel a pair.

    Args:
      pairs: dict name -> (whole, curves): accuracies (seeds,) of the whole network; dict name of
        `KIND_STYLES` -> dict part -> accuracies (seeds,).
    """
    figure, axes = _panels(pairs, (7.2, 2.4))
    for ax, (whole, curves) in zip(axes, pairs.values(), strict=True):
        ax.axhline(whole.mean(), color="black", linestyle=":", linewidth=1, label="not pruned")
        for name, values in curves.items():
            style = KIND_STYLES[name] | {"markersize": 3.5, "linewidth": 1.2, "label": name}
            interval_curve(ax, list(values), list(values.values()), **style)
        ax.set_xticks((0, 0.5, 1), ("0", "½", "1"))
    figure.supxlabel("part of the training before pruning", fontsize=9)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def tuning_scatter(pairs):
    """What every kind is worth before fine-tuning and after it, one panel a pair.

    Args:
      pairs: dict name -> (whole, kinds): accuracies (seeds,) of the whole network; dict criterion
        -> dict compensation -> (before, after), accuracies (seeds,).
    """
    figure, axes = _panels(pairs, (7.2, 2.5))
    for ax, (whole, kinds) in zip(axes, pairs.values(), strict=True):
        ax.axhline(whole.mean(), color="black", linestyle=":", linewidth=1, label="not pruned")
        for criterion, rungs in kinds.items():
            for rung, (before, after) in rungs.items():
                ax.plot(
                    before.mean(),
                    after.mean(),
                    RUNG_MARKERS[rung],
                    color=CRITERION_COLOURS[criterion],
                    markersize=4,
                    label=f"{criterion}, {rung}".replace("_", " "),
                )
        ax.set(xlim=(0, 1), ylim=(0, 1.02))
        ax.set_xticks((0, 0.5, 1), ("0", "½", "1"))
    axes[0].set_ylabel("after fine-tuning")
    figure.supxlabel("test accuracy before fine-tuning", fontsize=9)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
