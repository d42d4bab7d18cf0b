"""Whole figures of two kernels, weight by weight."""

import matplotlib.pyplot as plt
import numpy as np

from ..studies.rules import RULES
from .charts import kernel_scatter
from .style import ARM_COLOURS


def pair_figure(kernels, counts, seeds):
    """The kernels of `one_seed` against each other, in full and zoomed in, and beside them the same
    plot of all seeds as a density.

    Args:
      kernels: what `one_seed` returns.
      counts: (bins, bins), weights of all seeds in each cell of (-1, 1)², row by row from the
        bottom.
      seeds: how many seeds these are.
    """
    first, second, codes = (kernels[n] for n in ("train_prune", "prune_train", "touched"))
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 3.1))
    for ax, limit, title in zip(axes, (4, 1), ("one seed", "one seed, zoomed in")):
        kernel_scatter(ax, first, second, codes, limit)
        ax.set_title(title)
    axes[0].add_patch(plt.Rectangle((-1, -1), 2, 2, fill=False, linewidth=0.6))
    style = {"origin": "lower", "extent": (-1, 1, -1, 1), "interpolation": "nearest"}
    axes[2].imshow(np.log10(1 + counts), cmap="Greys", **style)
    axes[2].set(
        title=f"{seeds} seeds laid over each other",
        xlabel="weight in train_prune",
        xticks=np.linspace(-1, 1, 5),
        yticks=np.linspace(-1, 1, 5),
    )
    for ax in axes[1:]:
        ax.set_ylabel("")
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=4,
        title="one seed's weights, moved by training",
        markerscale=1.5,
    )
    return figure


def dashes_figure(diagonal, limit, position):
    """The weights along the diagonal and just beside it.

    Args:
      diagonal: a `Diagonal`.
      limit: the cut-off of the initial weights.
      position: where the outer pieces lie.
    """
    figure, ax = plt.subplots(figsize=(4.8, 2.8))
    near, beside = diagonal.near.mean(axis=0), diagonal.beside.mean(axis=0)
    ax.stairs(near, diagonal.edges, color="black", label="on the diagonal (within 0.005)")
    style = {"color": "#D55E00", "linestyle": ":", "label": "just beside it"}
    ax.stairs(beside, diagonal.edges, **style)
    for centre in (-position, 0, position):
        ax.axvspan(centre - limit, centre + limit, color="#0072B2", alpha=0.12, linewidth=0)
    ax.set(
        xlabel="position along the diagonal (weight)",
        ylabel="weights per bin and seed",
        title=f"three pieces, {len(diagonal.near)} seeds, random pruning",
    )
    ax.set_yscale("symlog", linthresh=1)
    ax.set(xticks=(-1, -0.5, 0, 0.5, 1), ylim=(0, 150))  # above the pieces, room for the legend
    ax.legend(loc="upper right")
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
    axes[2].axhline(RULES["P9"].place, color="black", linestyle=":", linewidth=0.8)
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
    for where in (-RULES["P9"].place, RULES["P9"].place):
        ax.annotate("post", (where, 4e4), (where, 1.2e5), ha="center", fontsize=7, arrowprops=arrow)
    ax.set_ylim(None, 2.5e5)
