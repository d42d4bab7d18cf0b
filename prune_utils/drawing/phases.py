"""Planes of settings: which order scores higher over the learning rate and what is kept."""

import matplotlib.pyplot as plt
import numpy as np

from .charts import phase_diagram

# Blue where pruning first is ahead, red where training first is: near the colours of these arms.
DIFFERENCE = {"vmin": -0.5, "vmax": 0.5, "cmap": "RdBu_r"}


def order_phases(swept, rates, shares, frame):
    """By how much training first scores higher than pruning first, a plane for each criterion.

    Args:
      swept: a dict criterion -> dict of (counts, rates, seeds), see `gather`.
      rates: the learning rates.
      shares: of kept units.
      frame: (row, column) of the cell to put a frame around.

    Returns:
      The figure.
    """
    size = (3.6 * len(swept), 2.4)
    figure, axes = plt.subplots(1, len(swept), figsize=size, sharey=True, squeeze=False)
    names = [f"{share:.0%}" for share in shares]
    for ax, (criterion, table) in zip(axes[0], swept.items(), strict=True):
        ahead = (table["train_prune"] - table["prune_train"]).mean(axis=-1)
        ahead = np.round(ahead, 2) + 0.0  # no minus zero
        title = f"{criterion} pruning"
        image = phase_diagram(ax, ahead, rates, names, title, "+.2f", frame, **DIFFERENCE)
        ax.set_xlabel("learning rate")
    axes[0, 0].set_ylabel("units kept")
    figure.colorbar(image, ax=axes, label="test accuracy,\ntrain first less prune first")
    return figure
