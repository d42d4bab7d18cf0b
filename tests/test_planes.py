"""The figures of notebook 07 show the numbers that they are given."""

import numpy as np

import prune_utils as pu
from prune_utils.drawing.commutators import (
    ROLE_ROWS,
    barrier_lines,
    commutator_forest,
    role_forest,
)
from prune_utils.drawing.phases import criterion_phases, optimizer_phases, order_phases, rate_ticks
from prune_utils.drawing.tuning import tuning_curves
from prune_utils.studies.commutators import SPACES
from prune_utils.studies.tuning import Plan

RNG = np.random.default_rng(0)
TABLE = {
    name: RNG.uniform(0.5, 1, (2, 3, 4))
    for name in ("train_prune", "prune_train", "orders", "orders of strangers")
}


def shown(ax):
    return np.asarray(ax.images[0].get_array())


def test_planes_show_means_and_commutators():
    logs = np.log(TABLE["orders"]) - np.log(TABLE["orders of strangers"])
    commutator = np.exp(logs.mean(-1))
    ticks = rate_ticks((0.1, 0.3, 1), RNG.uniform(size=(3, 4)))
    shares = (0.9, 0.5)
    axes = order_phases({"std": TABLE, "random": TABLE}, ticks, shares, (1, 2)).axes
    np.testing.assert_allclose(shown(axes[1]), TABLE["prune_train"].mean(-1))
    np.testing.assert_allclose(shown(axes[5]), commutator)
    axes = criterion_phases(TABLE, ticks, ("random", "std"), np.array([[True, False, True]])).axes
    np.testing.assert_allclose(shown(axes[0]), TABLE["train_prune"].mean(-1))
    styles = [text.get_style() for text in axes[0].texts]
    assert styles == ["normal"] * 4 + ["italic", "normal"]
    whole = {"full": np.ones((3, 4)), "dead": np.zeros((3, 4))}
    axes = optimizer_phases(dict.fromkeys("abc", ((0.1, 0.3, 1), whole, TABLE)), shares).axes
    np.testing.assert_allclose(shown(axes[0]), 1 - TABLE["train_prune"].mean(-1), atol=0.006)
    np.testing.assert_allclose(shown(axes[3]), commutator)


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


def test_curves_show_the_mean_of_each_step():
    tuned, scratch = RNG.uniform(size=(4, 3, 3)), RNG.uniform(size=(4, 2, 4))
    plan = Plan((1, 2), (0.1, 0.2, 0.3), (1, 2, 3, 4), (0.01, 0.1))
    curves = {"random": (tuned, scratch), "std": (tuned, scratch)}
    axes = tuning_curves(curves, {"random": 0.1, "std": 0.01}, plan).axes
    np.testing.assert_allclose(
        axes[0].containers[0][0].get_ydata(orig=False), tuned[:, 0, 1:].mean(axis=0)
    )
