"""Training after pruning beside training from scratch."""

import matplotlib.pyplot as plt
import numpy as np

from .charts import interval_curve
from .style import ARM_COLOURS


def tuning_curves(curves, cases, plan):
    """Test accuracy over the steps, a chart for each case.

    Args:
      curves: `tune_or_restart` over seeds.
      cases, plan: as for it, with two learning rates from scratch.

    Returns:
      The figure.
    """
    figure, axes = plt.subplots(1, len(cases), figsize=(7.6, 2.9), sharey=True)
    shades = plt.get_cmap("cividis")(np.linspace(0, 0.9, len(plan.rates)))
    for ax, (name, trained_at) in zip(axes, cases.items(), strict=True):
        tuned, scratch = (np.moveaxis(curve, 1, 0) for curve in curves[name])
        for rate, curve, shade in zip(plan.rates, tuned, shades, strict=True):
            style = {"fmt": "o-", "color": shade, "linewidth": 0.9}
            label = f"fine-tuned at {rate}"
            interval_curve(ax, plan.steps, curve[:, 1:].T, label=label, **style)
        for rate, curve, line in zip(plan.scratch_rates, scratch, ("s:", "s-"), strict=True):
            style = {"fmt": line, "color": ARM_COLOURS["prune_train"]}
            label = f"from scratch at {rate}"
            interval_curve(ax, plan.scratch_steps, curve.T, label=label, **style)
        ax.set(xscale="log", xlabel="steps of the small network", ylim=(0.84, 1.0))
        ax.set_title(f"{name} half, of a network trained at {trained_at}")
    axes[0].set_ylabel("test accuracy")
    axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
