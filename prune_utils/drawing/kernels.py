"""Whole figures of two kernels, weight by weight."""

import matplotlib.pyplot as plt
import numpy as np

from .charts import kernel_scatter
from .style import ARM_COLOURS


def pair_figure(kernels):
    """The kernels of `one_seed` against each other, in full and zoomed in."""
    first, second, codes = (kernels[n] for n in ("train_prune", "prune_train", "touched"))
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.9))
    for ax, limit in zip(axes, (4, 1)):
        kernel_scatter(ax, first, second, codes, limit)
    axes[0].add_patch(plt.Rectangle((-1, -1), 2, 2, fill=False, linewidth=0.6))
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=4,
        title="moved by training",
    )
    return figure


def dashes_figure(counts, diagonal, limit, position):
    """The plot of all seeds as a density, and the weights along its diagonal.

    Args:
      counts: (bins, bins), weights in each cell of the plot in (-1, 1)², row by row from the
        bottom.
      diagonal: a `Diagonal`.
      limit: the cut-off of the initial weights.
      position: where the outer pieces lie.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 3.2), width_ratios=(1, 1.1))
    image = left.imshow(
        np.log10(1 + counts),
        origin="lower",
        extent=(-1, 1, -1, 1),
        cmap="Greys",
        interpolation="nearest",
    )
    left.set(
        xlabel="weight in train_prune",
        ylabel="weight in prune_train",
        title=f"{len(diagonal.near)} seeds, random pruning",
    )
    figure.colorbar(image, ax=left, label="log$_{10}$(1 + weights)", shrink=0.8, pad=0.02)
    left.set(xticks=(-1, -0.5, 0, 0.5, 1), yticks=(-1, -0.5, 0, 0.5, 1))
    near, beside = diagonal.near.mean(axis=0), diagonal.beside.mean(axis=0)
    right.stairs(near, diagonal.edges, color="black", label="on the diagonal (within 0.005)")
    style = {"color": "#D55E00", "linestyle": ":", "label": "just beside it"}
    right.stairs(beside, diagonal.edges, **style)
    for centre in (-position, 0, position):
        right.axvspan(centre - limit, centre + limit, color="#0072B2", alpha=0.12, linewidth=0)
    right.set(
        xlabel="position along the diagonal (weight)",
        ylabel="weights per bin and seed",
        title="three pieces",
    )
    right.set_yscale("symlog", linthresh=1)
    right.set(xticks=(-1, -0.5, 0, 0.5, 1), ylim=(0, 150))  # above the pieces, room for the legend
    right.legend(loc="upper right")
    return figure


def shift_figure(initial, unmoved, limit, signed, band):
    """The untouched weights, the displacements, and where the bands lie.

    Args:
      initial, unmoved: all initial and the untouched weights, any number.
      limit: the cut-off of the initial weights.
      signed: displacements, any number.
      band: the most common |displacement| of each seed, (seeds,).
    """
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 2.5), width_ratios=(1, 1.3, 1))
    share, edges = {"density": True}, np.linspace(-1.3, 1.3, 53)
    axes[0].hist(initial.ravel() / limit, edges, color="#BBBBBB", label="all, initial", **share)
    edges = np.linspace(-1.3, 1.3, 27)
    axes[0].hist(
        unmoved / limit, edges, histtype="step", color="#D55E00", label="untouched", **share
    )
    axes[0].set(
        xlabel="weight / cut-off", ylabel="density", title="the middle piece", ylim=(0, 1.1)
    )
    axes[0].legend()
    _displacements(axes[1], signed)
    axes[2].scatter(np.arange(len(band)), band, s=6, color=ARM_COLOURS["prune_train"])
    axes[2].axhline(0.59, color="black", linestyle=":", linewidth=0.8)
    axes[2].set(
        xlabel="seed",
        ylabel="most common |displacement|",
        ylim=(0, 0.8),
        title="position of the band",
    )
    return figure


def _displacements(ax, signed):
    ax.hist(signed, np.linspace(-1.5, 1.5, 301), color=ARM_COLOURS["prune_train"])
    ax.set(
        yscale="log",
        xlabel="displacement",
        ylabel="weights, all seeds",
        title="prune_train minus initial",
    )
    arrow = {"arrowstyle": "->", "lw": 0.6}
    for where in (-0.59, 0.59):
        ax.annotate("post", (where, 4e4), (where, 1.2e5), ha="center", fontsize=7, arrowprops=arrow)
    ax.set_ylim(None, 2.5e5)
