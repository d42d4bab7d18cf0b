"""Figures of predicted and measured bands."""

import matplotlib.pyplot as plt
import numpy as np

from ..studies.rules import RULES

PREDICTED, MEASURED = "#D55E00", "#0072B2"


def prediction_errors(bands):
    """The places of bands where they were predicted, and how far off; bands: dict name -> `Band`
    whose place was predicted."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.8), width_ratios=(1, 1.35))
    xs = np.array([band.predicted for band in bands.values()])
    ys = np.array([band.measured for band in bands.values()])
    axes[0].plot([1.5, 10], [1.5, 10], color="#AAAAAA", linewidth=0.8)
    axes[0].scatter(xs, ys, s=18, color=MEASURED, zorder=2)
    axes[0].set(
        xlabel="predicted band (learning rates)",
        ylabel="measured band (learning rates)",
        xscale="log",
        yscale="log",
    )
    for axis in (axes[0].xaxis, axes[0].yaxis):
        axis.set_major_locator(plt.FixedLocator([2, 4, 6, 8, 10]))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_locator(plt.NullLocator())
    axes[1].scatter(100 * (ys / xs - 1), range(len(bands)), s=16, color=MEASURED)
    axes[1].axvline(0, color="black", linewidth=0.6)
    axes[1].set_yticks(range(len(bands)), bands, fontsize=6)
    wanted = 100 * RULES["P9"].predicted_within
    label = f"error of the prediction (%; wanted: within {wanted:g})"
    axes[1].set(xlabel=label, xlim=(-wanted, wanted))
    axes[1].invert_yaxis()
    return figure


def band_places(bands):
    """Where bands were predicted and found, one under the other; bands: dict name -> `Band`."""
    figure, ax = plt.subplots(figsize=(6.4, 3.0))
    places = np.arange(len(bands))
    predicted = [band.predicted for band in bands.values()]
    measured = [band.measured for band in bands.values()]
    style = {"marker": "|", "s": 140, "color": PREDICTED, "linewidths": 2}
    ax.scatter(predicted, places, label="predicted", **style)
    ax.scatter(measured, places, s=16, color=MEASURED, zorder=3, label="measured")
    for place in places[np.isnan(predicted) & np.isnan(measured)]:
        words = "no band predicted, none found"
        ax.text(1.05, place, words, fontsize=6, va="center", color="#555555")
    ax.set_yticks(places, bands)
    ax.set(xscale="log", xlim=(1, 50), xlabel="position of the band (learning rates)")
    ax.set_xticks((1, 2, 3, 6, 10, 30), (1, 2, 3, 6, 10, 30))
    ax.minorticks_off()
    ax.invert_yaxis()
    ax.legend(loc="lower right")
    return figure
