"""Whole figures of single units: what they see, and how far they are from doing more."""

import matplotlib.pyplot as plt
import numpy as np

from ..models import hidden_activations, model_of
from ..studies.two_criteria import CUTS
from ..studies.units import dead_units
from ..tasks import plane
from .charts import interval_curve
from .maps import EXTENT, unit_maps
from .style import ARM_COLOURS

COLOURS = {"kept": ARM_COLOURS["full"], "dropped": ARM_COLOURS["train_prune"]}


def units_figure(params, acts, groups, columns, size):
    """Activation of single units over the plane, each with its standard deviation or "dead".

    Args:
      params: a network.
      acts: its hidden activations on the training data.
      groups: (hidden layer, indices of units) pairs, in the order in which they are drawn.
      columns, size: see `unit_maps`.
    """
    over_plane = hidden_activations(model_of(params), params, plane(40, EXTENT))
    panels = [np.asarray(over_plane[layer]).T.reshape(-1, 40, 40)[units] for layer, units in groups]
    spreads = [np.asarray(layer.std(axis=0)) for layer in acts]
    dead = [np.asarray(layer) for layer in dead_units(acts)]
    titles = [
        "dead" if dead[layer][unit] else f"{spreads[layer][unit]:.2f}"
        for layer, units in groups
        for unit in units
    ]
    return unit_maps(np.concatenate(panels), titles, columns=columns, size=size)


def idle_figure(idle, rise, sizes):
    """Gradients of dropped and kept units, how far the dead of the dropped are from waking, and
    what random moves of their weights do to the loss.

    Args:
      idle: dict "dropped" and "kept" -> `idleness` of many seeds.
      rise: dict "dropped" and "kept" -> `loss_rises` of many seeds, (seeds, sizes).
      sizes: of the moves.
    """
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 2.5))
    for name, units in idle.items():
        gradients = np.maximum(units["gradient"].ravel(), 2e-9)
        style = {"histtype": "step", "color": COLOURS[name], "label": name}
        axes[0].hist(gradients, np.logspace(-9, 1, 60), **style)
    axes[0].set(
        xscale="log",
        yscale="log",
        xlabel="largest gradient of a unit's weights\n(exact zeros at the left edge)",
        ylabel="units",
    )
    axes[0].legend()
    asleep = idle["dropped"]["distance"][idle["dropped"]["dead"]]
    axes[1].hist(asleep, np.logspace(-4, 1, 60), color=COLOURS["dropped"])
    for cut in CUTS:
        axes[1].axvline(cut, color="black", linestyle=":", linewidth=0.8)
    axes[1].set(
        xscale="log",
        xlabel="shortest way to waking,\nshare of the unit's own weights",
        ylabel="dead dropped units",
    )
    _rises(axes[2], rise, sizes)
    return figure


def _rises(ax, rise, sizes):
    for name, style in (("kept", "s--"), ("dropped", "o-")):
        interval_curve(ax, sizes, rise[name].T, fmt=style, color=COLOURS[name], label=name)
    ax.set(
        xscale="log",
        xlabel="random move, share of the\nunit's own weights",
        ylabel="rise of the training loss (nats)",
    )
    ax.set_yscale("symlog", linthresh=1e-3)
    ax.set_ylim(-3e-4, None)
    ax.axhline(0, color="black", linewidth=0.5)
    ax.legend()
