"""What is judged of the best ways of both orders."""

import numpy as np

from prune_utils.studies import best_order as bo
from prune_utils.studies.judged_orders import FAILED, differences, drawn_values, failure_table


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


def test_drawn_values_are_those_of_the_chosen_ways():
    line = [bo.Way(0.1, at, "std", "mean") for at in bo.TIMES]
    curves = {12: {"std, means folded": line}}
    lines = drawn_values(curves, lambda count, way: (count, way.at))
    assert lines[12]["std, means folded"] == [(12, at) for at in bo.TIMES]


def test_failures_are_counted_for_each_order_and_can_be_left_out():
    low, high = FAILED - 0.1, FAILED + 0.05
    noise = np.linspace(0, 0.01, 8)
    rows = failure_table({"prune first": np.array([low, *7 * [high]]), "train first": high + noise})
    failed = [rows[order]["failed"].mean for order in ("prune first", "train first")]
    assert failed == [1 / 8, 0] and rows["train first"]["failed"].high > 0.2  # 0 of 8 says little
    gaps = [rows[name]["test accuracy"].mean for name in list(rows)[2:]]
    np.testing.assert_allclose(gaps, [(0.15 + noise.sum()) / 8, noise[1:].mean()])
