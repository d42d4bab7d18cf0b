"""How far both orders are apart, beside their controls."""

import matplotlib.pyplot as plt
import numpy as np

from ..statistics import mean_interval
from ..studies.commutators import SPACES
from ..studies.distances import CONTROLS
from .charts import forest
from .style import ARM_COLOURS, CRITERION_COLOURS

ROLE_ROWS = (
    "train_prune and its start",
    "prune_train and its start",
    "orders",
    "orders, starts taken out",
    "orders of strangers",
)
RATE_COLOURS = ("#000000", "#999999")


def commutator_forest(ratios):
    """The orders' distance over that of orders of strangers, a row for each distance; ratios: see
    `commutators`."""
    figure, ax = plt.subplots(figsize=(4.8, 2.6))
    rows = {name: ratios[space]["orders"] for space, name in SPACES.items()}
    forest(ax, rows, "distance of the orders / of orders of strangers", CRITERION_COLOURS)
    ax.axvline(1, color="black", linestyle=":", linewidth=0.8)
    ax.set_xscale("log")
    ax.set_xticks((0.5, 1, 2), labels=("0.5", "1", "2"))
    ax.minorticks_off()
    figure.legend(loc="outside right center", title="pruning")
    return figure


def role_forest(same):
    """How well a unit's role correlates with its own elsewhere, at several learning rates.

    Args:
      same: a dict learning rate, in words -> `same_roles_by_seed`, of two learning rates.
    """
    figure, ax = plt.subplots(figsize=(4.8, 2.2))
    rows = {
        pair: {rate: mean_interval(values[pair]) for rate, values in same.items()}
        for pair in ROLE_ROWS
    }
    forest(
        ax, rows, "mean correlation of a unit's role with its own", dict(zip(same, RATE_COLOURS))
    )
    ax.set_xlim(0, 1)
    ax.legend(loc="center right", title="learning rate")
    return figure


def barrier_lines(panels):
    """Accuracy along the line between two networks, of one origin and of strangers, plain and with
    the units matched; means with 95 % bands.

    Args:
      panels: a dict title -> (pair, lines), a pair of `CONTROLS` and its `along_lines`.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(7, 2.6), sharey=True)
    for ax, (title, (pair, lines)) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        for name, label, colour in (
            (pair, "one start", ARM_COLOURS["prune_train"]),
            (CONTROLS[pair], "strangers", ARM_COLOURS["stranger"]),
        ):
            for how, style in (("plain", "-"), ("matched", "--")):
                _band(ax, lines[name, how]["accuracy"], f"{label}, {how}", colour, style)
        ax.set(title=title, xlabel="share of prune_train in the weights")
    np.atleast_1d(axes)[0].set_ylabel("test accuracy")
    figure.legend(*np.atleast_1d(axes)[0].get_legend_handles_labels(), loc="outside right center")
    return figure


def _band(ax, values, label, colour, style):
    share = np.linspace(0, 1, values.shape[1])
    intervals = [mean_interval(column) for column in values.T]
    ax.plot(share, [i.mean for i in intervals], style, color=colour, label=label)
    bounds = [i.low for i in intervals], [i.high for i in intervals]
    ax.fill_between(share, *bounds, color=colour, alpha=0.15, linewidth=0)
