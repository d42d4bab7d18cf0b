"""One look and one colour an arm in the whole report."""

from pathlib import Path

import matplotlib.pyplot as plt

# Okabe and Ito's palette; one colour an arm in the whole report.
ARM_COLOURS = {
    "full": "#000000",
    "train_prune": "#D55E00",
    "fine_tune": "#009E73",
    "prune_train": "#0072B2",
    "stranger": "#999999",
}
CRITERION_COLOURS = {
    "random": "#CC79A7",
    "std": ARM_COLOURS["train_prune"],
    "contribution": "#E69F00",
    "unexplained": "#0072B2",
}
TOUCHED_STYLES = (
    ("#D55E00", "o", 16),
    ("#E69F00", "^", 6),
    ("#56B4E9", "v", 6),
    ("#444444", ".", 3),
)


def use_style():
    """The report's look, for every figure made from now on."""
    plt.style.use(Path(__file__).with_name("report.mplstyle"))
