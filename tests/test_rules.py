"""The rules stand in one place, and a threshold that is none is an error."""

import pytest

from prune_utils.studies.rules import RULES


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
