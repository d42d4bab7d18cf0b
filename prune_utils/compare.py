"""Two networks side by side: functions, weights, displacements."""

import jax
import jax.numpy as jnp

from ._checks import require, require_finite

TOUCHED = ("in neither", "only in the first", "only in the second", "in both")


def agreement(logits_a, logits_b):
    """Fraction of points that two networks put in the same class; logits (n, classes) each."""
    require(
        logits_a.shape == logits_b.shape,
        "logits_b",
        f"the shape of logits_a, {logits_a.shape}, got {logits_b.shape}",
    )
    return (logits_a.argmax(axis=-1) == logits_b.argmax(axis=-1)).mean()


def displacement(trained, init):
    """Trained minus initial weights, for any two pytrees of the same shapes."""
    return jax.tree.map(jnp.subtract, trained, init)


def touched(init, first, second):
    """Which of two trainings from the same initial weights moved each weight, by exact comparison.

    Args:
      init, first, second: arrays of one shape.

    Returns:
      int32 codes of that shape: 0 moved in neither, 1 only in the first, 2 only in the second, 3 in
      both (`TOUCHED`).
    """
    require(
        init.shape == first.shape == second.shape,
        "first, second",
        f"the shape of init, {init.shape}",
    )
    return (first != init).astype(jnp.int32) + 2 * (second != init).astype(jnp.int32)


def diagonal_profile(first, second, edges, width=0.005):
    """How many pairs lie on the diagonal of a scatter plot, and how many just beside it, along the
    diagonal.

    Args:
      first, second: arrays of one shape, the coordinates.
      edges: bin edges for the position (first + second) / 2.
      width: a pair is on the diagonal if its coordinates differ by less; the strip just beside it,
        from 2 to 4 widths, is twice as wide and counts half, so that a cloud without a line has
        equal counts.

    Returns:
      (on, beside): counts (bins,).
    """
    require(
        first.shape == second.shape,
        "second",
        f"the shape of first, {first.shape}, got {second.shape}",
    )
    apart, where = jnp.abs(first - second).ravel(), ((first + second) / 2).ravel()
    beside = (apart > 2 * width) & (apart < 4 * width)
    counts = [
        jnp.histogram(where, edges, weights=chosen.astype(where.dtype))[0]
        for chosen in (apart < width, beside)
    ]
    return counts[0], counts[1] / 2


def correlation(a, b):
    """Pearson correlation of the entries of two arrays of one shape; NaN if one of them is
    constant."""
    require(a.shape == b.shape, "b", f"the shape of a, {a.shape}, got {b.shape}")
    # makes constants exactly zero, which subtracting a rounded mean does not
    a, b = (a - a.ravel()[0], b - b.ravel()[0])
    a, b = a - a.mean(), b - b.mean()
    # or the squares of tiny and huge numbers leave float32
    a, b = (a / jnp.abs(a).max(), b / jnp.abs(b).max())
    return (a * b).sum() / jnp.sqrt(jnp.square(a).sum() * jnp.square(b).sum())


def linear_cka(acts_a, acts_b):
    """Linear centred kernel alignment of two layers (Kornblith et al. 2019): 1 for equal up to
    rotation and scale.

    With centred activations X (n, width_a) and Y (n, width_b): ‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖), Frobenius
    norms.

    Args:
      acts_a, acts_b: activations on the same points.

    Returns:
      A scalar from 0 to 1; 0 if a layer does not vary.
    """
    fits = acts_a.ndim == acts_b.ndim == 2 and len(acts_a) == len(acts_b)
    require(
        fits,
        "acts_a, acts_b",
        f"arrays (n, width) of the same points, got {acts_a.shape} and {acts_b.shape}",
    )
    require_finite((acts_a, acts_b), "acts_a, acts_b")
    x, y = (_centred(acts) for acts in (acts_a, acts_b))
    norms = jnp.linalg.norm(x.T @ x) * jnp.linalg.norm(y.T @ y)
    return jnp.where(norms > 0, jnp.square(x.T @ y).sum() / jnp.where(norms > 0, norms, 1), 0)


def _centred(acts):
    x = acts - acts[:1]  # makes constants exactly zero, which subtracting a rounded mean does not
    # or squares of huge numbers leave float32
    x = x / jnp.maximum(jnp.abs(x).max(), jnp.finfo(x.dtype).tiny)
    return x - x.mean(axis=0, keepdims=True)


def unit_permutation_test(key, a, b, permutations=999):
    """Is the correlation of two kernels more than that of kernels whose units are matched at
    random?

    Permutes the rows and the columns of `b`, the incoming and the outgoing units, whole. The
    weights of one unit hang together, so permuting single weights would call far too much
    significant.

    Args:
      key: a `jax.random.key`.
      a, b: kernels (inputs, units).
      permutations: how many random matchings.

    Returns:
      (r, null, p): the correlation, its values (permutations,) under random matchings, and the
      one-sided p-value (1 + #{null ≥ r}) / (1 + permutations), a scalar array.
    """
    require_finite((a, b), "a, b")

    def one(key):
        rows, columns = jax.random.split(key)
        return correlation(
            a, jax.random.permutation(columns, jax.random.permutation(rows, b), axis=1)
        )

    r, null = correlation(a, b), jax.lax.map(one, jax.random.split(key, permutations))
    at_least = ~(null < r - 1e-6)  # equal up to rounding counts, and so does NaN
    return r, null, (1 + at_least.sum()) / (1 + permutations)
