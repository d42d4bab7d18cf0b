"""The two orders, each at its best: are they the same network?"""

import jax

from ..keys import named_key
from .best_order import EVERY, ORDERS, STEPS
from .commutators import SPACES, typical_ratio
from .distances import output_distances
from .prune_at import Plan, finished


def apart_at_best(key, settings, orders, fresh, grid):
    """One seed: how far both orders are apart, each in its best way, beside orders of strangers.

    The stranger is pruned first, from an unrelated initialisation, on the same data.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings`, as for `prune_at`.
      orders: a dict count -> dict order -> `Way`, as from `best_order.choose`.
      fresh: the task of the fresh points on which the networks are compared.
      grid: points of the plane (points, inputs).

    Returns:
      A dict count -> dict "orders", "orders of strangers" -> `output_distances`.
    """
    first, _, last = ORDERS
    both = {count: (best[last], best[first]) for count, best in orders.items()}
    alone = {count: (best[first],) for count, best in orders.items()}
    _, own = finished(key, settings, Plan(STEPS, EVERY, both, {}))
    _, other = finished(key, settings, Plan(STEPS, EVERY, alone, {}), stranger=True)
    _, points = fresh(*jax.random.split(named_key(key, "fresh points")))

    def apart(one, another):
        return output_distances(one, another, points, grid)

    def way(networks, index):
        return jax.tree.map(lambda leaf: leaf[index], networks)

    return {
        count: {
            "orders": apart(way(own[count], 0), way(own[count], 1)),
            "orders of strangers": apart(way(own[count], 0), way(other[count], 0)),
        }
        for count in orders
    }


def apart_table(found):
    """Rows for a table: the distances over seeds, and their ratio in a typical seed; found: as from
    `apart_at_best`, over seeds."""
    return {
        f"{count} units, {SPACES[space]}": {name: table[space] for name, table in pairs.items()}
        | {"commutator": typical_ratio(*(table[space] for table in pairs.values()))}
        for count, pairs in found.items()
        for space in pairs["orders"]
    }
