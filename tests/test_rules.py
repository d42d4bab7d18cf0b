"""The rules stand in one place, a threshold that is none is an error, and each is read."""

import json
import re
from pathlib import Path

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


ROOT = Path(__file__).parents[1]


def codes():
    """The code of each module of the package but the rules' own, and of each notebook: texts."""
    modules = set((ROOT / "prune_utils").rglob("*.py")) - {ROOT / "prune_utils/studies/rules.py"}
    yield from (path.read_text() for path in modules)
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        yield "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


def is_read(claim, name, text):
    """Whether a text reads a threshold: as `RULES["P2"].right`, as `p2.right`, or, where it names
    the claim, as `RULES[number].right`."""
    own = rf"(RULES\[[\"']{claim}[\"']\]|\b{claim.lower()})\.{name}\b"
    return re.search(own, text) or (f'"{claim}"' in text and f"RULES[number].{name}" in text)


def test_every_threshold_is_read():
    texts = list(codes())
    thresholds = [(claim, name) for claim, rule in RULES.items() for name in rule.numbers]
    assert [key for key in thresholds if not any(is_read(*key, text) for text in texts)] == []


def test_only_the_claims_own_threshold_counts_as_read():
    assert is_read("P1", "change", 'RULES["P1"].change') and is_read("P1", "change", "< p1.change")
    assert not is_read("P1", "change", 'RULES["P15"].change + p15.change + p1.changes')
    assert is_read("P17", "often", 'for number in ("P17",): RULES[number].often')
    assert not is_read("P18", "often", 'for number in ("P17",): RULES[number].often')
