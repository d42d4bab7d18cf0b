"""The figures of notebook 07 show the numbers that they are given."""

import numpy as np

import prune_utils as pu
from prune_utils.drawing.commutators import (
    ROLE_ROWS,
    barrier_lines,
    commutator_forest,
    role_forest,
)
from prune_utils.drawing.phases import order_phases
from prune_utils.drawing.tuning import tuning_chart
from prune_utils.studies.commutators import SPACES

RNG = np.random.default_rng(0)
TABLE = {name: RNG.uniform(0.5, 1, (2, 3, 4)) for name in ("train_prune", "prune_train")}


def shown(ax):
    return np.asarray(ax.images[0].get_array())


def test_planes_show_how_far_one_order_is_ahead():
    other = {arm: TABLE[arm] - 0.1 for arm in ("prune_train", "train_prune")}
    swept = {"std": TABLE, "random": other | {"prune_train": TABLE["prune_train"]}}
    axes = order_phases(swept, (0.1, 0.3, 1), (0.9, 0.5), (1, 2)).axes
    ahead = (TABLE["train_prune"] - TABLE["prune_train"]).mean(-1)
    np.testing.assert_allclose(shown(axes[0]), ahead, atol=0.006)
    np.testing.assert_allclose(shown(axes[1]), ahead - 0.1, atol=0.006)
    assert [text.get_text() for text in axes[0].texts] == [
        f"{value:+.2f}" for value in np.round(ahead, 2).ravel() + 0.0
    ]


def test_forests_have_a_row_for_each_distance_and_role():
    intervals = {"std": pu.mean_interval([1, 2]), "random": pu.mean_interval([2, 3])}
    (ax,) = commutator_forest({space: {"orders": intervals} for space in SPACES}).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == list(SPACES.values())
    np.testing.assert_allclose(ax.containers[1][0].get_xdata(orig=False), 2.5)
    same = dict.fromkeys(ROLE_ROWS, np.array([0.1, 0.3]))
    (ax,) = role_forest({"0.1": same, "0.01": same}).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == list(ROLE_ROWS)
    np.testing.assert_allclose(ax.containers[0][0].get_xdata(orig=False), 0.2)


def test_barriers_show_the_mean_along_the_line():
    names = ("orders", "orders of strangers")
    lines = {
        (pair, how): {"accuracy": RNG.uniform(size=(4, 5))}
        for pair in names
        for how in ("plain", "matched")
    }
    ax = barrier_lines({"a": ("orders", lines), "b": ("orders", lines)}).axes[1]
    for line, values in zip(ax.get_lines(), lines.values(), strict=True):
        np.testing.assert_allclose(line.get_ydata(), values["accuracy"].mean(axis=0))


def test_gains_are_shown_case_by_case():
    gaps = {("std", 0.1): RNG.normal(size=4), ("random", 0.01): RNG.normal(size=4)}
    (ax,) = tuning_chart(gaps).axes
    shown_means = ax.containers[0][0].get_xdata(orig=False)
    np.testing.assert_allclose(shown_means, [values.mean() for values in gaps.values()])
