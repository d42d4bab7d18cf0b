"""Figures of single units: their kinds, their bounds, and the exceptions."""

import jax
import matplotlib.pyplot as plt
import numpy as np

from ..chain import hidden_widths
from ..chain_pruning import prune
from ..elimination import KINDS
from ..models import hidden_activations, model_of
from ..tasks import plane
from .charts import interval_curve
from .maps import EXTENT, class_probability, decision_map, difference_map

KIND_COLOURS = dict(zip(KINDS, ("#999999", "#56B4E9", "#D55E00"), strict=True))


def kinds_figure(groups):
    """How many units of a layer are dead, redundant and needed, as stacked bars.

    Args:
      groups: a dict label -> (`kind_shares`, the layers' width).
    """
    figure, ax = plt.subplots(figsize=(4.6, 2.6))
    bottom = np.zeros(len(groups))
    for kind, colour in KIND_COLOURS.items():
        part = np.array([width * table[kind].mean() for table, width in groups.values()])
        ax.bar(list(groups), part, bottom=bottom, color=colour, label=kind, width=0.7)
        bottom += part
    ax.set_ylabel("units of a hidden layer, mean")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def dimension_figure(needed):
    """How many units each hidden layer needs, against the dimension of the data.

    Args:
      needed: a dict task -> dict dimension -> dict arm -> (seeds, layers).
    """
    styles = {
        "untrained": ("#999999", ":"),
        "shuffled": ("#CC79A7", "--"),
        "trained": ("#000000", "-"),
    }
    figure, axes = plt.subplots(len(needed), 2, figsize=(6.4, 4), sharex=True, sharey=True)
    for row, (task, table) in zip(axes, needed.items()):
        for layer, ax in enumerate(row):
            for arm, (colour, line) in styles.items():
                values = [found[arm][:, layer] for found in table.values()]
                style = {"color": colour, "linestyle": line, "marker": "o", "label": arm}
                interval_curve(ax, list(table), values, **style)
            ax.set_title(f"{task}, {('first', 'second')[layer]} hidden layer")
        row[0].set_ylabel("units needed, of 100")
    for ax in axes[-1]:
        ax.set(xlabel="dimension of the data", xticks=list(next(iter(needed.values()))))
    axes[0, 1].legend()
    return figure


def certificate_figure(changes):
    """The sharper bound against the true change of the loss; changes: a dict learning rate ->
    (rise, bound), both (units,)."""
    figure, axes = plt.subplots(1, len(changes), figsize=(7.6, 2.7), sharey=True, sharex=True)
    for ax, (rate, (rise, bound)) in zip(axes, changes.items()):
        ax.hexbin(
            np.maximum(np.abs(rise), 1e-9),
            np.maximum(bound, 1e-5),
            xscale="log",
            yscale="log",
            gridsize=45,
            extent=(-9, 2, -5, 4),
            cmap="Greys",
            bins="log",
            linewidths=0,
            rasterized=True,
        )
        ax.plot((1e-9, 1e2), (1e-9, 1e2), color="#D55E00", linewidth=1)
        label = "true change of the loss (nats)"
        ax.set(title=f"trained at {rate}", xlabel=label, xlim=(1e-9, 1e2), ylim=(1e-5, 1e4))
    axes[0].set_ylabel("sharper bound (nats)")
    return figure


def exceptions_figure(examples, networks, units):
    """The network, one of its units, and what removing that unit changes, for each example.

    Args:
      examples: a dict claim -> (seed, layer, unit).
      networks: (params, data) over seeds.
      units: a `unit_census` over seeds.
    """
    shape, size = (len(examples), 3), (6.2, 1.87 * len(examples))
    figure, axes = plt.subplots(*shape, figsize=size, squeeze=False)
    for row, (number, place) in zip(axes, examples.items()):
        seed, layer, unit = place
        params, data = jax.tree.map(lambda leaf: leaf[seed], networks)
        whole, activation, without = _maps(params, data, layer, unit)
        decision_map(row[0], whole, data, f"{number}: seed {seed}, layer {layer + 1}, unit {unit}")
        extent = (-EXTENT, EXTENT, -EXTENT, EXTENT)
        row[1].imshow(activation, origin="lower", extent=extent, cmap="Greys")
        title = f"its activation, std {units['std'][place]:.2g}"
        row[1].set(title=title, xticks=(-1, 0, 1), yticks=())
        effect = f"without it: {units['rise'][place]:+.1g},\nfresh points "
        difference_map(row[2], whole, without, f"{effect}{units['rise_test'][place]:+.2g} nats")
    return figure


def _maps(params, data, layer, unit, resolution=120):
    """Over the plane: the network's class probability, a unit's activation, and the probability
    without the unit, its mean folded; each (resolution, resolution)."""
    model, widths = model_of(params), hidden_widths(params)
    keep = [np.arange(width) for width in widths]
    keep[layer] = np.delete(keep[layer], unit)
    small = prune(params, tuple(keep), hidden_activations(model, params, data.x))
    over_plane = hidden_activations(model, params, plane(resolution, EXTENT))[layer][:, unit]
    return (
        class_probability(model, params, resolution),
        over_plane.reshape(resolution, resolution),
        class_probability(model_of(small), small, resolution),
    )
