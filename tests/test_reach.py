"""How far one can prune, against counting by hand."""

import numpy as np
import pytest

from prune_utils.studies.reach import must_stay, reach, reach_evidence, reaches
from prune_utils.studies.rules import settled

pytestmark = pytest.mark.usefixtures("two_seeds_suffice")

COUNTS = (8, 4, 2)
FULL = np.array([0.9, 0.9, 0.9, 0.9])
ACCURACY = np.array(
    [
        [0.9, 0.895, 0.95],  # all are enough
        [0.9, 0.8, 0.9],  # a smaller count that does well again does not help
        [0.889, 0.9, 0.9],  # none is enough
        [0.891, 0.891, 0.5],
    ]
)


def test_reach_stops_at_the_first_count_that_is_worse():
    np.testing.assert_array_equal(reach(ACCURACY, FULL, COUNTS, 10), [2, 8, 10, 4])


def test_all_must_stay_where_nothing_is_enough():
    enough = np.array([[True, True, False], [False, True, True]])
    np.testing.assert_array_equal(must_stay(enough, COUNTS, 10), [4, 10])


def test_reaches_takes_each_criterion_from_its_place():
    rungs = {"mean": np.stack([ACCURACY, ACCURACY[::-1]], axis=1)}
    found = reaches(rungs, FULL, COUNTS, 10, ("first", "second"))
    np.testing.assert_array_equal(found["mean"]["first"], [2, 8, 10, 4])
    np.testing.assert_array_equal(found["mean"]["second"], [4, 10, 8, 2])


def test_evidence_compares_the_best_with_the_posts_pruning():
    def table(best, folded):
        return {
            "mean": {"std": np.array(folded), "unexplained": np.array([0, 0])},
            "least_squares": {"std": np.array([30, 50]), "unexplained": np.array(best)},
        }

    evidence = reach_evidence({0.1: table([10, 12], [60, 80]), 0.01: table([5, 7], [40, 40])})
    assert settled(evidence.beyond.values())
    assert evidence.beyond[0.1].mean == 11 - 35
    assert (evidence.best[0.1].mean, evidence.folded[0.1].mean) == (11, 70)
    assert evidence.squares[0.01].mean == 40
    assert (evidence.enough[0.1].mean, evidence.enough[0.01].mean) == (0.5, 1)
    # 22 is less than half of 45 on average, but not for sure
    assert settled(reach_evidence({0.1: table([10, 34], [40, 50])}).beyond.values()) is None
    assert settled(reach_evidence({0.1: table([30, 34], [40, 50])}).beyond.values()) is False
