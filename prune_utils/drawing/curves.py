"""Whole figures of numbers against steps, widths, keep counts and learning rates."""

import matplotlib.pyplot as plt
import numpy as np

from .charts import interval_curve
from .maps import decision_map
from .style import ARM_COLOURS


def width_figure(by_width, best, linear):
    """Test accuracy against the width of both hidden layers; by_width: dict width -> (seeds,); the
    best possible and the linear classifier's (seeds,) are lines."""
    figure, ax = plt.subplots(figsize=(4.2, 2.6))
    for values, name, style in ((best, "best possible", "--"), (linear, "no hidden layer", ":")):
        ax.axhline(values.mean(), color="black", linestyle=style, linewidth=0.9)
        ax.text(2, values.mean() + 0.01, name, fontsize=7, va="bottom")
    widths = tuple(by_width)
    interval_curve(ax, widths, by_width.values(), fmt="o-", color=ARM_COLOURS["full"])
    ax.set(
        xscale="log",
        xlabel="units in each of the two hidden layers",
        ylabel="test accuracy",
        ylim=(0.45, 1.05),
    )
    ax.set_xticks(widths, widths, minor=False)
    ax.minorticks_off()
    return figure


def trained_figure(probability, run, steps):
    """A trained network's map and its training; run: a `FilmedRun` with snapshots at `steps`."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3), width_ratios=(1, 1.15))
    image = decision_map(left, probability, run.data, "after training")
    figure.colorbar(image, ax=left, label="probability of class 1", shrink=0.8)
    losses = run.full.loss
    right.semilogy(1 + np.arange(len(losses)), losses, color="black", label="training loss")
    right.semilogy(1 + np.array(steps), run.test_loss, ":", color="black", label="test loss")
    right.set(
        xscale="log",
        xlabel="step + 1",
        ylabel="mean cross-entropy (nats)",
        title="loss and accuracy",
    )
    twin = right.twinx()
    style = {"color": "#CC79A7", "marker": "o", "label": "test accuracy (right axis)"}
    twin.plot(1 + np.array(steps), run.test_accuracy, **style)
    twin.set(ylim=(0, 1.02), ylabel="test accuracy")
    twin.spines["right"].set_visible(True)
    handles, names = (
        a + b for a, b in zip(right.get_legend_handles_labels(), twin.get_legend_handles_labels())
    )
    figure.legend(handles, names, loc="outside lower right", ncols=3)
    return figure


def deaths_figure(steps, dead):
    """The share of dead units against training steps, layer by layer; dead: (seeds, layers,
    steps)."""
    figure, axes = plt.subplots(1, 2, figsize=(6.2, 2.5), sharey=True)
    x = 1 + np.array(steps)
    faint = {"color": "#AAAAAA", "linewidth": 0.3, "alpha": 0.5, "rasterized": True}
    for layer, ax in enumerate(axes):
        ax.plot(x, dead[:, layer].T, **faint)
        interval_curve(ax, x, dead[:, layer].T, fmt="o-", color="black")
        title = ("first hidden layer", "second hidden layer")[layer]
        ax.set(xscale="log", xlabel="step + 1", ylim=(0, 1), title=title)
    axes[0].set_ylabel("share of dead units")
    return figure


def folding_figure(counts, folded, deleted):
    """Test accuracy with the means folded and by plain deletion, (seeds, counts) each, and the
    paired gain, against the keep count."""
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 2.5))
    colour, values = ARM_COLOURS["train_prune"], folded.T
    interval_curve(axes[0], counts, values, fmt="o-", color=colour, label="mean folded")
    interval_curve(axes[0], counts, deleted.T, fmt="s--", color="#999999", label="plain deletion")
    interval_curve(axes[1], counts, (folded - deleted).T, fmt="D-", color="black")
    axes[1].axhline(0, color="black", linewidth=0.6)
    for ax, label in zip(axes, ("test accuracy", "gain by folding (paired)")):
        ax.set(xlabel="kept units of 100 in each hidden layer", ylabel=label, xticks=counts)
    axes[0].legend()
    return figure


def learning_rate_figure(rates, hidden):
    """What std and random pruning leave, against the learning rate; and what std pruning costs
    each seed, against its number of dead units.

    Args:
      rates: dict learning rate -> `overview` of many seeds, dicts of (seeds,).
      hidden: number of hidden units.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.8))
    names = {"full": "full", "std": "std pruned", "random": "randomly pruned", "dead": "dead units"}
    for (name, label), colour in zip(names.items(), ("#000000", "#D55E00", "#CC79A7", "#999999")):
        curve, style = [r[name] for r in rates.values()], "s:" if name == "dead" else "o-"
        interval_curve(left, tuple(rates), curve, fmt=style, color=colour, label=label)
    left.set(
        xscale="log",
        xlabel="learning rate",
        ylabel="test accuracy, or share of dead units",
        ylim=(0, 1.05),
    )
    left.set_xticks(tuple(rates), tuple(rates))
    left.minorticks_off()
    left.legend(loc="center left", bbox_to_anchor=(0, 0.33))
    style = {"s": 7, "linewidths": 0, "alpha": 0.7}
    for (rate, r), colour, marker in zip(rates.items(), ("#56B4E9", "#E69F00", "#D55E00"), "o^s"):
        point = {"color": colour, "marker": marker, "label": f"{rate}"}
        right.scatter(hidden * r["dead"], r["full"] - r["std"], **style, **point)
    right.axvline(hidden / 2, color="black", linestyle=":", linewidth=0.8)
    right.set(
        xlabel=f"dead hidden units of {hidden}", ylabel="loss of test accuracy by std pruning"
    )
    right.legend(title="learning rate")
    return figure
