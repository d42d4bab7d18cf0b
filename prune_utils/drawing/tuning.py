"""Training on after pruning beside training from scratch."""

import matplotlib.pyplot as plt

from ..statistics import mean_interval
from ..studies.rules import RULES
from .charts import forest
from .style import ARM_COLOURS


def tuning_chart(gaps):
    """How much better training on ends than training from scratch, as means with 95 % intervals.

    Args:
      gaps: a dict (criterion, learning rate of the whole network) -> differences (seeds,), see
        `tuning_gaps`.

    Returns:
      The figure.
    """
    gain = RULES["F2"].gain  # what would count as one
    figure, ax = plt.subplots(figsize=(5.2, 1.9))
    rows = {
        f"{criterion} half of a network\ntrained at {first:g}": {"": mean_interval(values)}
        for (criterion, first), values in gaps.items()
    }
    forest(ax, rows, "test accuracy: trained on, less from scratch", {"": ARM_COLOURS["fine_tune"]})
    ax.axvline(0, color="black", linewidth=0.5)
    ax.set_xlim(min(-4 * gain, ax.get_xlim()[0]), max(2 * gain, ax.get_xlim()[1]))
    ax.axvspan(gain, ax.get_xlim()[1], color="#DDDDDD", linewidth=0)
    ax.text(gain, -0.45, " a gain", va="top", fontsize=7)
    return figure
