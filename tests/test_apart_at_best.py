"""How far the two orders are apart, each in its best way."""

from functools import partial

import jax
import numpy as np
import pytest

import prune_utils as pu
from prune_utils.keys import named_key
from prune_utils.studies.best_order import EVERY, ORDERS, STEPS
from prune_utils.studies.commutators import apart_at_best, apart_table
from prune_utils.studies.distances import output_distances
from prune_utils.studies.prune_at import Plan, Way, finished
from prune_utils.tasks import Spirals, plane

KEYS = jax.random.split(jax.random.key(0), 2)
SETTINGS = pu.Settings(task=Spirals(points_per_arm=10, test_points_per_arm=10), features=(6, 5, 2))
GRID, FRESH = plane(8, 1.0), Spirals(points_per_arm=2, test_points_per_arm=30)
EARLY, LATE = (Way(0.01, at, "std", "none") for at in (0, STEPS))


def apart(first, last):
    orders = {3: {ORDERS[0]: first, ORDERS[2]: last}}
    run = partial(apart_at_best, orders=orders, fresh=FRESH, grid=GRID)
    return pu.run_ensemble(run, KEYS, SETTINGS)


@pytest.fixture(scope="module")
def both():
    return apart(EARLY, LATE)


def test_the_same_way_is_not_apart():
    for distance in apart(EARLY, EARLY)[3]["orders"].values():
        np.testing.assert_allclose(distance, 0, atol=1e-6)


def test_the_stranger_is_pruned_first_and_compared_with_what_is_trained_first(both):
    found = both[3]["orders of strangers"]
    plan = Plan(STEPS, EVERY, {3: (EARLY, LATE)}, {})
    ends = [
        jax.jit(partial(finished, plan=plan, stranger=own))(KEYS[0], SETTINGS)[1][3]
        for own in (False, True)
    ]
    _, points = FRESH(*jax.random.split(named_key(KEYS[0], "fresh points")))
    late, early = (jax.tree.map(lambda leaf: leaf[1 - i], end) for i, end in enumerate(ends))
    expected = output_distances(late, early, points, GRID)
    assert expected["probability"] > 0
    np.testing.assert_allclose(found["probability"][0], expected["probability"], rtol=1e-3)


def test_the_table_has_a_ratio_for_every_distance(both):
    rows = apart_table(both)
    assert len(rows) == 4
    for row in rows.values():
        assert row["commutator"].low <= row["commutator"].mean <= row["commutator"].high
