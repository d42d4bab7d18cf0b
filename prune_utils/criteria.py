"""Which units to keep: scores, and the choice of the highest."""

import jax
import jax.numpy as jnp
import numpy as np

from ._checks import concrete, require, require_finite, require_indices
from .models import chain, require_activations
from .redundancy import eliminate

CRITERIA = ("random", "std", "contribution", "incoming", "apoz", "taylor", "unexplained")


def unit_scores(criterion, params, acts, key=None, *, gradients=None):
    """A score for every hidden unit; the higher, the more worth keeping.

    With a (n,) a unit's activation at the n data points:

    - "random": uniform noise from `key`; the control.
    - "std": the standard deviation of a over the data (the post).
    - "contribution": std times the norm of the unit's outgoing kernel row: the spread it sends on.
    - "incoming": the norm of its incoming kernel column, data-free (Li et al. 2017, there for filters and in L1).
    - "apoz": the fraction of points where a > 0; one minus the average percentage of zeros of Hu et al. 2016.
    - "unexplained": how late the unit goes if a layer's units are removed one by one, always the one that the rest makes up for
      best, see `eliminate`; made for the compensation "least_squares".
    - "taylor": Σ |a · ∂loss/∂a| over the data (first-order estimate of the effect of removal; Molchanov et al. 2017).

    Args:
      criterion: one of the names above.
      params: a chain of Dense layers.
      acts: the hidden activations on the data, a tuple of (n, width).
      key: a `jax.random.key`, for "random" only.
      gradients: `activation_gradients(…)`, shaped like `acts`, for "taylor" only.

    Returns:
      A tuple of (width,) float32 arrays, one for each hidden layer.

    Raises:
      ValueError: for an unknown criterion, a missing `key` or `gradients`, shapes that do not fit, or NaN.
    """
    require(criterion in CRITERIA, "criterion", f"one of {', '.join(CRITERIA)}, got {criterion!r}")
    names = chain(params)
    require(
        all(jnp.ndim(params[name]["kernel"]) == 2 for name in names), "params", "2-D kernels; use jax.vmap for stacks"
    )
    require_finite(params, "params")
    require_activations(acts, params)
    if criterion == "random":
        require(key is not None, "key", 'a jax.random.key for the criterion "random"')
        return tuple(jax.random.uniform(jax.random.fold_in(key, i), a.shape[1:]) for i, a in enumerate(acts))
    if criterion == "std":
        return tuple(a.std(axis=0) for a in acts)
    if criterion == "contribution":
        following = (params[name]["kernel"] for name in names[1:])
        return tuple(a.std(axis=0) * jnp.linalg.norm(k, axis=1) for a, k in zip(acts, following, strict=True))
    if criterion == "unexplained":
        following = (params[name]["kernel"] for name in names[1:])
        return tuple(eliminate(a, k)[0].astype(jnp.float32) for a, k in zip(acts, following, strict=True))
    if criterion == "incoming":
        return tuple(jnp.linalg.norm(params[name]["kernel"], axis=0) for name in names[:-1])
    if criterion == "apoz":
        return tuple((a > 0).mean(axis=0) for a in acts)
    require(gradients is not None, "gradients", 'activation_gradients(model, params, data) for the criterion "taylor"')
    require_activations(gradients, params, "gradients")
    return tuple(jnp.abs(a * g).sum(axis=0) for a, g in zip(acts, gradients, strict=True))


def keep_highest(scores, counts):
    """The indices of the highest scores of each layer; ties go to the lowest index.

    Args:
      scores: a tuple of (width,) arrays.
      counts: how many units to keep in each layer, from 1 to its width.

    Returns:
      A tuple of sorted int32 index arrays of exactly those lengths.

    Raises:
      ValueError: if the lengths differ, a count is out of range, or a score is NaN. (Under a trace NaN cannot be seen;
        there it ranks lowest.)
    """
    require(
        len(scores) == len(counts), "counts", f"one count for each of the {len(scores)} hidden layers, got {counts}"
    )
    keep = []
    for layer, (score, count) in enumerate(zip(scores, counts, strict=True)):
        require(jnp.ndim(score) == 1, f"scores[{layer}]", f"a 1-D array, got shape {jnp.shape(score)}")
        width = score.shape[0]
        require(
            isinstance(count, (int, np.integer)) and 1 <= count <= width,
            f"counts[{layer}]",
            f"1 to {width}, got {count!r}",
        )
        require(not concrete(score) or not np.isnan(np.asarray(score)).any(), f"scores[{layer}]", "no NaN")
        lowest = jnp.where(jnp.isnan(score), -jnp.inf, score)  # argsort would put NaN first
        order = jnp.argsort(lowest, stable=True, descending=True)
        keep.append(jnp.sort(order[:count]).astype(jnp.int32))
    return tuple(keep)


def dropped(keep, widths):
    """The units that `keep` leaves out, as sorted index arrays of lengths width - len(kept), one for each layer."""
    require_indices(keep, widths, "keep")
    masks = (jnp.ones(width, bool).at[kept].set(False) for kept, width in zip(keep, widths, strict=True))
    return tuple(
        jnp.nonzero(mask, size=width - len(kept))[0].astype(jnp.int32)
        for mask, kept, width in zip(masks, keep, widths, strict=True)
    )
