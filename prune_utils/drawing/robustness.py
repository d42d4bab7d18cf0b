"""Each claim's share of settings in which it holds, and the variable that decides it."""

import matplotlib.pyplot as plt
import numpy as np

# The claims in a few words, to stand at an axis.
SHORT = {
    "P1": "constant units can go",
    "P2": "confidently right",
    "P3": "random pruning breaks",
    "P4": "fine-tuning repairs",
    "P5": "prune first works, orders differ",
    "P7": "a middle dash, untouched",
    "P9": "a band at Adam's answer",
    "P10": "std pruning is harmless",
    "P11": "orders look alike (std)",
    "P12": "kernels' moves correlate (std)",
    "P13": "dead units stay dead",
    "P14": "units keep their roles (std)",
    "P15": "units without variance can go",
    "P16": "the bound KX holds",
    "P17": "large but ignored units occur",
    "P18": "actively bad units occur",
    "P19": "small but amplified units occur",
    "F1": "least varying units say the same",
    "F3": "a quarter by least squares will do",
}


def robust_figure(rows):
    """The shares, highest first, and beside them how well one variable tells where a claim holds.

    Args:
      rows: a dict claim -> `Robustness`.

    Returns:
      The figure.
    """
    ordered = sorted(rows, key=lambda claim: -rows[claim].share.mean)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 4.6), sharey=True)
    for place, claim in enumerate(ordered):
        row = rows[claim]
        bounds = [[row.share.mean - row.share.low], [row.share.high - row.share.mean]]
        style = {"color": "black", "markersize": 5, "capsize": 2}
        filled = {True: "black", False: "white", None: "#999999"}[row.inferred]
        left.errorbar(row.share.mean, place, xerr=bounds, fmt="o", mfc=filled, **style)
        if row.right > row.majority:
            pale = 1 if row.decides else 0.35
            ends = {"color": "#0072B2", "linewidth": 3, "solid_capstyle": "butt", "alpha": pale}
            right.plot((row.majority, row.right), (place, place), **ends)
            right.text(1.02, place, row.words, va="center", fontsize=7, alpha=max(pale, 0.6))
        if row.by_death > row.majority:
            pale = 1 if row.death_decides else 0.35
            right.plot(row.by_death, place, "D", color="#D55E00", markersize=4, alpha=pale)
        right.plot(row.majority, place, "|", color="black", markersize=8)
    names = [f"{claim}  {SHORT[claim]}" for claim in ordered]
    left.set(yticks=np.arange(len(ordered)), yticklabels=names, xlim=(-0.02, 1.02))
    left.set(xlabel="share of settings in which it holds")
    left.invert_yaxis()
    for fill, words in (("black", "holds"), ("white", "does not hold")):
        label = f"{words} at the inferred setting"
        left.plot([], [], "o", color="black", mfc=fill, markersize=5, label=label)
    right.plot([], [], "|", color="black", markersize=8, label="always the more common answer")
    right.plot([], [], color="#0072B2", linewidth=3, label="by one variable of the setting")
    right.plot([], [], "D", color="#D55E00", markersize=4, label="by the share of dead units")
    right.set(
        xlim=(0.4, 1), xlabel="share of held-out settings told right;\nin words: where it holds"
    )
    for ax, columns in ((left, 1), (right, 1)):
        ax.grid(axis="y", linewidth=0.3)
        ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=columns)
    return figure
