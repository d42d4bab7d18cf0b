"""How far the two orders are apart, each in its best way."""

from functools import partial

import jax
import numpy as np

import prune_utils as pu
from prune_utils.studies.best_order import ORDERS, STEPS
from prune_utils.studies.commutators import apart_at_best, apart_table
from prune_utils.studies.prune_at import Way
from prune_utils.tasks import Spirals, plane

SETTINGS = pu.Settings(task=Spirals(points_per_arm=10, test_points_per_arm=10), features=(6, 5, 2))
GRID, FRESH = plane(8, 1.0), Spirals(points_per_arm=2, test_points_per_arm=30)
EARLY, LATE = (Way(0.01, at, "std", "none") for at in (0, STEPS))


def apart(**orders):
    named = {3: {ORDERS[0]: orders["first"], ORDERS[2]: orders["last"]}}
    run = partial(apart_at_best, orders=named, fresh=FRESH, grid=GRID)
    return pu.run_ensemble(run, jax.random.split(jax.random.key(0), 2), SETTINGS)


def test_the_same_way_is_not_apart_but_a_stranger_is():
    found = apart(first=EARLY, last=EARLY)[3]
    for distance in found["orders"].values():
        np.testing.assert_allclose(distance, 0, atol=1e-6)
    assert (found["orders of strangers"]["probability"] > 0).all()


def test_the_table_has_a_ratio_for_every_distance():
    rows = apart_table(apart(first=EARLY, last=LATE))
    assert len(rows) == 4
    for row in rows.values():
        assert row["commutator"].low <= row["commutator"].mean <= row["commutator"].high
