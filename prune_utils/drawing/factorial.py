"""Dead units against what pruning costs, cell by cell."""

import matplotlib.pyplot as plt
import numpy as np

from ..statistics import mean_interval
from ..studies.factorial import CELLS, cost
from .charts import forest
from .style import CRITERION_COLOURS


def factorial_chart(found):
    """How much of what std pruning drops is never active, and what std and random pruning cost;
    found: dict of `CELLS` -> `pruned_halves` over seeds, those of the small learning rate first."""
    figure, (idle, costs) = plt.subplots(
        1, 2, figsize=(7.2, 3.2), sharey=True, width_ratios=(1, 1.6)
    )
    shares = [cell["std_never"].mean() for cell in found.values()]
    idle.barh(np.arange(len(found)), shares, height=0.6, color="#999999")
    rows = {
        name: {
            f"{criterion} pruning": mean_interval(cost(cell, criterion))
            for criterion in ("std", "random")
        }
        for name, cell in found.items()
    }
    colours = {f"{name} pruning": colour for name, colour in CRITERION_COLOURS.items()}
    forest(costs, rows, "loss of test accuracy", colours)
    idle.set(xlim=(0, 1), xlabel="never active, share of what\nstd pruning drops")
    slow = sum(cell.rate == 0.01 for cell in CELLS.values())
    for ax in (idle, costs):
        ax.axhline(slow - 0.5, color="black", linestyle=":", linewidth=0.8)
    costs.axvline(0, color="black", linewidth=0.5)
    idle.set_ylabel("learning rate, activation")
    figure.legend(*costs.get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure
