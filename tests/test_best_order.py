"""Choosing the best way of each order, and the verdicts that follow from what was judged."""

import numpy as np
import pytest

from prune_utils.studies import best_order as bo
from prune_utils.studies.prune_at import STOPPED, Way
from prune_utils.studies.stages import Scores


@pytest.fixture(scope="module")
def plan():
    return bo.choosing_plan()


def scores(ways, high, seeds=3):
    """Accuracies of 0.5, and of 1 for the way `high`, in validation; the reverse in tests."""
    validation = np.full((seeds, len(ways)), 0.5)
    validation[:, ways.index(high)] = 1
    return Scores(1.5 - validation, 1.5 - validation, validation)


def test_every_time_belongs_to_one_order():
    assert bo.order_of(Way(0.1, 0, "std", "none")) == "prune first"
    assert bo.order_of(Way(0.1, 500, "std", "none")) == "in between"
    assert {bo.order_of(Way(0.1, at, "std", "none")) for at in (bo.STEPS, STOPPED)} == {
        "train first"
    }


def test_both_orders_choose_among_the_same_kinds_and_rates(plan):
    for count in set(bo.COUNTS) - set(bo.ROUGHLY):
        first, last = (
            {
                (way.rate, way.criterion, way.compensation)
                for way in plan.ways[count]
                if way.at == at
            }
            for at in (0, bo.STEPS)
        )
        assert first == last and len(first) == len(bo.KINDS) * len(bo.RATES)


def test_the_choice_goes_by_validation_alone(plan):
    wanted = Way(0.01, 0, "unexplained", "none")
    found = {count: scores(plan.ways[count], plan.ways[count][0]) for count in bo.COUNTS}
    found[12] = scores(plan.ways[12], wanted)
    orders, curves, untrained = bo.choose(plan, found)
    assert orders[12]["prune first"] == wanted and untrained[12]["unexplained"] == wanted
    assert [way.at for way in curves[12]["std, means folded"]] == list(bo.TIMES)


def test_what_is_judged_holds_all_that_was_chosen(plan):
    found = {count: scores(plan.ways[count], plan.ways[count][0]) for count in bo.COUNTS}
    orders, curves, untrained = chosen = bo.choose(plan, found)
    judged = bo.judging_plan(chosen)
    for count in bo.COUNTS:
        assert {*orders[count].values(), *bo.CARELESSLY} <= set(judged.ways[count])
        assert judged.longer[count] == (orders[count]["prune first"],)
    assert set(curves[12]["std, means folded"]) <= set(judged.ways[12])
    assert set(untrained[6].values()) <= set(judged.ways[6])


def test_one_count_is_judged_alone():
    first, between, last = (Way(0.01, at, "std", "mean") for at in (0, 500, bo.STEPS))
    orders = {12: dict(zip(bo.ORDERS, (first, between, last), strict=True))}
    row, every = bo.row_plan(orders, 12), bo.judging_plan((orders, {}, {}))
    assert (row.ways, row.longer) == (every.ways, every.longer)
    assert row.ways == {12: (first, between, last, *bo.CARELESSLY)}
