"""The rules stand in one place, and a threshold that is none is an error."""

import pytest

from prune_utils.statistics import Interval
from prune_utils.studies.rules import RULES, settled


def test_every_claim_of_the_post_has_a_rule_with_thresholds():
    assert {f"P{number}" for number in range(1, 20)} <= set(RULES)
    assert {f"F{number}" for number in range(1, 6)} <= set(RULES)
    for rule in RULES.values():
        assert rule.says and rule.rule and rule.numbers


def test_a_threshold_reads_as_an_attribute():
    assert RULES["P5"].above == RULES["P5"].numbers["above"] == 0.95


def test_an_unknown_threshold_is_named():
    with pytest.raises(AttributeError, match="no threshold 'below', only above"):
        _ = RULES["P5"].below


def test_a_rule_is_settled_where_no_interval_straddles():
    below, above, across = (
        Interval(0.0, *ends, 9) for ends in ((-2.0, -1.0), (1.0, 2.0), (-1.0, 1.0))
    )
    assert settled([below, below]) is True
    assert settled([below, across]) is None
    assert settled([across, above, below]) is False
