"""How much can go: pruning by several criteria, counts and compensations."""

import jax
import jax.numpy as jnp

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
