"""Two networks side by side: functions, weights, displacements, roles."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize

from ._checks import require, require_finite

TOUCHED = ("in neither", "only in the first", "only in the second", "in both")


def agreement(logits_a, logits_b):
    """Fraction of points that two networks put in the same class; logits (n, classes) each."""
    require(
        logits_a.shape == logits_b.shape, "logits_b", f"the shape of logits_a, {logits_a.shape}, got {logits_b.shape}"
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
      int32 codes of that shape: 0 moved in neither, 1 only in the first, 2 only in the second, 3 in both (`TOUCHED`).
    """
    require(init.shape == first.shape == second.shape, "first, second", f"the shape of init, {init.shape}")
    return (first != init).astype(jnp.int32) + 2 * (second != init).astype(jnp.int32)


def diagonal_profile(first, second, edges, width=0.005):
    """How many pairs lie on the diagonal of a scatter plot, and how many just beside it, along the diagonal.

    Args:
      first, second: arrays of one shape, the coordinates.
      edges: bin edges for the position (first + second) / 2.
      width: a pair is on the diagonal if its coordinates differ by less; the strip just beside it, from 2 to 4 widths,
        is twice as wide and counts half, so that a cloud without a line has equal counts.

    Returns:
      (on, beside): counts (bins,).
    """
    require(first.shape == second.shape, "second", f"the shape of first, {first.shape}, got {second.shape}")
    apart, where = jnp.abs(first - second).ravel(), ((first + second) / 2).ravel()
    beside = (apart > 2 * width) & (apart < 4 * width)
    counts = [jnp.histogram(where, edges, weights=chosen.astype(where.dtype))[0] for chosen in (apart < width, beside)]
    return counts[0], counts[1] / 2


def correlation(a, b):
    """Pearson correlation of the entries of two arrays of one shape; NaN if one of them is constant."""
    require(a.shape == b.shape, "b", f"the shape of a, {a.shape}, got {b.shape}")
    a, b = a - a.ravel()[0], b - b.ravel()[0]  # makes constants exactly zero, which subtracting a rounded mean does not
    a, b = a - a.mean(), b - b.mean()
    a, b = a / jnp.abs(a).max(), b / jnp.abs(b).max()  # or the squares of tiny and huge numbers leave float32
    return (a * b).sum() / jnp.sqrt(jnp.square(a).sum() * jnp.square(b).sum())


def role_correlation(acts_a, acts_b):
    """Correlation of every unit's activation in one network with every unit's in another.

    Args:
      acts_a, acts_b: activations of one layer on the same points, (n, width_a) and (n, width_b).

    Returns:
      (width_a, width_b) Pearson correlations over the points; 0 where a unit does not vary.
    """
    same = acts_a.ndim == acts_b.ndim == 2 and len(acts_a) == len(acts_b)
    require(same, "acts_a, acts_b", f"arrays (n, width) of the same points, got {acts_a.shape} and {acts_b.shape}")
    require_finite((acts_a, acts_b), "acts_a, acts_b")
    scaled = []
    for acts in (acts_a, acts_b):
        centred = acts - acts[:1]  # makes constants exactly zero, which subtracting a rounded mean does not
        centred = centred / jnp.maximum(jnp.abs(centred).max(axis=0, keepdims=True), jnp.finfo(acts.dtype).tiny)
        centred = centred - centred.mean(axis=0, keepdims=True)
        length = jnp.linalg.norm(centred, axis=0, keepdims=True)
        scaled.append(jnp.where(length > 0, centred / jnp.where(length > 0, length, 1), 0))
    return scaled[0].T @ scaled[1]


def best_match(roles):
    """Which unit of the second network plays which unit's role, one to one: the matching of the highest mean correlation.

    Args:
      roles: (..., width, width), as from `role_correlation`; leading axes are matched one by one.

    Returns:
      int (..., width): the second network's unit for each of the first's (scipy's linear sum assignment).
    """
    roles = np.asarray(roles)
    require(roles.ndim >= 2 and roles.shape[-1] == roles.shape[-2], "roles", f"(..., width, width), got {roles.shape}")
    require(np.isfinite(roles).all(), "roles", "finite numbers only")
    flat = roles.reshape(-1, *roles.shape[-2:])
    matched = [scipy.optimize.linear_sum_assignment(one, maximize=True)[1] for one in flat]
    return np.stack(matched).reshape(roles.shape[:-1])


def role_similarity(roles):
    """Do units keep their roles from one network to another, and would another matching of the units do better?

    Counted among the units that vary in both networks, over all hidden layers.

    Args:
      roles: a tuple of (seeds, width, width), one for each hidden layer, as from `role_correlation`.

    Returns:
      A dict of (seeds,): "same", the mean correlation of a unit's roles in the two networks; "matched", that under the
      `best_match` of these units; "own", the share of them that it matches to themselves; "chance", that share for a
      random matching; "alike", the share whose two roles correlate by more than 0.7. NaN where no unit varies in both.
    """
    shapes = [np.shape(layer) for layer in roles]
    fits = len(shapes) > 0 and all(len(s) == 3 and s[1] == s[2] and s[0] == shapes[0][0] > 0 for s in shapes)
    require(fits, "roles", f"(seeds, width, width) for each hidden layer, got {shapes}")
    table = []
    for layers in zip(*map(np.asarray, roles), strict=True):
        sums = np.zeros(6)
        for r in layers:
            both = (r != 0).any(axis=1) & (r != 0).any(axis=0)
            r = r[np.ix_(both, both)]
            if len(r) > 0:
                match, units = best_match(r), np.arange(len(r))
                sums += len(r), r.trace(), r[units, match].sum(), (match == units).sum(), 1, (np.diag(r) > 0.7).sum()
        table.append(sums[1:] / sums[0] if sums[0] else np.full(5, np.nan))
    return dict(zip(("same", "matched", "own", "chance", "alike"), np.array(table).T))


def linear_cka(acts_a, acts_b):
    """Linear centred kernel alignment of two layers (Kornblith et al. 2019): 1 for equal up to rotation and scale.

    With centred activations X (n, width_a) and Y (n, width_b): ‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖), Frobenius norms.

    Args:
      acts_a, acts_b: activations on the same points.

    Returns:
      A scalar from 0 to 1; 0 if a layer does not vary.
    """
    fits = acts_a.ndim == acts_b.ndim == 2 and len(acts_a) == len(acts_b)
    require(fits, "acts_a, acts_b", f"arrays (n, width) of the same points, got {acts_a.shape} and {acts_b.shape}")
    require_finite((acts_a, acts_b), "acts_a, acts_b")
    x, y = (_centred(acts) for acts in (acts_a, acts_b))
    norms = jnp.linalg.norm(x.T @ x) * jnp.linalg.norm(y.T @ y)
    return jnp.where(norms > 0, jnp.square(x.T @ y).sum() / jnp.where(norms > 0, norms, 1), 0)


def _centred(acts):
    x = acts - acts[:1]  # makes constants exactly zero, which subtracting a rounded mean does not
    x = x / jnp.maximum(jnp.abs(x).max(), jnp.finfo(x.dtype).tiny)  # or squares of huge numbers leave float32
    return x - x.mean(axis=0, keepdims=True)


def unit_permutation_test(key, a, b, permutations=999):
    """Is the correlation of two kernels more than that of kernels whose units are matched at random?

    Permutes the rows and the columns of `b`, the incoming and the outgoing units, whole. The weights of one unit hang
    together, so permuting single weights would call far too much significant.

    Args:
      key: a `jax.random.key`.
      a, b: kernels (inputs, units).
      permutations: how many random matchings.

    Returns:
      (r, null, p): the correlation, its values (permutations,) under random matchings, and the one-sided p-value
      (1 + #{null ≥ r}) / (1 + permutations), a scalar array.
    """
    require_finite((a, b), "a, b")

    def one(key):
        rows, columns = jax.random.split(key)
        return correlation(a, jax.random.permutation(columns, jax.random.permutation(rows, b), axis=1))

    r, null = correlation(a, b), jax.lax.map(one, jax.random.split(key, permutations))
    at_least = ~(null < r - 1e-6)  # equal up to rounding counts, and so does NaN
    return r, null, (1 + at_least.sum()) / (1 + permutations)
