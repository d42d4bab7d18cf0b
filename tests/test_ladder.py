"""Pruning by many criteria at once is pruning by each."""

import numpy as np
import pytest

import prune_utils as pu
from prune_utils.models import model_of
from prune_utils.studies.ladder import pruned_scores

COUNTS, RUNGS = (4, 1), ("none", "mean", "least_squares")


@pytest.fixture(scope="module")
def scores(e):
    return {name: pu.unit_scores(name, e.full.params, e.acts) for name in ("std", "unexplained")}


def test_pruned_scores_prune_to_the_highest_scores(e, scores):
    result = pruned_scores(scores, e.full.params, e.acts, e.test, COUNTS, RUNGS)
    assert list(result) == list(RUNGS)
    for rung, table in result.items():
        assert table.shape == (2, 2, 2)
        for score, row in zip(scores.values(), table):
            for count, found in zip(COUNTS, row):
                small = pu.prune(
                    e.full.params, pu.keep_highest(score, (count, count)), e.acts, rung
                )
                expected = [f(model_of(small), small, e.test) for f in (pu.accuracy, pu.loss)]
                np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.04)
