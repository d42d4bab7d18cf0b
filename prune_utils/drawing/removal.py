"""What dropped units carry together, and what that costs."""

import matplotlib.pyplot as plt
import numpy as np

from ..studies.coherence import PREDICTORS
from .charts import interval_curve
from .style import CRITERION_COLOURS

# The states of a network in the chart's last part: names as in `carried_together`, and in words.
STATES = {
    "pruned": "dropped",
    "restored": "one direction\nput back",
    "restored_size": "shrunk to\nthat size",
    "signs": "signs\nflipped",
    "signs_size": "shrunk to\nthat size",
}


def joint_removal_chart(carried):
    """The coherence of what is dropped of the first hidden layer, and the accuracies of the
    interventions there; carried: `joint_removal` over seeds."""
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 2.6), width_ratios=(0.6, 2.1))
    coherence, states = axes
    for index, name in enumerate(("std", "random")):
        first = carried[name]["layers"][0]
        style = {"fmt": "os"[index], "color": CRITERION_COLOURS[name], "label": name}
        accuracies = [first[what] for what in STATES]
        for ax, values in zip(axes, ((first["coherence"],), accuracies)):
            place = np.arange(len(values)) + 0.25 * (index - 0.5)
            interval_curve(ax, place, values, **style)
    coherence.set(xticks=(), xlim=(-0.5, 0.5), ylim=(0, 15))
    coherence.set_ylabel("coherence of what is dropped")
    states.set(xticks=range(len(STATES)), xticklabels=STATES.values(), ylim=(0.5, 1.02))
    states.set_xlim(-0.5, len(STATES) - 0.5)
    states.set_ylabel("accuracy on the data")
    whole = carried["std"]["layers"][0]["whole"].mean()
    for ax, level in ((coherence, 1), (states, whole)):
        ax.axhline(level, color="black", linestyle=":", linewidth=0.8)
    states.legend(loc="lower right")
    return figure


def coherence_chart(doses, criteria, table):
    """What half of the first hidden layer costs more than a random half, against what could tell:
    one point for each criterion and learning rate, means over seeds.

    Args:
      doses: dict learning rate -> `dropped_together` over seeds.
      criteria: their names, in its order.
      table: `predictions` for the charts' titles.
    """
    figure, axes = plt.subplots(1, len(PREDICTORS), figsize=(7.4, 2.7), sharey=True)
    chance = criteria.index("random")
    for ax, (predictor, words) in zip(axes, PREDICTORS.items(), strict=True):
        for dose in doses.values():
            cost = dose["pruned"][:, [chance]] - dose["pruned"]
            for index, name in enumerate(criteria):
                known = name in ("std", "random")
                style = {"color": CRITERION_COLOURS[name] if known else "#999999"}
                style |= {"marker": "os"[name == "random"] if known else "^"}
                at = dose[predictor][:, index].mean(), cost[:, index].mean()
                ax.scatter(*at, s=18, linewidths=0, label=name if known else "others", **style)
        rank = table[predictor]["all"].mean()
        ax.set(xlim=(0, None), xlabel=words, title=f"rank correlation {rank:+.2f}")
        ax.axhline(0, color="black", linewidth=0.5)
    axes[0].set_ylabel("accuracy lost more than\nby a random half")
    marks, names = axes[0].get_legend_handles_labels()
    once = dict(zip(names, marks))
    axes[1].legend(once.values(), once.keys(), loc="center right")
    return figure
