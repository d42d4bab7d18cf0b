"""The verdicts on notebook 07's own findings turn where their rules say, and give their numbers."""

import numpy as np
import pytest

from prune_utils.publishing.claims import Claim
from prune_utils.statistics import Interval
from prune_utils.studies.best_order import COUNTS
from prune_utils.studies.own_verdicts import order_verdicts, past_verdict
from prune_utils.studies.stages import Scores

pytestmark = pytest.mark.usefixtures("two_seeds_suffice")


def near(mean, width=0.001):
    return Interval(mean, mean - width, mean + width, 10)


def gaps(level=0.0, operations=0.0, careless=-0.3, few=-0.1, between=0.0, rich=0.0):
    return {
        count: {
            "at equal steps": near(level if count >= 12 else few),
            "at equal operations": near(operations),
            "carelessly pruned": near(careless),
            "in between": near(between),
            "in between, against equal operations": near(rich),
        }
        for count in COUNTS
    }


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, True),
        ({"level": -0.02}, False),
        ({"level": 0.02}, False),
        ({"level": -0.0095}, None),
        ({"careless": -0.005}, False),
        ({"careless": -0.0105}, None),
    ],
)
def test_f6_holds_only_if_careless_pruning_loses_and_the_best_is_level(changed, holds):
    assert order_verdicts(gaps(**changed))["F6"]["holds"] is holds


def test_f6_says_where_it_stops():
    limits = order_verdicts(gaps())["F6"]["limits"]
    assert list(limits.values()) == [False, True]
    assert order_verdicts(gaps(operations=-0.02))["F6"]["limits"]["at equal steps"]
    assert not any(order_verdicts(gaps(few=0.0))["F6"]["limits"].values())


@pytest.mark.parametrize(
    ("between", "holds"), [(-0.005, True), (-0.0095, None), (-0.02, False), (0.02, True)]
)
def test_f8_fails_if_halfway_falls_behind_at_any_count(between, holds):
    assert order_verdicts(gaps(between=between))["F8"]["holds"] is holds
    assert any(order_verdicts(gaps(between=between))["F8"]["limits"].values()) is (between > 0)


def test_f8_says_if_more_training_after_pruning_first_changes_it():
    assert order_verdicts(gaps(rich=-0.02))["F8"]["limits"]["at equal steps"]


def test_the_words_name_every_count_and_the_numbers_that_decide():
    judged = order_verdicts(gaps(level=-0.002, careless=-0.3, few=-0.1, between=0.01))
    level, between = (Claim(**judged[n], figure="") for n in ("F6", "F8"))
    assert level.measured.count(" units ") == level.control.count(" units ") == len(COUNTS)
    assert "; 12 units -0.0020 [-0.0030, -0.0010]; " in level.measured
    assert level.headline == "-0.002 of test accuracy, 12 of 100 units kept"
    assert level.against == "carelessly pruned, at learning rate 0.1: -0.30"
    assert "; 3 units +0.0100 [" in between.measured
    assert between.headline == "+0.010 of test accuracy, 3 of 100 units kept"
    assert between.control.startswith("train first less prune first with 3 units -0.100 [")


def past(*worst):
    """The F2 of one case that gains nothing, and one that gains this in two seeds."""
    ahead = {("std", 0.1): np.array([-0.02, -0.01]), ("random", 0.01): np.array(worst)}
    anew = np.array([[0.9], [0.95]])
    budgets = ("equal operations", "equal steps")
    gaps = dict.fromkeys(budgets, ahead)
    return past_verdict(gaps, dict.fromkeys(budgets, Scores(anew, anew, anew)))["F2"]


@pytest.mark.parametrize(
    ("worst", "holds"),
    [((-0.2, -0.1), True), ((0.0, 0.004), True), ((0.0, 0.01), None), ((0.02, 0.03), False)],
)
def test_a_past_is_open_where_an_interval_straddles(worst, holds):
    assert past(*worst)["holds"] is holds


def test_a_past_is_given_for_every_case():
    claim = Claim(**past(0.0, 0.004), figure="")
    assert "std half, trained at 0.1, -0.0150 [" in claim.measured
    assert "random half, trained at 0.01, +0.0020 [" in claim.measured
    assert claim.headline == "at best +0.0020 of test accuracy"
    assert claim.against == "from scratch: 0.925"
