"""How much can go: pruning by several criteria, counts and compensations."""

import jax
import jax.numpy as jnp

from .._checks import require
from ..chain_pruning import prune
from ..criteria import keep_highest
from ..models import model_of
from ..training import accuracy, loss


def pruned_scores(scores, params, acts, data, counts, compensations):
    """Accuracy and loss of pruning to the highest scores, without further training.

    Args:
      scores: a dict criterion -> scores, as from `unit_scores`.
      params, acts: the network and its hidden activations on its training data.
      data: where to measure, a `Dataset`.
      counts: numbers of units, each kept in every hidden layer.
      compensations: names as for `prune`.

    Returns:
      A dict compensation -> (criteria, counts, 2).
    """

    def measured(pruned):
        return jnp.stack([f(model_of(pruned), pruned, data) for f in (accuracy, loss)])

    def at(count, compensation):
        keeps = [keep_highest(score, (count,) * len(acts)) for score in scores.values()]
        stacked = jax.tree.map(lambda *units: jnp.stack(units), *keeps)
        # Compiled once for all criteria.
        return jax.lax.map(lambda keep: measured(prune(params, keep, acts, compensation)), stacked)

    return {
        name: jnp.stack([at(count, name) for count in counts], axis=1) for name in compensations
    }


def from_few_points(key, params, acts, keep, test, points, ridges):
    """Test accuracy of "least_squares" if it sees a few of the data points, and with other ridges:
    (points, ridges).

    Args:
      key: a `jax.random.key`, for the choice of the points.
      params, acts, keep: as for `prune`.
      test: where to measure, a `Dataset`.
      points: numbers of data points.
      ridges: see `prune`.
    """
    require(
        max(points) <= len(acts[0]),
        "points",
        f"at most the {len(acts[0])} of the data, got {points}",
    )
    order = jax.random.permutation(key, len(acts[0]))

    def right(number, ridge):
        seen = tuple(layer[order[:number]] for layer in acts)
        pruned = prune(params, keep, seen, "least_squares", ridge=ridge)
        return accuracy(model_of(pruned), pruned, test)

    return jnp.stack([jnp.stack([right(number, ridge) for ridge in ridges]) for number in points])
