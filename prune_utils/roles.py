"""Roles of units: what a unit does over the data, and whether it does the same in two networks."""

import jax.numpy as jnp
import numpy as np
import scipy.optimize

from ._checks import require, require_finite


def role_correlation(acts_a, acts_b):
    """Correlation of every unit's activation in one network with every unit's in another.

    Args:
      acts_a, acts_b: activations of one layer on the same points, (n, width_a) and (n, width_b).

    Returns:
      (width_a, width_b) Pearson correlations over the points; 0 where a unit does not vary.
    """
    same = acts_a.ndim == acts_b.ndim == 2 and len(acts_a) == len(acts_b)
    require(
        same,
        "acts_a, acts_b",
        f"arrays (n, width) of the same points, got {acts_a.shape} and {acts_b.shape}",
    )
    require_finite((acts_a, acts_b), "acts_a, acts_b")
    scaled = []
    for acts in (acts_a, acts_b):
        # makes constants exactly zero, which subtracting a rounded mean does not
        centred = acts - acts[:1]
        centred = centred / jnp.maximum(
            jnp.abs(centred).max(axis=0, keepdims=True), jnp.finfo(acts.dtype).tiny
        )
        centred = centred - centred.mean(axis=0, keepdims=True)
        length = jnp.linalg.norm(centred, axis=0, keepdims=True)
        scaled.append(jnp.where(length > 0, centred / jnp.where(length > 0, length, 1), 0))
    return scaled[0].T @ scaled[1]


def best_match(roles):
    """Which unit of the second network plays which unit's role, one to one: the matching of the
    highest mean correlation.

    Args:
      roles: (..., width, width), as from `role_correlation`; leading axes are matched one by one.

    Returns:
      int (..., width): the second network's unit for each of the first's (scipy's linear sum
      assignment).
    """
    roles = np.asarray(roles)
    require(
        roles.ndim >= 2 and roles.shape[-1] == roles.shape[-2],
        "roles",
        f"(..., width, width), got {roles.shape}",
    )
    require(np.isfinite(roles).all(), "roles", "finite numbers only")
    flat = roles.reshape(-1, *roles.shape[-2:])
    matched = [scipy.optimize.linear_sum_assignment(one, maximize=True)[1] for one in flat]
    return np.stack(matched).reshape(roles.shape[:-1])


def role_similarity(roles, alike):
    """Do units keep their roles from one network to another, and would another matching of the
    units do better?

    Counted among the units that vary in both networks, over all hidden layers.

    Args:
      roles: a tuple of (seeds, width, width), one for each hidden layer, as from
        `role_correlation`.
      alike: the correlation above which two roles are.

    Returns:
      A dict of (seeds,): "same", the mean correlation of a unit's roles in the two networks;
      "matched", that under the
      `best_match` of these units; "own", the share of them that it matches to themselves; "chance",
      that share for a random matching; "alike", the share whose two roles are alike. NaN where no
      unit varies in both.
    """
    shapes = [np.shape(layer) for layer in roles]
    fits = len(shapes) > 0 and all(
        len(s) == 3 and s[1] == s[2] and s[0] == shapes[0][0] > 0 for s in shapes
    )
    require(fits, "roles", f"(seeds, width, width) for each hidden layer, got {shapes}")
    table = []
    for layers in zip(*map(np.asarray, roles), strict=True):
        sums = np.zeros(6)
        for r in layers:
            both = (r != 0).any(axis=1) & (r != 0).any(axis=0)
            r = r[np.ix_(both, both)]
            if len(r) > 0:
                match, units = best_match(r), np.arange(len(r))
                sums += (
                    len(r),
                    r.trace(),
                    r[units, match].sum(),
                    (match == units).sum(),
                    1,
                    (np.diag(r) > alike).sum(),
                )
        table.append(sums[1:] / sums[0] if sums[0] else np.full(5, np.nan))
    return dict(zip(("same", "matched", "own", "chance", "alike"), np.array(table).T))


def same_roles(first, second, alike):
    """Do the same units play the same roles in two networks of one shape?

    A unit's role is its activation over the data. Counted among the units that vary in both
    networks; a pair of different units of one layer is the control.

    Args:
      first, second: hidden activations on the same points, tuples of (n, width).
      alike: the correlation above which two roles are.

    Returns:
      (same, others): the share of units with like roles, and of pairs of different units; NaN if
      none varies in both.
    """
    counts = jnp.zeros((4,))
    for a, b in zip(first, second, strict=True):
        r = role_correlation(a, b)
        # a rounded standard deviation is never quite zero
        both = (a != a[:1]).any(axis=0) & (b != b[:1]).any(axis=0)
        pairs, own = both[:, None] & both[None, :], jnp.eye(len(both), dtype=bool)
        like = r > alike
        counts += jnp.stack(
            [(where & pairs).sum() for where in (like & own, own, like & ~own, ~own)]
        ).astype(float)
    return counts[0] / counts[1], counts[2] / counts[3]
