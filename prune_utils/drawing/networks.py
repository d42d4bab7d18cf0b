"""Charts of pruned networks."""

import matplotlib.pyplot as plt

from .charts import interval_curve
from .style import ARM_COLOURS

CRITERION_STYLES = {
    "random": ("#CC79A7", "o:"),
    "std": ("#E69F00", "s--"),
    "unexplained": ("#0072B2", "D-"),
}


def compensated_accuracies(networks):
    """Accuracy by compensation, a curve a criterion, a panel a network.

    Args:
      networks: dict name -> (full, halves) as from `pruned_accuracies` over seeds.

    Returns:
      A figure.
    """
    figure, axes = plt.subplots(1, len(networks), figsize=(6.6, 2.7), sharey=True)
    for ax, (name, (full, halves)) in zip(axes, networks.items(), strict=True):
        ax.axhline(full.mean(), color=ARM_COLOURS["full"], linewidth=0.8, label="whole network")
        rungs = ("none", "mean", "least_squares")
        for place, (criterion, (colour, style)) in enumerate(CRITERION_STYLES.items()):
            values = [halves[criterion][rung] for rung in rungs]
            x = [number + 0.06 * (place - 1) for number in range(len(rungs))]
            interval_curve(ax, x, values, fmt=style, color=colour, label=criterion)
        ax.set(xticks=range(len(rungs)), xticklabels=["none", "mean", "least squares"], title=name)
        ax.set(xlabel="compensation", ylim=(0, 1.02))
    axes[0].set_ylabel("test accuracy with half of the units")
    axes[-1].legend(loc="lower right", title="criterion")
    return figure
