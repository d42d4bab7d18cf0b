"""Is there a barrier between two networks? The loss along the straight line from one to the other,
plain and with the units matched.

Linear mode connectivity: Frankle et al. 2020. With matched units: Ainsworth et al. 2023 (Git
Re-Basin), of whose ways to match this is the one by activations; by their correlation, as in Jordan
et al. 2023.
"""

import jax
import jax.numpy as jnp
import numpy as np

from ..chain_pruning import slice_units
from ..models import model_of
from ..roles import best_match
from ..training import accuracy, loss
from .distances import CONTROLS, PAIRS

POINTS = 11  # of the line, both ends included
LINES = (*CONTROLS, *CONTROLS.values())


def along_lines(origins):
    """Loss and accuracy on fresh data along the line between the networks of each pair.

    Args:
      origins: `both_origins` over seeds.

    Returns:
      A dict (pair, "plain" or "matched") -> dict of "loss" and "accuracy", (seeds, POINTS).
      Matched: the second network's units stand in the order in which their roles fit the first's
      best, `best_match` layer by layer; it computes the same as before.
    """
    lines = {}
    for pair in LINES:
        first, second = (origins["networks"][name] for name in PAIRS[pair])
        order = tuple(map(best_match, origins["matches"][" and ".join(PAIRS[pair])]))
        for how, end in (("plain", second), ("matched", _reordered(second, order))):
            lines[pair, how] = jax.device_get(_along(first, end, origins["test"]))
    return lines


_reordered = jax.jit(jax.vmap(slice_units))


@jax.jit
def _along(first, second, test):
    def one(networks):
        start, end, data = networks

        def at(share):
            params = jax.tree.map(lambda a, b: (1 - share) * a + share * b, start, end)
            model = model_of(params)
            return {"loss": loss(model, params, data), "accuracy": accuracy(model, params, data)}

        return jax.lax.map(at, jnp.linspace(0, 1, POINTS))

    return jax.lax.map(one, (first, second, test))


def barrier(values):
    """How far a line rises above the straight line between its ends: the largest difference, at
    least 0.

    Args:
      values: losses, or minus accuracies, (seeds, points), the points evenly spaced.

    Returns:
      (seeds,).
    """
    share = np.linspace(0, 1, values.shape[1])
    straight = values[:, :1] * (1 - share) + values[:, -1:] * share
    return np.maximum((values - straight).max(axis=1), 0)


def barrier_table(lines):
    """The rows of a table: barriers in accuracy and in loss (nats), plain and matched (seeds,), of
    each pair, of its control, and the first less the second, seed by seed."""
    rows = {
        pair: {
            f"{what}, {how}": barrier(sign * lines[pair, how][what])
            for what, sign in (("accuracy", -1), ("loss", 1))
            for how in ("plain", "matched")
        }
        for pair in LINES
    }
    table = {}
    for pair, control in CONTROLS.items():
        table |= {pair: rows[pair], control: rows[control]}
        table[f"{pair}, less control"] = {
            what: values - rows[control][what] for what, values in rows[pair].items()
        }
    return table
