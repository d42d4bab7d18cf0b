"""Why the displacements of both orders correlate: by the gradients that a weight saw, and by the
steps in which it moved."""

import numpy as np

from ..statistics import ratio_interval

# Parts of the weights, by the smaller number of non-zero gradients in the two trainings: up to.
PARTS = {"at most 10": (0, 10), "11 to 500": (11, 500), "more than 500": (501, np.inf)}
# With what train_prune is compared.
SECONDS = {"orders": "prune_train", "orders of strangers": "stranger's prune_train"}


def split_by_gradients(kernels, least=30):
    """Correlation of the displacements of two networks, for weights that saw few and many
    gradients, and of the displacements in the first steps and after them.

    Args:
      kernels: of `both_origins`, over seeds.
      least: weights that a part must have in a seed to count there.

    Returns:
      A dict pair -> dict part -> dict of "share" of the weights (seeds,), and "all steps", "first
      steps" and "later steps", the correlations (seeds with a number,); see also
      `covariance_shares`.
    """
    return {
        pair: _parts(kernels["train_prune"], kernels[name], least) for pair, name in SECONDS.items()
    }


def part_table(parts):
    """Rows for a table of `split_by_gradients`, without numbers that fewer than two seeds have."""
    return {
        f"{part}, {pair}": {what: v for what, v in row.items() if len(v) > 1}
        for pair, table in parts.items()
        for part, row in table.items()
    }


def covariance_shares(kernels):
    """Where the covariance of the two orders' displacements comes from: the shares of the first
    steps in both orders, of the later steps in both, and of the first in one and the later in the
    other; a dict of `Interval`s that add up to one."""
    first, second = kernels["train_prune"], kernels["prune_train"]
    early = [_flat(n["early"]) for n in (first, second)]
    later = [_flat(n["move"] - n["early"]) for n in (first, second)]
    parts = {
        "first steps": (early[0] * early[1]).sum(axis=1),
        "later steps": (later[0] * later[1]).sum(axis=1),
        "first and later": (early[0] * later[1] + later[0] * early[1]).sum(axis=1),
    }
    whole = sum(parts.values())
    return {name: ratio_interval(part, whole) for name, part in parts.items()}


def _flat(kernels):
    flat = kernels.reshape(len(kernels), -1).astype(np.float64)
    return flat - flat.mean(axis=1, keepdims=True)


def _parts(first, second, least):
    seen = np.minimum(first["count"], second["count"])
    masks = {"all weights": seen >= 0}
    masks |= {name: (seen >= low) & (seen <= high) for name, (low, high) in PARTS.items()}
    moves = {
        "all steps": [n["move"] for n in (first, second)],
        "first steps": [n["early"] for n in (first, second)],
        "later steps": [n["move"] - n["early"] for n in (first, second)],
    }
    return {
        part: {"share": mask.mean(axis=(1, 2))}
        | {what: _correlations(*pair, mask, least) for what, pair in moves.items()}
        for part, mask in masks.items()
    }


def _correlations(first, second, masks, least):
    found = [
        np.corrcoef(a[mask], b[mask])[0, 1]
        for a, b, mask in zip(first, second, masks, strict=True)
        if mask.sum() >= least and np.ptp(a[mask]) > 0 < np.ptp(b[mask])
    ]
    return np.array(found)
