"""The report's charts of numbers over seeds: one function for each kind."""

import matplotlib.pyplot as plt
import numpy as np

from ..compare import TOUCHED
from ..statistics import mean_interval
from .style import ARM_COLOURS, TOUCHED_STYLES


def paired_arms(ax, values, label, colours=None):
    """One thin line a seed across the arms, with each arm's mean and 95 % interval beside it;
    values: dict arm -> (seeds,)."""
    table = np.stack(list(values.values()))
    ax.plot(table, color="#888888", linewidth=0.4, alpha=0.35, zorder=1)
    for column, (arm, numbers) in enumerate(values.items()):
        colour = (colours or ARM_COLOURS).get(arm, "#555555")
        ax.scatter(
            np.full(len(numbers), column),
            numbers,
            s=4,
            color=colour,
            alpha=0.45,
            linewidths=0,
            zorder=2,
        )
        interval = mean_interval(numbers)
        bounds = [[interval.mean - interval.low], [interval.high - interval.mean]]
        ax.errorbar(
            column + 0.18,
            interval.mean,
            bounds,
            fmt="D",
            color=colour,
            markersize=4,
            capsize=2.5,
            zorder=3,
        )
    ax.set(
        xticks=range(len(values)), xticklabels=values, ylabel=label, xlim=(-0.4, len(values) - 0.5)
    )


def interval_curve(ax, x, values, **style):
    """Means over seeds with 95 % intervals against x; values: an array (seeds,) for each x, style
    as for `Axes.errorbar`."""
    intervals = [mean_interval(numbers) for numbers in values]
    bounds = np.array([[i.mean - i.low, i.high - i.mean] for i in intervals]).T
    return ax.errorbar(x, [i.mean for i in intervals], bounds, capsize=2, **style)


def kernel_scatter(ax, first, second, codes, limit):
    """Two kernels against each other in (-limit, limit)², weight by weight, coloured by which
    training moved the weight; the codes are those of `touched`."""
    for code in (3, 1, 2, 0):  # the few untouched ones on top
        colour, marker, size = TOUCHED_STYLES[code]
        chosen = codes == code
        label = f"{TOUCHED[code]}: {chosen.sum()}"
        ax.scatter(
            first[chosen],
            second[chosen],
            s=size,
            c=colour,
            marker=marker,
            linewidths=0,
            rasterized=True,
            label=label,
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


def dots(ax, groups, label, colours=None):
    """One dot a seed for each group, in the order of the seeds from left to right; groups: dict
    name -> (seeds,)."""
    for column, (name, values) in enumerate(groups.items()):
        place = column + np.linspace(-0.3, 0.3, len(values))
        ax.scatter(
            place,
            values,
            s=3,
            color=(colours or {}).get(name, "black"),
            linewidths=0,
            rasterized=True,
        )
    ax.set(xticks=range(len(groups)), xticklabels=groups, ylabel=label)


def forest(ax, rows, label, colours=None):
    """Intervals under each other; rows: dict name -> dict series -> `Interval`, of up to four
    series."""
    series = list(dict.fromkeys(name for row in rows.values() for name in row))
    for name, marker, offset in zip(
        series, "os^D", 0.25 * (np.arange(len(series)) - (len(series) - 1) / 2), strict=False
    ):
        chosen = [
            (index + offset, row[name]) for index, row in enumerate(rows.values()) if name in row
        ]
        means = [interval.mean for _, interval in chosen]
        bounds = np.array([[i.mean - i.low, i.high - i.mean] for _, i in chosen]).T
        style = {
            "color": (colours or {}).get(name, "black"),
            "markersize": 3.5,
            "capsize": 2,
            "linestyle": "none",
        }
        ax.errorbar(means, [y for y, _ in chosen], xerr=bounds, marker=marker, label=name, **style)
    ax.set(yticks=range(len(rows)), yticklabels=rows, xlabel=label, ylim=(len(rows) - 0.5, -0.5))


def phase_diagram(ax, table, columns, rows, title, spec=".2f", frame=None, **image):
    """A table as a coloured plane with its numbers written in.

    Args:
      ax: a Matplotlib axes.
      table: (rows, columns).
      columns, rows: what stands at the axes' ticks.
      title: above it.
      spec: how to write the numbers.
      frame: (row, column) of a cell to put a frame around.
      image: for `Axes.imshow`: vmin and vmax, or norm; cmap.

    Returns:
      The image.
    """
    drawn = ax.imshow(table, aspect="auto", **image)
    for (row, column), value in np.ndenumerate(np.asarray(table)):
        red, green, blue, _ = drawn.cmap(drawn.norm(value))
        light = 0.3 * red + 0.59 * green + 0.11 * blue > 0.5
        ax.text(
            column,
            row,
            format(value, spec),
            fontsize=6,
            ha="center",
            va="center",
            color="black" if light else "white",
        )
    if frame is not None:
        row, column = frame
        ax.add_patch(
            plt.Rectangle(
                (column - 0.5, row - 0.5),
                1,
                1,
                fill=False,
                edgecolor="black",
                linewidth=2,
                clip_on=False,
            )
        )
    ax.set(
        xticks=range(len(columns)),
        xticklabels=columns,
        yticks=range(len(rows)),
        yticklabels=rows,
        title=title,
    )
    ax.spines[["top", "right"]].set_visible(True)
    return drawn
