"""The report's charts of numbers over seeds: one function for each kind."""

import numpy as np

from .compare import TOUCHED
from .evidence import mean_interval

# Okabe and Ito's palette; one colour an arm in the whole report.
ARM_COLOURS = {
    "full": "#000000",
    "train_prune": "#D55E00",
    "fine_tune": "#009E73",
    "prune_train": "#0072B2",
    "stranger": "#999999",
}
TOUCHED_STYLES = (("#D55E00", "o", 16), ("#E69F00", "^", 6), ("#56B4E9", "v", 6), ("#444444", ".", 3))


def paired_arms(ax, values, label, colours=None):
    """One thin line a seed across the arms, with each arm's mean and 95 % interval beside it; values: dict arm -> (seeds,)."""
    table = np.stack(list(values.values()))
    ax.plot(table, color="#888888", linewidth=0.4, alpha=0.35, zorder=1)
    for column, (arm, numbers) in enumerate(values.items()):
        colour = (colours or ARM_COLOURS).get(arm, "#555555")
        ax.scatter(np.full(len(numbers), column), numbers, s=4, color=colour, alpha=0.45, linewidths=0, zorder=2)
        interval = mean_interval(numbers)
        bounds = [[interval.mean - interval.low], [interval.high - interval.mean]]
        ax.errorbar(column + 0.18, interval.mean, bounds, fmt="D", color=colour, markersize=4, capsize=2.5, zorder=3)
    ax.set(xticks=range(len(values)), xticklabels=values, ylabel=label, xlim=(-0.4, len(values) - 0.5))


def interval_curve(ax, x, values, **style):
    """Means over seeds with 95 % intervals against x; values: an array (seeds,) for each x, style as for `Axes.errorbar`."""
    intervals = [mean_interval(numbers) for numbers in values]
    bounds = np.array([[i.mean - i.low, i.high - i.mean] for i in intervals]).T
    return ax.errorbar(x, [i.mean for i in intervals], bounds, capsize=2, **style)


def kernel_scatter(ax, first, second, codes, limit):
    """Two kernels against each other in (-limit, limit)², weight by weight, coloured by which training moved the weight.

    The codes are those of `touched`. Along the sides: the distribution of each kernel.
    """
    for code in (3, 1, 2, 0):  # the few untouched ones on top
        colour, marker, size = TOUCHED_STYLES[code]
        chosen = codes == code
        label = f"{TOUCHED[code]}: {chosen.sum()}"
        ax.scatter(
            first[chosen], second[chosen], s=size, c=colour, marker=marker, linewidths=0, rasterized=True, label=label
        )
    ax.set(
        aspect="equal",
        xlabel="weight in train_prune",
        ylabel="weight in prune_train",
        xlim=(-limit, limit),
        ylim=(-limit, limit),
        xticks=np.linspace(-limit, limit, 5),
        yticks=np.linspace(-limit, limit, 5),
    )
    edges = np.linspace(-limit, limit, 101)
    top, side = ax.inset_axes((0, 1.02, 1, 0.13), sharex=ax), ax.inset_axes((1.02, 0, 0.13, 1), sharey=ax)
    top.hist(first.ravel(), edges, color=ARM_COLOURS["train_prune"])
    side.hist(second.ravel(), edges, color=ARM_COLOURS["prune_train"], orientation="horizontal")
    for axis in (top, side):
        axis.set_axis_off()


def dots(ax, groups, label, colours=None):
    """One dot a seed for each group, in the order of the seeds from left to right; groups: dict name -> (seeds,)."""
    for column, (name, values) in enumerate(groups.items()):
        place = column + np.linspace(-0.3, 0.3, len(values))
        ax.scatter(place, values, s=3, color=(colours or {}).get(name, "black"), linewidths=0, rasterized=True)
    ax.set(xticks=range(len(groups)), xticklabels=groups, ylabel=label)
