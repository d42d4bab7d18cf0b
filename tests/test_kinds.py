"""Shares of kinds of units, counted by hand."""

import numpy as np
import pytest

from prune_utils.studies.kinds import alike, kind_evidence, kind_shares
from prune_utils.studies.rules import settled

pytestmark = pytest.mark.usefixtures("two_seeds_suffice")


def test_shares_are_counted_in_each_network():
    kinds = np.array([[[0, 0], [1, 2]], [[2, 2], [2, 1]]])
    shares = kind_shares(kinds)
    assert list(shares) == ["dead", "redundant", "needed"]
    np.testing.assert_array_equal(shares["dead"], [0.5, 0])
    np.testing.assert_array_equal(shares["redundant"], [0.25, 0.25])
    np.testing.assert_array_equal(shares["needed"], [0.25, 0.75])


def test_needed_numbers_are_alike_if_they_differ_by_less_than_half():
    def shares(needed):
        return {"dead": np.array([0.5, 0.7]), "needed": np.array(needed)}

    evidence = kind_evidence({0.1: shares([0.1, 0.3]), 0.01: shares([0.25, 0.25])}, 100)
    assert (evidence.needed[0.1].mean, evidence.needed[0.01].mean) == (20, 25)
    np.testing.assert_allclose(evidence.dead[0.1].mean, 0.6)
    near, far = [0.25, 0.25], [0.4, 0.5]
    assert held(kind_evidence({0.1: shares([0.2, 0.2]), 0.01: shares(near)}, 100))[1]
    assert held(kind_evidence({0.1: shares([0.2, 0.2]), 0.01: shares(far)}, 100))[1] is False
    assert held(evidence)[1] is None  # 10 and 30, against 25 twice


def held(evidence):
    return [settled(part) for part in evidence.rules.values()]


def test_numbers_are_alike_on_the_seeds_that_both_have():
    assert settled(alike([np.array([10, 10, 99]), np.array([12, 12])]))
    assert settled(alike([np.array([10, 10]), np.array([16, 16])])) is False


def test_the_dead_are_parted_if_there_are_many_at_the_largest_rate_alone():
    def evidence(large, small):
        shares = {0.1: large, 0.01: small}
        needed = np.array([0.1, 0.1])
        tables = {r: {"dead": np.array(d), "needed": needed} for r, d in shares.items()}
        return held(kind_evidence(tables, 100))[0]

    assert evidence([0.5, 0.6], [0.1, 0.1])
    assert evidence([0.5, 0.3], [0.1, 0.1]) is None
    assert evidence([0.5, 0.6], [0.3, 0.3]) is False
