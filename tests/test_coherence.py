"""Coherence over criteria, against single networks and plain NumPy."""

import jax
import numpy as np
import pytest
import scipy.stats
from conftest import SMALL

import prune_utils as pu
from prune_utils.drawing.removal import STATES, coherence_chart, joint_removal_chart
from prune_utils.studies.coherence import (
    PREDICTORS,
    against_chance,
    coherence_leads,
    criterion_table,
    dropped_together,
    prediction_table,
    predictions,
    rank_correlation,
)

RNG = np.random.default_rng(0)
CRITERIA = ("random", "std", "apoz")


def dose(gains=(0.0, -0.2, 0.1), seeds=12):
    """A `dropped_together` over seeds in which coherence tells the cost and sizes tell nothing."""
    pruned = 0.7 + np.array(gains)[None, :] + 0.01 * RNG.normal(size=(seeds, 3))
    return {
        "coherence": 2 - pruned,
        "share": np.ones((seeds, 3)),
        "joint": pruned,
        "pruned": pruned,
    }


def test_each_criterion_is_measured_on_what_it_drops(e):
    found = dropped_together(jax.random.key(3), SMALL)
    for index, name in enumerate(SMALL.criteria):
        if name == "random":  # of another random choice
            continue
        gone = np.asarray(pu.dropped(e.branches[name].keep, (6, 5))[0])
        h = np.asarray(e.acts[0], float)
        h -= h.mean(axis=0)
        kernel = np.asarray(e.full.params["Dense_1"]["kernel"], float)
        sizes = (h**2).sum(axis=0) * (kernel**2).sum(axis=1)
        delta = ((h[:, gone] @ kernel[gone]) ** 2).sum()
        np.testing.assert_allclose(found["joint"][index], delta / sizes.sum(), rtol=1e-3)
        np.testing.assert_allclose(
            found["share"][index], sizes[gone].sum() / sizes.sum(), rtol=1e-3
        )
    assert found["pruned"].shape == (len(SMALL.criteria),)


def test_rank_correlation_is_spearmans_row_by_row():
    a, b = RNG.integers(0, 4, size=(2, 5, 7))
    expected = [scipy.stats.spearmanr(x, y).statistic for x, y in zip(a, b)]
    np.testing.assert_allclose(rank_correlation(a, b), expected)
    assert rank_correlation(np.ones((1, 3)), a[:1, :3])[0] == 0


def test_what_tells_the_cost_correlates_with_it():
    table = predictions({0.001: dose(), 0.01: dose()}, CRITERIA)
    for ranks in table.values():
        assert [ranks[name]["all"].mean() for name in PREDICTORS] == pytest.approx([1, 0, -1])
    assert coherence_leads(table)
    rows = prediction_table(table)
    heads = ["learning rate 0.001", "learning rate 0.01", "all of them"]
    assert list(rows["all criteria: coherence"]) == heads
    name = "without random: coherence, less size of the joint contribution"
    assert rows[name]["all of them"].mean() == 2


def test_coherence_does_not_lead_by_random_pruning_alone():
    one = dose((0.0, -0.2, -0.2))
    one["coherence"] = np.tile([1.0, 2.0, 2.0], (12, 1))  # std and apoz cannot be told apart
    table = predictions({0.01: one}, CRITERIA)
    assert table["all criteria"]["coherence"]["all"].mean() > 0.8
    assert not coherence_leads(table)


def test_worse_than_chance_asks_for_a_real_difference():
    doses = {0.001: dose(), 0.01: dose((0.0, 0.0, -0.2))}
    chance = against_chance(doses, CRITERIA)
    assert chance == {"std": [-1, 0], "apoz": [1, -1]}
    rows = criterion_table(doses[0.001], CRITERIA, chance)
    assert "against chance" not in rows["random"]
    assert rows["std"]["against chance"] == "worse at 1, open at 1"
    assert rows["apoz"]["against chance"] == "worse at 1, open at 0"


def test_a_point_for_each_criterion_and_learning_rate():
    doses = {0.001: dose(), 0.01: dose()}
    table = predictions(doses, CRITERIA)["all criteria"]
    axes = coherence_chart(doses, CRITERIA, table).axes
    assert [len(ax.collections) for ax in axes] == [6, 6, 6]
    first = axes[0].collections[1].get_offsets()[0]
    cost = (doses[0.001]["pruned"][:, 0] - doses[0.001]["pruned"][:, 1]).mean()
    np.testing.assert_allclose(first, [doses[0.001]["coherence"][:, 1].mean(), cost])
    assert axes[0].get_title() == "rank correlation +1.00"


def test_the_chart_of_interventions_shows_the_mean_of_each_state():
    layer = {what: RNG.uniform(size=4) for what in (*STATES, "coherence", "whole")}
    axes = joint_removal_chart({name: {"layers": [layer]} for name in ("std", "random")}).axes
    np.testing.assert_allclose(
        axes[1].containers[0][0].get_ydata(orig=False), [layer[what].mean() for what in STATES]
    )
