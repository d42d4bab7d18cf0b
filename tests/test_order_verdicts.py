"""The verdicts on the order, from what was judged."""

import numpy as np
import pytest

import prune_utils.studies.best_order as bo
from prune_utils.statistics import Interval
from prune_utils.studies.order_verdicts import differences, verdicts


def test_differences_are_paired_and_have_the_right_sign():
    seeds = np.array([0.0, 0.1, 0.2])
    value = {way: 0.6 + 0.2 * (way.at == 0) + seeds for way in bo.CARELESSLY}
    best = {
        3: {"prune first": 0.7 + seeds, "in between": 0.75 + seeds, "train first": 0.6 + seeds}
        | {bo.LONGER: 0.65 + seeds}
    }
    gaps = differences(best, lambda count, way: value[way])[3]
    means = {name: round(gap.mean, 6) for name, gap in gaps.items()}
    assert means == {
        "at equal steps": -0.1,
        "at equal operations": -0.05,
        "carelessly pruned": -0.2,
        "in between": 0.05,
        "in between, against equal operations": 0.1,
    }


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
        for count in bo.COUNTS
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
    assert verdicts(gaps(**changed))["F6"]["holds"] is holds


def test_f6_says_where_it_stops():
    limits = verdicts(gaps())["F6"]["limits"]
    assert list(limits.values()) == [False, True]
    assert verdicts(gaps(operations=-0.02))["F6"]["limits"]["at equal steps"]
    assert not any(verdicts(gaps(few=0.0))["F6"]["limits"].values())


@pytest.mark.parametrize(
    ("between", "holds"), [(-0.005, True), (-0.0095, None), (-0.02, False), (0.02, True)]
)
def test_f8_fails_if_halfway_falls_behind_at_any_count(between, holds):
    assert verdicts(gaps(between=between))["F8"]["holds"] is holds
    assert any(verdicts(gaps(between=between))["F8"]["limits"].values()) is (between > 0)


def test_f8_says_if_more_training_after_pruning_first_changes_it():
    assert verdicts(gaps(rich=-0.02))["F8"]["limits"]["at equal steps"]
