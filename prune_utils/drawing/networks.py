"""Charts of pruned networks."""

import matplotlib.pyplot as plt

from ..statistics import mean_interval
from .charts import interval_curve
from .style import ARM_COLOURS, CRITERION_COLOURS

INCOMING = "#009E73"  # of the criterion of that name
LINES = {"random": "o:", "std": "s--", "unexplained": "D-"}  # for those who see no colours


def compensated_accuracies(networks):
    """Accuracy by compensation, a curve a criterion, a panel a network.

    Args:
      networks: dict name -> (full, halves) as from `pruned_accuracies` over seeds.

    Returns:
      A figure.
    """
    figure, axes = plt.subplots(1, len(networks), figsize=(6.6, 2.7), sharey=True)
    for ax, (name, (full, halves)) in zip(axes, networks.items(), strict=True):
        whole = mean_interval(full)
        ax.axhline(whole.mean, color=ARM_COLOURS["full"], linewidth=0.8, label="whole network")
        ax.axhspan(whole.low, whole.high, color=ARM_COLOURS["full"], alpha=0.15, linewidth=0)
        rungs = ("none", "mean", "least_squares")
        for place, (criterion, line) in enumerate(LINES.items()):
            values = [halves[criterion][rung] for rung in rungs]
            x = [number + 0.06 * (place - 1) for number in range(len(rungs))]
            style = {"fmt": line, "color": CRITERION_COLOURS[criterion], "label": criterion}
            interval_curve(ax, x, values, **style)
        ax.set(xticks=range(len(rungs)), xticklabels=["none", "mean", "least squares"], title=name)
        ax.set(xlabel="compensation", ylim=(0, 1.02))
    axes[0].set_ylabel("test accuracy with half of the units")
    axes[-1].legend(loc="lower right", title="criterion")
    return figure


def agreement_curves(agree):
    """How often pruned networks agree with the whole one, over the operations left; agree: as from
    `pruned_file_types.agreement`."""
    figure, ax = plt.subplots(figsize=(6, 2.7))
    *methods, (chance, control) = agree.items()
    lines = ("o-", "^--", "s-", "v:")
    colours = (CRITERION_COLOURS["unexplained"],) * 2 + (INCOMING,) * 2
    for (name, found), line, colour in zip(methods, lines, colours, strict=True):
        style = {"fmt": line, "color": colour, "label": name}
        interval_curve(ax, list(found), list(found.values()), **style)
    share = mean_interval(next(iter(control.values())))
    ax.axhline(share.mean, color="black", linestyle=":", linewidth=0.8, label=chance)
    ax.axhspan(share.low, share.high, color="black", alpha=0.08, linewidth=0)
    ax.set_xscale("log", base=2)
    shares = list(control)
    ax.set_xticks(shares, [f"1/{1 / share:.2g}" for share in shares])
    ax.minorticks_off()
    ax.set(xlabel="operations left", ylabel="agreement with the whole network", ylim=(0, 1.02))
    figure.legend(loc="outside right center")
    return figure
