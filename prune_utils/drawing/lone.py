"""Figures of weights that see few gradients: Adam's answers, their paths, their displacements."""

import matplotlib.pyplot as plt
import numpy as np

from .style import ARM_COLOURS

CLASS_COLOURS = ("#D55E00", "#0072B2", "#56B4E9", "#BBBBBB")
MOVED = "moved in all (learning rates)"


def response_curves(responses, late):
    """Adam's answers to few gradients, a `Responses`, in four panels; `late`: the limit of the
    answer to one gradient that comes late."""
    figure, axes = plt.subplots(2, 2, figsize=(6.4, 4.6))
    axes = axes.ravel()
    steps = {f"step {step}": curve for step, curve in responses.over_time.items()}
    _curves(axes[0], range(81), steps, ("-", "--", "-.", ":"))
    axes[0].set(
        xlabel="step", ylabel="moved (learning rates)", title="one gradient", ylim=(0, None)
    )
    axes[0].legend(title="gradient at")
    axes[1].plot(responses.when, responses.arrivals, color="black")
    axes[1].axhline(late, color="black", linestyle=":")
    axes[1].set(xscale="log", xlabel="step of the gradient", ylabel=MOVED, title="early or late")
    axes[1].set_ylim(0, None)
    sizes = {
        f"ε = {eps:.0e}" + (", as in Keras" if form == "keras" else ""): curve
        for (eps, form), curve in responses.by_size.items()
    }
    _curves(axes[2], responses.sizes, sizes, ("-", "--", ":"))
    axes[2].set(xscale="log", xlabel="|gradient|", ylabel=MOVED, title="size of the gradient")
    axes[2].set_ylim(0, 9)
    axes[2].legend(loc="upper left")
    runs = {f"{length} gradients": curve for length, curve in responses.by_ratio.items()}
    _curves(axes[3], responses.ratios, runs, ("-", "--", ":"))
    axes[3].set(xlabel="later gradients / first", ylabel=MOVED, title="short runs")
    axes[3].legend()
    return figure


def _curves(ax, x, curves, styles):
    for (name, curve), style in zip(curves.items(), styles):
        ax.plot(x, curve, style, color="black", label=name)


def band_mechanism(followed, others, predicted, bins, counts, band, title):
    """Single weights on their way, and how far all weights moved.

    Args:
      followed, others: displacements (steps + 1, weights) of weights that saw one gradient, at step
        1, and of weights that saw more.
      predicted: the displacement (steps + 1,) of the former.
      bins: edges of |displacement| in learning rates.
      counts: dict class of weights -> (bins,), how many.
      band: the predicted |displacement|, dotted.
      title: above the right panel.

    Returns:
      The figure.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.9), width_ratios=(1, 1.3))
    axes[0].plot(others, color="#AAAAAA", linewidth=0.5, alpha=0.8)
    axes[0].plot(followed, color="#0072B2", linewidth=0.6)
    for sign in (1, -1):
        axes[0].plot(sign * np.asarray(predicted), "--", color="black", linewidth=1.2)
    axes[0].set(xlabel="step", ylabel="displacement", title="one seed", ylim=(-1.3, 1.3))
    for (name, numbers), colour in reversed(list(zip(counts.items(), CLASS_COLOURS))):
        axes[1].hist(bins[:-1], bins, weights=numbers, histtype="step", color=colour, label=name)
    axes[1].axvline(band, color="black", linestyle=":", linewidth=0.8, zorder=0)
    axes[1].set(
        yscale="log",
        xlabel="|displacement| (learning rates)",
        ylabel="weights, all seeds",
        title=title,
    )
    axes[1].legend()
    return figure


def gradient_scatter(init, move, other, classes, band):
    """Every weight of one kernel, coloured by the gradients it saw.

    Args:
      init, move: initial weights and displacements in prune_train.
      other: the weights in train_prune.
      classes: dict class of weights -> bool, of the kernel's shape.
      band: the predicted |displacement|, dotted.

    Returns:
      The figure.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.6))
    for (name, mask), colour in reversed(list(zip(classes.items(), CLASS_COLOURS))):
        label = f"{name}: {mask.sum()}"
        style = {"s": 4, "color": colour, "linewidths": 0, "rasterized": True, "label": label}
        axes[0].scatter(init[mask], move[mask], **style)
        axes[1].scatter(other[mask], (init + move)[mask], **style)
    for sign in (-1, 1):
        axes[0].axhline(sign * band, color="black", linestyle=":", linewidth=0.8, zorder=0)
    axes[0].set(xlabel="initial weight", ylabel="displacement in prune_train", ylim=(-1, 1))
    axes[1].set(
        xlabel="weight in train_prune",
        ylabel="weight in prune_train",
        xlim=(-1, 1),
        ylim=(-1, 1),
        aspect="equal",
    )
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=4, markerscale=2)
    return figure


def waking_curves(asleep, small):
    """How large a move of its own weights wakes a dead unit, as cumulative shares.

    Args:
      asleep: dict "before training" and "after training" -> the distance of every dead unit, over
        the length of its own weights, any number.
      small: the move up to which the report calls one small, dotted.
    """
    figure, ax = plt.subplots(figsize=(4.6, 2.6))
    styles = (ARM_COLOURS["stranger"], "--"), (ARM_COLOURS["prune_train"], "-")
    for (name, distances), (colour, line) in zip(asleep.items(), styles):
        ax.ecdf(distances, color=colour, linestyle=line, label=f"{name}: {len(distances)} units")
    ax.axvline(small, color="black", linestyle=":", linewidth=0.8)
    ax.set(
        xscale="log",
        xlabel="move of a dead unit's own weights (share of their length)",
        ylabel="share of the dead units\nthat can have woken",
        xlim=(1e-4, 3),
        ylim=(0, 1),
    )
    figure.legend(loc="outside upper center", ncols=2)
    return figure
