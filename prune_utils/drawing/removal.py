"""What dropped units carry together."""

import matplotlib.pyplot as plt
import numpy as np

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
    """What units cost one by one and at once, their coherence, and the accuracies of the
    interventions in the first hidden layer; carried: `joint_removal` over seeds."""
    figure, axes = plt.subplots(1, 3, figsize=(7.8, 2.6), width_ratios=(1, 0.7, 2.1))
    for index, name in enumerate(("std", "random")):
        found, first = carried[name], carried[name]["layers"][0]
        costs, states = (found["single"], found["joint"]), [first[what] for what in STATES]
        style = {"fmt": "os"[index], "color": CRITERION_COLOURS[name], "label": name}
        for ax, values in zip(axes, (costs, (first["coherence"],), states)):
            place = np.arange(len(values)) + 0.25 * (index - 0.5)
            interval_curve(ax, place, values, **style)
    costs, coherence, states = axes
    costs.set(xticks=(0, 1), xticklabels=("one by one,\nadded up", "at once"), xlim=(-0.5, 1.5))
    costs.set(ylabel="rise of the loss (nats)", yscale="log")
    coherence.set(xticks=(), xlim=(-0.5, 0.5), ylim=(0, 15), title="first layer")
    coherence.set_ylabel("coherence of what is dropped")
    states.set(xticks=range(len(STATES)), xticklabels=STATES.values(), ylim=(0.5, 1.02))
    states.set_xlim(-0.5, len(STATES) - 0.5)
    states.set(ylabel="accuracy on the data", title="first layer")
    whole = carried["std"]["layers"][0]["whole"].mean()
    for ax, level in ((coherence, 1), (states, whole)):
        ax.axhline(level, color="black", linestyle=":", linewidth=0.8)
    states.legend(loc="lower right")
    return figure
