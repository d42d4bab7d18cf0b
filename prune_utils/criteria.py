"""Which units to keep: one function a score, one table of names, and the choice of the highest."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ._checks import concrete, is_key, require, require_indices
from .elimination import eliminate_units
from .types import Integer, Keep, Kept, Scores


class Read(NamedTuple):
    """What one kernel reads of a layer.

    A unit is one entry, or several, such as the dimensions of an attention head.

    Attributes:
      h: activations (rows, units, entries); a row is an input, a pixel or a token.
      kernel: (units, entries, outputs).
      gradient: of the loss by h, like h, or None.
    """

    h: Any
    kernel: Any
    gradient: Any = None


class Layer(NamedTuple):
    """What a criterion sees of a layer.

    Attributes:
      width: the number of units.
      reads: a `Read` for every kernel that reads the units.
      incoming: for every parameter that puts the units out (units, weights).
      key: a `jax.random.key`, or None.
    """

    width: int
    reads: tuple[Read, ...] = ()
    incoming: tuple = ()
    key: Any = None


class Criterion(NamedTuple):
    """A score, and what it needs beside the parameters.

    Attributes:
      score: `Layer` -> (width,), higher for what is more worth keeping.
      needs: "x" (activations), "loss" (gradients, too), "key", or None.
    """

    score: Callable
    needs: str | None = "x"


def _norm(parts):
    """Several arrays (units, …) as one number a unit: the root of the sum of squares."""
    flat = [part.reshape(len(part), -1) for part in parts]
    return jnp.linalg.norm(jnp.concatenate(flat, axis=1), axis=1)


def random(layer):
    """Uniform noise; the control."""
    return jax.random.uniform(layer.key, (layer.width,))


def std(layer):
    """The standard deviation of the activation (the post); over several readers the root mean
    square.
    """
    return _norm([read.h.std(axis=0) for read in layer.reads]) / len(layer.reads) ** 0.5


def contribution(layer):
    """Standard deviation times the norm of the unit's outgoing row: the spread that it sends on."""
    return _norm([r.h.std(axis=0) * jnp.linalg.norm(r.kernel, axis=2) for r in layer.reads])


def incoming(layer):
    """The norm of the unit's incoming weights (Li et al. 2017, there for filters and in L1)."""
    return _norm(layer.incoming)


def apoz(layer):
    """The share of rows where the unit is active.

    One minus the average percentage of zeros of Hu et al. 2016.
    """
    return sum((read.h > 0).mean(axis=(0, 2)) for read in layer.reads) / len(layer.reads)


def unexplained(layer):
    """How late the unit goes if always the one goes that the rest makes up for best, see
    `eliminate`.

    Made for the compensation "least_squares".
    """
    return eliminate_units([(r.h, r.kernel) for r in layer.reads])[0].astype(jnp.float32)


def taylor(layer):
    """Σ |a · ∂loss/∂a| over rows: the first-order estimate of removal (Molchanov et al. 2017, who
    average over a channel's pixels before they take the absolute value; here pixels are rows).
    """
    return sum(jnp.abs((r.h * r.gradient).sum(axis=2)).sum(axis=0) for r in layer.reads)


CRITERIA = {
    "random": Criterion(random, "key"),
    "std": Criterion(std),
    "contribution": Criterion(contribution),
    "incoming": Criterion(incoming, None),
    "apoz": Criterion(apoz),
    "taylor": Criterion(taylor, "loss"),
    "unexplained": Criterion(unexplained),
}


def require_criterion(criterion, key):
    """The `Criterion` of a name; raises ValueError for an unknown name or a missing key."""
    named = isinstance(criterion, str) and criterion in CRITERIA
    require(named, "criterion", f"one of {', '.join(CRITERIA)}, got {criterion!r}")
    wanted = f'a jax.random.key for the criterion "{criterion}"'
    require(CRITERIA[criterion].needs != "key" or is_key(key), "key", wanted)
    return CRITERIA[criterion]


def keep_highest(scores: Scores, counts: Sequence[Integer]) -> Kept:
    """The indices of the highest scores of each layer; ties go to the lowest index.

    Args:
      scores: a tuple of (width,) arrays.
      counts: how many units to keep in each layer, from 1 to its width.

    Returns:
      A tuple of sorted int32 index arrays of exactly those lengths.

    Raises:
      ValueError: if the lengths differ, a count is out of range, or a score is NaN. (Under a trace
        NaN cannot be seen; there it ranks lowest.)

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> pu.keep_highest((jnp.array([0.3, 0.1, 0.2]),), counts=(2,))[0].tolist()
      [0, 2]
    """
    fits = isinstance(counts, Sequence) and len(counts) == len(scores)
    require(fits, "counts", f"one count for each of the {len(scores)} layers, got {counts}")
    keep = []
    for layer, (score, count) in enumerate(zip(scores, counts, strict=True)):
        require(
            jnp.ndim(score) == 1, f"scores[{layer}]", f"a 1-D array, got shape {jnp.shape(score)}"
        )
        width = score.shape[0]
        require(
            isinstance(count, (int, np.integer)) and 1 <= count <= width,
            f"counts[{layer}]",
            f"1 to {width}, got {count!r}",
        )
        require(
            not concrete(score) or not np.isnan(np.asarray(score)).any(),
            f"scores[{layer}]",
            "no NaN",
        )
        lowest = jnp.where(jnp.isnan(score), -jnp.inf, score)  # argsort would put NaN first
        order = jnp.argsort(lowest, stable=True, descending=True)
        keep.append(jnp.sort(order[:count]).astype(jnp.int32))
    return tuple(keep)


def dropped(keep: Keep, widths: Sequence[Integer]) -> Kept:
    """The units that `keep` leaves out, as sorted index arrays of lengths width - len(kept), one
    for each layer.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> pu.dropped((jnp.array([0, 2]),), (4,))[0].tolist()
      [1, 3]
    """
    require_indices(keep, widths, "keep")
    masks = (
        jnp.ones(width, bool).at[kept].set(False) for kept, width in zip(keep, widths, strict=True)
    )
    return tuple(
        jnp.nonzero(mask, size=width - len(kept))[0].astype(jnp.int32)
        for mask, kept, width in zip(masks, keep, widths, strict=True)
    )
