"""The figures of notebook 07 show the numbers that they are given."""

import numpy as np

import prune_utils as pu
from prune_utils.drawing.commutators import commutator_forests, role_forest
from prune_utils.drawing.phases import order_phases
from prune_utils.drawing.removal import STATES, joint_removal_chart
from prune_utils.drawing.tuning import tuning_chart
from prune_utils.studies.commutators import ROLE_PAIRS, SPACES

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


def test_forests_have_a_row_for_each_pair():
    intervals = {"std": pu.mean_interval([1, 2]), "random": pu.mean_interval([2, 3])}
    ratios = {space: dict.fromkeys(ROLE_PAIRS, intervals) for space in SPACES}
    axes = commutator_forests(ratios).axes
    assert [ax.get_title() for ax in axes] == list(SPACES.values())
    same = {"same": np.array([0.1, 0.3]), "matched": np.array([0.5, 0.7])}
    (ax,) = role_forest({("std", pair): same for pair in ROLE_PAIRS}, "std").axes
    assert [label.get_text() for label in ax.get_yticklabels()] == list(ROLE_PAIRS)
    np.testing.assert_allclose(ax.containers[0][0].get_xdata(orig=False), 0.2)


def test_charts_show_the_mean_of_each_state_and_case():
    layer = {what: RNG.uniform(size=4) for what in (*STATES, "coherence", "whole")}
    costs = {"single": RNG.uniform(size=4), "joint": RNG.uniform(size=4)}
    found = {**costs, "layers": [layer]}
    axes = joint_removal_chart({"std": found, "random": found}).axes
    np.testing.assert_allclose(
        axes[2].containers[0][0].get_ydata(orig=False), [layer[what].mean() for what in STATES]
    )
    gaps = {("std", 0.1): RNG.normal(size=4), ("random", 0.01): RNG.normal(size=4)}
    (ax,) = tuning_chart(gaps, 0.005).axes
    shown_means = ax.containers[0][0].get_xdata(orig=False)
    np.testing.assert_allclose(shown_means, [values.mean() for values in gaps.values()])
