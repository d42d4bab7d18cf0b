"""Which units the others of their layer can stand in for, by linear least squares."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int32

from ._checks import require, require_finite
from .chain import chain, require_activations
from .linalg import centred
from .types import Activations, Number, Params, Values

KINDS = ("dead", "redundant", "needed")


def unexplained(acts: Float[Values, "n width"], ridge: Number = 1e-4) -> Float[Array, " width"]:
    """The share of each unit's variance that the other units of its layer do not explain, by the
    best affine prediction.

    Args:
      acts: a layer's activations on the data, (n, width).
      ridge: see `eliminate`; no share below about that can be seen.

    Returns:
      (width,): from 0 (a combination of the others) to 1 (nothing to do with them); 0 for a unit
      that does not vary.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> h = jax.random.normal(jax.random.key(0), (50, 2))
      >>> twice = jnp.concatenate([h, h[:, :1]], axis=1)  # the third unit is the first again
      >>> share = pu.unexplained(twice)
      >>> [bool(number > 0.5) for number in share]
      [False, True, False]
    """
    covariance, precision = _covariance(acts, ridge)
    variance = jnp.diagonal(covariance)
    return jnp.where(
        variance > 0,
        jnp.minimum(1 / (jnp.diagonal(precision) * jnp.where(variance > 0, variance, 1)), 1),
        0,
    )


def eliminate(
    acts: Float[Values, "n width"], kernel: Float[Values, "width next"], ridge: Number = 1e-4
) -> tuple[Int32[Array, " width"], Float[Array, " width"]]:
    """Removes a layer's units one by one, always the one that the rest best makes up for.

    With activations h (n, width), centred, and outgoing kernel W (width, next), what the next layer
    sees is h W. Setting row i of W to zero and changing the others for the best costs ‖W_i‖² /
    [C⁻¹]_ii in mean squared error, C the covariance of h: the unit's variance that the rest does
    not explain, times its squared outgoing weights. Both W and C⁻¹ then follow by a rank-one
    update, as the inverse Hessian does in the optimal brain surgeon (Hassibi and Stork 1993), here
    for whole units of a layer, as in OSSCAR (Meng et al. 2024).

    Args:
      acts: (n, width).
      kernel: (width, next).
      ridge: added to the diagonal of C, relative to each unit's variance. A unit that does not
        vary costs nothing.

    Returns:
      (rank, error): (width,) int32, when each unit goes, 0 first; and (width,), by what share of
      its variance what the next layer sees is off once 1, 2, … units are gone.

    Example:
      >>> import jax.numpy as jnp, prune_utils as pu
      >>> h = jnp.array([[0.0, 0.0, 1.0], [1.0, 1.0, 0.0], [2.0, 2.0, 5.0]])  # two units alike
      >>> int(pu.eliminate(h, jnp.ones((3, 2)))[0][2])  # the third goes last
      2
    """
    require(
        jnp.ndim(acts) == 2, "acts", f"one layer's activations (n, width), got {jnp.shape(acts)}"
    )
    fits = kernel.ndim == 2 and acts.shape[1] == len(kernel)
    require(fits, "kernel", f"{acts.shape[1]} rows, got {kernel.shape}")
    require_finite(kernel, "kernel")
    return eliminate_units([(acts[:, :, None], kernel[:, None, :])], ridge)


def eliminate_units(reads, ridge=1e-4):
    """The same for a layer with several readers, and units of several entries each, such as
    attention heads.

    Costs add up over readers; a unit's entries go together, by an update of their number's rank.

    Args:
      reads: for each reader (h, kernel): (rows, units, entries) and (units, entries, outputs).
      ridge: as for `eliminate`.

    Returns:
      (rank, error) as for `eliminate`.
    """
    units, precisions, kernels, total = reads[0][0].shape[1], [], [], 0.0
    for h, kernel in reads:
        covariance, precision = _covariance(h.reshape(len(h), -1), ridge)
        varies = (jnp.diagonal(covariance) > 0)[:, None]
        kernel = jnp.where(varies, kernel.reshape(len(covariance), -1), 0)
        total += jnp.einsum("ij,ik,jk->", covariance, kernel, kernel)
        precisions.append(precision)
        kernels.append(kernel)

    def step(state, number):
        precisions, kernels, rank, error = state
        pairs, gone = list(zip(precisions, kernels, strict=True)), rank < units
        costs = sum(removal_costs(precision, kernel, gone) for precision, kernel in pairs)
        costs = jnp.where(gone, jnp.inf, costs)
        unit = costs.argmin()
        error += costs[unit]
        pairs = [without(precision, kernel, unit, units) for precision, kernel in pairs]
        precisions, kernels = zip(*pairs, strict=True)
        return (precisions, kernels, rank.at[unit].set(number), error), error

    rank, numbers = jnp.full(units, units, jnp.int32), jnp.arange(units, dtype=jnp.int32)
    start = (tuple(precisions), tuple(kernels), rank, jnp.zeros((), kernels[0].dtype))
    (_, _, rank, _), errors = jax.lax.scan(step, start, numbers)
    return rank, jnp.where(total > 0, errors / jnp.where(total > 0, total, 1), 0)


def _inverse(blocks):
    return 1 / blocks if blocks.shape[-1] == 1 else jnp.linalg.inv(blocks)


def removal_costs(precision, kernel, gone):
    """What removing each unit next costs this reader, (units,); anything for those that are
    gone.
    """
    units = len(gone)
    entries = len(kernel) // units
    diagonal = jnp.arange(units)
    blocks = precision.reshape(units, entries, units, entries)[diagonal, :, diagonal, :]
    blocks = jnp.where(gone[:, None, None], jnp.eye(entries, dtype=blocks.dtype)[None], blocks)
    own = kernel.reshape(units, entries, -1)
    return jnp.einsum("uao,uab,ubo->u", own, _inverse(blocks), own)


def without(precision, kernel, unit, units):
    """Precision and kernel once a unit is gone and the others have made up for it."""
    entries = len(kernel) // units
    start = unit * entries
    rows = jax.lax.dynamic_slice_in_dim(precision, start, entries)
    own = jax.lax.dynamic_slice_in_dim(kernel, start, entries)
    share = rows.T @ _inverse(jax.lax.dynamic_slice_in_dim(rows, start, entries, axis=1))
    kernel = jax.lax.dynamic_update_slice_in_dim(
        kernel - share @ own, jnp.zeros_like(own), start, 0
    )
    return precision - share @ rows, kernel


def unit_kinds(
    params: Params, acts: Activations, tolerance: Number = 1e-3
) -> tuple[Int32[Array, " _"], ...]:
    """Why each hidden unit can be spared, or that it cannot, as an index into `KINDS`.

    Dead: it does not vary. Redundant: `eliminate` can remove it, after all that go before it, and
    what the next layer sees is still off by no more than `tolerance` of its variance. Needed: the
    rest. Among units that can stand in for each other it is arbitrary which are redundant; their
    number is not.

    Args:
      params: a chain of Dense layers.
      acts: the hidden activations on the data.
      tolerance: a share of the variance.

    Returns:
      A tuple of int32 (width,), one for each hidden layer.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> x = jax.random.normal(jax.random.key(0), (20, 2))
      >>> params = pu.init_params(pu.MLP((6, 4, 2)), jax.random.key(1), x)
      >>> acts = pu.hidden_activations(pu.MLP((6, 4, 2)), params, x)
      >>> [kinds.shape for kinds in pu.unit_kinds(params, acts)]
      [(6,), (4,)]
    """
    require_activations(acts, params)
    require(0 < tolerance < 1, "tolerance", f"between 0 and 1, got {tolerance!r}")
    kinds = []
    for h, name in zip(acts, chain(params)[1:], strict=True):
        rank, error = eliminate(h, params[name]["kernel"])
        kind = jnp.where(error[rank] <= tolerance, KINDS.index("redundant"), KINDS.index("needed"))
        kinds.append(jnp.where((h == h[:1]).all(axis=0), KINDS.index("dead"), kind))
    return tuple(kinds)


def _covariance(acts, ridge):
    require(
        acts.ndim == 2 and len(acts) > 0,
        "acts",
        f"one layer's activations (n, width), got {acts.shape}",
    )
    require(0 < ridge < float("inf"), "ridge", f"a positive number, got {ridge!r}")
    require_finite(acts, "acts")
    h = centred(acts)
    covariance = h.T @ h / len(h)
    variance = jnp.diagonal(covariance)
    penalty = ridge * jnp.where(
        variance > 0, variance, jnp.maximum(variance.mean(), jnp.finfo(h.dtype).tiny / ridge)
    )
    eye = jnp.eye(len(covariance), dtype=h.dtype)
    factor = jax.scipy.linalg.cho_factor(covariance + penalty[:, None] * eye)
    return covariance, jax.scipy.linalg.cho_solve(factor, eye)
