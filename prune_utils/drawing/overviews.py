"""Whole figures of the arms: their numbers over seeds, and their maps side by side."""

import matplotlib.pyplot as plt
import numpy as np

from ..types import Dataset
from .charts import dots, interval_curve, paired_arms
from .maps import architecture, decision_map, difference_map, draw_points


def data_figure(data, test):
    """The training set, the test set, and the training set unrolled into radius and angle."""
    x = np.asarray(data.x)
    polar = np.stack([np.hypot(*x.T), np.arctan2(*x.T[::-1]) / (2 * np.pi) % 1], axis=1)
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 2.5))
    for ax, title, points in zip(axes, ("training set", "test set"), (data, test)):
        draw_points(ax, points, size=6 if points is data else 2)
        ax.set(
            title=f"{title}, {len(points.y)} points", xlabel="$x_1$", ylabel="$x_2$", aspect="equal"
        )
    draw_points(axes[2], Dataset(polar, data.y), size=6)
    axes[2].set(
        title="training set, unrolled", xlabel="radius", ylabel="angle (turns)", box_aspect=0.77
    )
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, markerscale=1.5
    )
    return figure


def architecture_figure(features):
    """`architecture` as a figure."""
    figure, ax = plt.subplots(figsize=(4.6, 2.6))
    architecture(ax, features)
    return figure


def paired_panels(panels, size=(7.2, 2.8), ratios=None):
    """`paired_arms` side by side; panels: dict label -> dict arm -> (seeds,)."""
    figure, axes = plt.subplots(1, len(panels), figsize=size, width_ratios=ratios)
    for ax, (label, values) in zip(axes, panels.items()):
        paired_arms(ax, values, label)
    return figure


def dots_figure(groups, label, level, faint=None, means=False, size=(4.6, 2.6), **axes):
    """`dots` as a figure.

    Args:
      groups: dict name -> (seeds,).
      label: of the vertical axis.
      level: where to draw a horizontal line.
      faint: a word; groups with it in their name are grey.
      means: whether to draw the means with 95 % intervals, too.
      size: of the figure, in inches.
      axes: for `Axes.set`.
    """
    figure, ax = plt.subplots(figsize=size)
    dots(ax, groups, label, {name: "#BBBBBB" for name in groups if faint and faint in name})
    if means:
        style = {"fmt": "D", "color": "#D55E00", "markersize": 4, "zorder": 3}
        interval_curve(ax, np.arange(len(groups)), groups.values(), **style)
    style = ("-", 0.5) if level == 0 else (":", 0.8)
    ax.axhline(level, color="black", linestyle=style[0], linewidth=style[1])
    ax.set(**axes)
    return figure


def seeds_figure(maps, seeds):
    """Decision maps of several seeds (columns) and arms (rows); maps: dict arm -> (all seeds, side,
    side)."""
    size = (0.9 * len(seeds), 1.025 * len(maps))
    figure, axes = plt.subplots(len(maps), len(seeds), figsize=size, sharex=True, sharey=True)
    for row, (arm, values) in zip(axes, maps.items()):
        for ax, seed in zip(row, seeds):
            decision_map(ax, values[seed])
            ax.set(xlabel="", ylabel=arm if seed == seeds[0] else "", xticks=(), yticks=())
    for ax, seed in zip(axes[0], seeds):
        ax.set_title(f"seed {seed}")
    return figure


def changes_figure(maps, data):
    """Three arms of one seed, and what changes from one to the other; maps: dict arm -> probability
    of class 1 over the plane."""
    figure, axes = plt.subplots(2, 3, figsize=(6.8, 4.5))
    for ax, arm in zip(axes[0], ("full", "train_prune", "prune_train")):
        image = decision_map(ax, maps[arm], data, arm)
    figure.colorbar(image, ax=axes[0], label="probability of class 1", aspect=15)
    pairs = (("full", "train_prune"), ("train_prune", "prune_train"), ("full", "fine_tune"))
    for ax, (first, second) in zip(axes[1], pairs):
        image = difference_map(ax, maps[first], maps[second], f"{first} → {second}")
    figure.colorbar(image, ax=axes[1], label="change of probability", aspect=15)
    for ax in axes.flat:
        ax.label_outer()
    return figure
