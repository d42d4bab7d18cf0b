"""Both orders of every seed beside their controls: how far apart, over the distance of the same
orders of strangers."""

import jax
import numpy as np

from ..keys import named_key
from ..roles import role_similarity
from ..statistics import Interval, mean_interval, paired_effect
from .best_order import EVERY, ORDERS, STEPS
from .distances import CONTROLS, PAIRS, compare_orders, output_distances
from .orders import run_experiment
from .prune_at import Plan, finished
from .retraining import other_starts
from .rules import RULES

# The distances of `distances`, and how the report calls them: first on which points.
SPACES = {
    "map": "map: class",
    "data": "data: class",
    "probability": "data: probability",
    "kl": "data: KL (nats)",
    "kernel": "kernel",
    "moves": "displacements",
    "cka": "layers (CKA)",
}


def both_orders(key, settings, grid):
    """Both orders of one seed with all their controls.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings` with the criterion std.
      grid: points of the plane (points, inputs).

    Returns:
      (orders, starts): a dict criterion -> `compare_orders`; and `other_starts` of what std keeps.
    """
    e = run_experiment(key, settings)
    own, starts = (named_key(key, name) for name in ("controls", "starts"))
    orders = {name: compare_orders(own, e, name, settings, grid) for name in settings.criteria}
    return orders, other_starts(starts, e, "std", settings)


def log_ratio(numerators, denominators, floor=1e-4):
    """The logarithm of a ratio of distances, seed by seed; distances below `floor` count as
    `floor`."""
    return np.log(np.maximum(numerators, floor)) - np.log(np.maximum(denominators, floor))


def typical_ratio(numerators, denominators):
    """The ratio of two distances in a typical seed: the geometric mean of the seeds' own ratios.

    A ratio of means would be one of the few seeds whose training fails, which are far from
    everything.

    Args:
      numerators, denominators: (seeds,) finite distances, see `log_ratio`.

    Returns:
      An `Interval`.
    """
    return mean_ratio(log_ratio(numerators, denominators))


def mean_ratio(logs):
    """The geometric mean of ratios, given their logarithms (seeds,): an `Interval`."""
    found = mean_interval(logs)
    return Interval(*(float(np.exp(v)) for v in (found.mean, found.low, found.high)), found.seeds)


def commutators(orders):
    """Each pair's distance over that of its control, which has the same kind of networks, see
    `typical_ratio`: a dict space -> pair -> criterion -> `Interval`, for the pairs in `CONTROLS`.

    Args:
      orders: a dict criterion -> (pairs, scores) of `compare_orders` over seeds.
    """
    return {
        space: {
            pair: {
                name: typical_ratio(pairs[pair][space], pairs[control][space])
                for name, (pairs, _) in orders.items()
            }
            for pair, control in CONTROLS.items()
        }
        for space in SPACES
    }


def ratio_table(ratios):
    """Rows for a table of `commutators`: one for each space and pair."""
    return {
        f"{SPACES[space]}, {pair}": values
        for space, pairs in ratios.items()
        for pair, values in pairs.items()
    }


def distance_table(pairs):
    """The distances of one criterion, a row for each of `PAIRS`: values (seeds,)."""
    return {pair: {name: pairs[pair][space] for space, name in SPACES.items()} for pair in PAIRS}


def breakage(orders):
    """How much test accuracy each arm lost against the full network of its seed: a dict criterion
    -> dict arm -> `Interval`."""
    return {
        name: {
            arm: paired_effect(scores["full"][:, 0], scores[arm][:, 0])[0]
            for arm in ("train_prune", "fine_tune", "prune_train")
        }
        for name, (_, scores) in orders.items()
    }


def significant_share(orders, pair):
    """In what share of the seeds a pair's displacements correlate more than with the units
    permuted, by P12: a dict criterion -> number."""
    return {name: (pairs[pair]["p"] < RULES["P12"].p).mean() for name, (pairs, _) in orders.items()}


def kept_roles(orders):
    """`role_similarity` of the pairs `PAIRS`: a dict (criterion, pair) -> dict of (seeds,).

    Seeds in which no unit varies in both networks are left out.
    """
    roles = {}
    for name, (pairs, _) in orders.items():
        for pair in PAIRS:
            similar = role_similarity(pairs[pair]["roles"], RULES["P14"].alike)
            found = ~np.isnan(similar["same"])
            roles[name, pair] = {what: values[found] for what, values in similar.items()}
    return roles


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
            CONTROLS["orders"]: apart(way(own[count], 0), way(other[count], 0)),
        }
        for count in orders
    }


def apart_table(found):
    """Rows for a table: the distances over seeds, and their ratio in a typical seed; found: as from
    `apart_at_best`, over seeds. Most units first."""
    return {
        f"{count} units, {name}": {pair: table[space] for pair, table in found[count].items()}
        | {
            "commutator": typical_ratio(
                found[count]["orders"][space], found[count][CONTROLS["orders"]][space]
            )
        }
        for count in sorted(found, reverse=True)
        for space, name in SPACES.items()
        if space in found[count]["orders"]
    }
