"""Training instead of pruning: from which weights, and what a step costs."""

import jax
import jax.numpy as jnp

from ..chain import chain
from ..keys import named_key
from ..models import init_params
from ..training import accuracy, train


def step_cost(params):
    """Multiplications and additions of one training step, per point: forward, and backward to
    weights and activations.

    Counts the matrix products; biases, activations and the optimizer are small beside them.
    """
    sizes = [params[name]["kernel"].size for name in chain(params)]
    return 2 * (3 * sum(sizes) - sizes[0])  # the inputs need no gradient


def other_starts(key, experiment, criterion, settings):
    """Test accuracy of the pruned network's widths trained from other weights than the kept units'.

    Args:
      key: a `jax.random.key`, for the random starts.
      experiment: an `Experiment` with this criterion.
      criterion: whose units are kept.
      settings: the experiment's `Settings`.

    Returns:
      A dict of scalars. "shuffled": the entries of each kernel of the kept units, shuffled;
      "fresh": an initialisation of the small network, which draws from a wider range than one of
      the full network.
    """
    model, start = settings.small_model, experiment.branches[criterion].init
    shuffle_key, fresh_key = jax.random.split(key)
    shuffled = {
        name: {
            **start[name],
            "kernel": _shuffle(named_key(shuffle_key, name), start[name]["kernel"]),
        }
        for name in chain(start)
    }
    starts = {"shuffled": shuffled, "fresh": init_params(model, fresh_key, experiment.data.x)}

    def score(start):
        return accuracy(
            model, train(model, start, experiment.data, settings.train).params, experiment.test
        )

    scores = jax.lax.map(score, jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts.values()))
    return dict(zip(starts, scores))


def _shuffle(key, kernel):
    return jax.random.permutation(key, kernel.ravel()).reshape(kernel.shape)
