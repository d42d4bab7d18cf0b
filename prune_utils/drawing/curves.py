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
