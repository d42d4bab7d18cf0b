"""What pruning can cost at most: the bound of the post's comments, with its constant, proved in
notebook 08.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from ._checks import require, require_finite, require_indices
from .chain import chain, hidden_widths, require_activations
from .chain_pruning import prune
from .compensation import COMPENSATIONS, shift_and_mix
from .types import Activations, Keep, Number, Params, PerUnit, Scalar

# The loss of a point moves by at most this much times the length of the move of its logits: its
# gradient is softmax - one-hot.
STEEPEST = 2**0.5


def unit_bounds(params: Params, acts: Activations, sharp: bool = False) -> PerUnit:
    """Upper bounds on what removing each unit alone, its mean folded, adds to the mean
    cross-entropy.

    For a unit of standard deviation X, the comment's bound is K X: K is √2 times the product of
    the operator norms of all later kernels. The sharper one has the unit's own outgoing row in the
    place of the first of them, and its mean absolute deviation in the place of X.

    Args:
      params: a chain of Dense layers with activation functions of Lipschitz constant 1, such as
        ReLU.
      acts: the hidden activations on the data.
      sharp: which of the two.

    Returns:
      A tuple of (width,), in nats.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> x = jax.random.normal(jax.random.key(0), (20, 2))
      >>> params = pu.init_params(pu.MLP((6, 4, 2)), jax.random.key(1), x)
      >>> acts = pu.hidden_activations(pu.MLP((6, 4, 2)), params, x)
      >>> [bounds.shape for bounds in pu.unit_bounds(params, acts)]
      [(6,), (4,)]
    """
    kernels, norms = _later_kernels(params, acts)
    bounds = []
    for index, h in enumerate(acts):
        deviation = h - h.mean(axis=0, keepdims=True)
        if sharp:
            size = jnp.abs(deviation).mean(axis=0) * jnp.linalg.norm(kernels[index], axis=1)
            later = norms[index + 1 :]
        else:
            size, later = jnp.sqrt(jnp.square(deviation).mean(axis=0)), norms[index:]
        bounds.append(STEEPEST * size * jnp.prod(jnp.stack([jnp.ones(()), *later])))
    return tuple(bounds)


def lipschitz_bound(
    params: Params,
    acts: Activations,
    keep: Keep,
    compensation: str = "mean",
    sharp: bool = False,
    *,
    activation: Callable = jax.nn.relu,
    ridge: Number = 1e-6,
) -> Scalar:
    """An upper bound on what `prune` adds to the mean cross-entropy on the data that `acts` were
    taken on.

    Layer by layer, what the next layer sees is off by at most E: what it was off before, times the
    operator norm of the kernel, plus the part of the removed units. That part is h W for the
    deviations h of the removed units from their compensation and their outgoing kernel rows W. The
    bound is √2 E after the last layer (Donald Hobson in the comments of the post, without the
    constant).

    Args:
      params: a chain of Dense layers with activation functions of Lipschitz constant 1, such as
        ReLU.
      acts: the hidden activations on the data, a tuple of (n, width).
      keep: one index array for each hidden layer.
      compensation: "mean", or "least_squares", where the deviation is from the best prediction by
        the kept units.
      sharp: measure h W point by point on the data; otherwise norms only, the standard deviations
        of the removed units and the operator norm of W.
      activation, ridge: as for `prune`; for "least_squares" they must be those of the pruning.

    Returns:
      A scalar, in nats.

    Raises:
      ValueError: if `keep` or `acts` do not fit, a number is not finite, or the compensation is
        another.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> x = jax.random.normal(jax.random.key(0), (20, 2))
      >>> params = pu.init_params(pu.MLP((6, 4, 2)), jax.random.key(1), x)
      >>> acts = pu.hidden_activations(pu.MLP((6, 4, 2)), params, x)
      >>> keep = (jnp.arange(6), jnp.arange(4))  # nothing goes, nothing is lost
      >>> round(float(pu.lipschitz_bound(params, acts, keep)), 6)
      0.0
    """
    require(
        compensation in ("mean", "least_squares"),
        "compensation",
        f"mean or least_squares, got {compensation!r}",
    )
    require_indices(keep, hidden_widths(params), "keep")
    kernels, norms = _later_kernels(params, acts)
    small, names = (
        prune(params, keep, acts, compensation, activation=activation, ridge=ridge),
        chain(params),
    )
    off, before = jnp.zeros(()), None
    for index, (h, kept) in enumerate(zip(acts, keep, strict=True)):
        h_kept = jnp.take(h, kept, axis=1)
        if compensation == "least_squares":
            if index > 0:
                # The regression is on what the kept units do in the pruned network.
                layer, off = small[names[index]], jnp.zeros(())
                h_kept = activation(before @ layer["kernel"] + layer["bias"][None, :])
            before = h_kept
        shift, mix = shift_and_mix(COMPENSATIONS[compensation], h, h_kept, kept, ridge)
        stands_in = jnp.zeros_like(h).at[:, kept].set(h_kept) + shift[None, :]
        removed = h - (stands_in if mix is None else stands_in + h_kept @ mix)
        if sharp:
            part = jnp.linalg.norm(removed @ kernels[index], axis=1).mean()
        else:
            part = norms[index] * jnp.sqrt(jnp.square(removed).sum(axis=1).mean())
        off = norms[index] * off + part
    return STEEPEST * off


def _later_kernels(params, acts):
    """The kernels after each hidden layer, and their operator norms.

    The softmax does not see what all logits share, so the last kernel counts without it.
    """
    require_finite(params, "params")
    require_activations(acts, params)
    kernels = [jnp.asarray(params[name]["kernel"]) for name in chain(params)[1:]]
    kernels[-1] = kernels[-1] - kernels[-1].mean(axis=1, keepdims=True)
    return kernels, [jnp.linalg.norm(kernel, ord=2) for kernel in kernels]
