"""How the kept units make up for the dropped ones: one function a rung, one table of names."""

import numbers
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ._checks import concrete, require
from .linalg import ridge_regression


class Compensation(NamedTuple):
    """What a reader of a layer gets in place of the dropped units.

    What a kernel reads, h (rows, features), is replaced by the kept features, plus their mixture
    ``h_kept @ mix`` in every feature, plus a constant, so that what it puts out keeps its mean
    over the data.

    Attributes:
      mix: (h, h_kept, kept, ridge) -> (kept, features), with h_kept (rows, kept) the kept features
        in the network as pruned so far, and kept their places in h; None for no mixture.
      constant: whether the constant is there.
      sequential: whether the constant makes up for what pruning did to the kept features before,
        too.
      centred: whether the mixture sees the features less their means.
    """

    mix: Callable | None = None
    constant: bool = True
    sequential: bool = True
    centred: bool = True


def least_squares(h, h_kept, kept, ridge):
    """The best affine prediction of what is missing in h.

    Castellano, Fanelli and Pelillo 1997; each layer also corrects for what pruning did before it,
    as in El Halabi, Srinivas and Lacoste-Julien 2022. The regression is on the deviation from the
    kept features with a small relative ridge: where they predict nothing it is the mean.
    """
    return ridge_regression(h_kept, h.at[:, kept].add(-h_kept), ridge)


COMPENSATIONS = {
    # The units are deleted.
    "none": Compensation(constant=False),
    # The post's: a dropped unit is replaced by its mean in the original network (Sietsma and Dow
    # 1991).
    "mean": Compensation(sequential=False),
    "least_squares": Compensation(mix=least_squares),
}


def mixture(rung, h, h_kept, kept, ridge):
    """How the kept features stand in for the others: (kept, features), or None.

    Args:
      rung: a `Compensation`.
      h: what a kernel read (rows, features).
      h_kept: the kept features in the network as pruned so far (rows, kept).
      kept: their places in h.
      ridge: see `Network.prune`.
    """
    return None if rung.mix is None else rung.mix(h, _seen(rung, h, h_kept, kept), kept, ridge)


def missing(rung, h_mean, h_kept_mean, kept, mix):
    """The means (rows, features) of what is missing in h once the kept features and their mixture
    stand in for it, from the means of both.
    """
    seen = _seen(rung, h_mean, h_kept_mean, kept)
    rest = h_mean.at[:, kept].add(-seen)
    return rest if mix is None else rest - seen @ mix


def shift_and_mix(rung, h, h_kept, kept, ridge):
    """What takes the place of h: h_kept in the kept columns, plus h_kept @ mix + shift in all.

    Takes what `mixture` takes; returns (shift (features,), mix).
    """
    mix = mixture(rung, h, h_kept, kept, ridge)
    means = (values.mean(axis=0, keepdims=True) for values in (h, h_kept))
    return missing(rung, *means, kept, mix)[0], mix


def _seen(rung, h, h_kept, kept):
    """The kept features that a compensation starts from: as pruned so far, or the original's."""
    return h_kept if rung.sequential else jnp.take(h, kept, axis=1)


def require_compensation(compensation, ridge):
    """Raises ValueError unless there is such a compensation, and the ridge is one."""
    known = ", ".join(COMPENSATIONS)
    named = isinstance(compensation, str) and compensation in COMPENSATIONS
    require(named, "compensation", f"one of {known}, got {compensation!r}")
    if concrete(ridge):
        positive = isinstance(ridge, (numbers.Real, jax.Array)) and 0 < ridge < float("inf")
        require(positive, "ridge", f"a positive number, got {ridge!r}")
