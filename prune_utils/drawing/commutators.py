"""How far both orders are apart, beside their controls."""

import matplotlib.pyplot as plt

from ..statistics import mean_interval
from ..studies.commutators import ROLE_PAIRS, SPACES
from .charts import forest
from .style import CRITERION_COLOURS

# Where distances are many times those of strangers: the ticks of a scale of powers.
WIDE = {"map": (0, 1, 5), "test": (0, 1, 10, 50)}


def commutator_forests(ratios):
    """Every pair's distance over that of strangers, a chart for each space; ratios: see
    `commutators`."""
    figure, axes = plt.subplots(1, len(SPACES), figsize=(7.8, 2.9), sharey=True)
    for ax, (space, name) in zip(axes, SPACES.items(), strict=True):
        forest(ax, ratios[space], "over strangers", CRITERION_COLOURS)
        ax.axvline(1, color="black", linestyle=":", linewidth=0.8)
        ax.set(title=name)
        if space in WIDE:
            ax.set_xscale("symlog")
            ax.set_xticks(WIDE[space], labels=map(str, WIDE[space]))
            ax.minorticks_off()
        ax.set_xlim(-0.05, None)
    axes[3].legend(loc="upper left")
    return figure


def role_forest(roles, criterion):
    """How well roles of units correlate, pair by pair, each unit's with its own and with its best
    match; roles: see `kept_roles`."""
    figure, ax = plt.subplots(figsize=(4.6, 2.2))
    rows = {
        pair: {what: mean_interval(roles[criterion, pair][what]) for what in ("same", "matched")}
        for pair in ROLE_PAIRS
    }
    forest(ax, rows, "mean correlation of roles", {"same": "#000000", "matched": "#999999"})
    ax.set_xlim(0, 1)
    ax.legend(loc="center right")
    return figure
