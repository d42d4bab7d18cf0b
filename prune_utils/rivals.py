"""What others take out, and how they make up for it, written from their papers to compare with.

`CRITERIA` and `COMPENSATIONS` join the package's tables with `update`. What fits no table, because
it also changes what the kept units read, is a function of a chain of Dense layers. Evci (2018),
FLAP (An et al. 2024) and variance-based pruning (Berisha et al. 2025) fold means, after `std` or
`contribution`: they are in the package's own tables.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int32

from .chain import chain
from .chain_pruning import slice_units
from .compensation import Compensation
from .criteria import Criterion
from .elimination import removal_costs, without
from .linalg import centred
from .types import Integer, Keep, Number, Params


def l1(layer):
    """The sum of the absolute incoming weights (Li et al. 2017)."""
    return sum(jnp.abs(weights).sum(axis=1) for weights in layer.incoming)


def thinet(layer):
    """How late a channel goes if always the one goes whose removal, with those before it, changes
    least what the next layer sees, and nothing makes up for it (ThiNet, Luo et al. 2017).
    """
    units, together = layer.width, 0
    for gram, kernel in map(_gram, layer.reads):
        sent = gram * (kernel @ kernel.T)  # products of what two entries send on
        together += sent.reshape(units, len(gram) // units, units, -1).sum(axis=(1, 3))
    own = jnp.diagonal(together)

    def step(state, number):
        before, rank = state
        unit = jnp.where(rank < units, jnp.inf, own + 2 * before).argmin()
        return (before + together[unit], rank.at[unit].set(number)), None

    start = jnp.zeros_like(own), jnp.full(units, units, jnp.int32)
    (_, rank), _ = jax.lax.scan(step, start, jnp.arange(units, dtype=jnp.int32))
    return rank.astype(jnp.float32)


def forward(layer, ridge=1e-6):
    """How early a unit is taken if always the one is taken with which, new weights fitted, the next
    layer sees best what it saw: forward selection (El Halabi et al. 2022)."""
    units, reads = layer.width, [_gram(read) for read in layer.reads]
    rests = tuple(
        gram + ridge * gram.trace() / len(gram) * jnp.eye(len(gram), dtype=gram.dtype)
        for gram, _ in reads
    )

    def step(state, number):
        rests, rank = state
        taken = rank <= 0
        pairs = [(rest, kernel) for rest, (_, kernel) in zip(rests, reads, strict=True)]
        gains = sum(removal_costs(rest, rest @ kernel, taken) for rest, kernel in pairs)
        unit = jnp.where(taken, -jnp.inf, gains).argmax()
        rests = tuple(without(rest, kernel, unit, units)[0] for rest, kernel in pairs)
        return (rests, rank.at[unit].set(-number)), None

    start = rests, jnp.ones(units, jnp.int32)
    (_, rank), _ = jax.lax.scan(step, start, jnp.arange(units, dtype=jnp.int32))
    return rank.astype(jnp.float32)


def gram_ridge(h, h_kept, kept, ridge):
    """All features predicted from the kept ones by ridge regression on their Gram matrix, without
    an intercept (GRAIL, Tang et al. 2026)."""
    gram = h_kept.T @ h_kept
    penalty = ridge * gram.trace() / len(gram) * jnp.eye(len(gram), dtype=gram.dtype)
    mix = jnp.linalg.solve(gram + penalty, h_kept.T @ h)
    return mix.at[:, kept].add(-jnp.eye(len(gram), dtype=mix.dtype))


CRITERIA = {"l1": Criterion(l1, None), "thinet": Criterion(thinet), "forward": Criterion(forward)}
COMPENSATIONS = {"gram_ridge": Compensation(gram_ridge, constant=False, centred=False)}


def swapped(
    acts: Float[Array, "n width"],
    kernel: Float[Array, "width next"],
    kept: Int32[Array, " kept"],
    ridge: Number = 1e-4,
) -> Int32[Array, " kept"]:
    """Kept units, improved by swaps: as long as one helps, and at most as often as there are units,
    the best exchange of a kept unit for a dropped one is made (after the local search of OSSCAR,
    Meng et al. 2024, which exchanges several at once).

    Args:
      acts: a layer's activations (n, width).
      kernel: the kernel that reads them (width, next).
      kept: (kept,) where to start, such as what `eliminate` leaves.
      ridge: as for `eliminate`.

    Returns:
      (kept,), sorted: what the next layer sees is predicted at least as well from these.
    """
    h = centred(acts)
    covariance = h.T @ h / len(h)
    covariance += jnp.diag(ridge * jnp.maximum(jnp.diagonal(covariance), 1e-12))

    def left(chosen):
        """What the chosen units leave unexplained: covariance and error."""
        own = covariance[chosen]
        rest = covariance - own.T @ jnp.linalg.solve(own[:, chosen], own)
        return rest, jnp.sum(kernel * (rest @ kernel))

    @jax.jit
    def best(kept):
        def without_one(place):
            others = jnp.delete(kept, place, assume_unique_indices=True)
            rest, error = left(others)
            gains = jnp.square(rest @ kernel).sum(axis=1) / jnp.diagonal(rest)
            gains = gains.at[others].set(-jnp.inf)
            return error - gains.max(), gains.argmax()

        errors, units = jax.lax.map(without_one, jnp.arange(len(kept)))
        place = errors.argmin()
        return errors[place], kept.at[place].set(units[place].astype(kept.dtype))

    error = left(kept)[1]
    for _ in range(len(covariance)):
        lower, other = best(kept)
        if not lower < (1 - 1e-5) * error:
            break
        error, kept = lower, other
    return jnp.sort(kept)


def merged(params: Params, keep: Keep, threshold: Number = 0.45) -> Params:
    """A chain of Dense layers with ReLU, pruned by Neuron Merging (Kim et al. 2020): a dropped unit
    is replaced by the kept one of the most similar incoming weights, bias included, times the ratio
    of their norms, if their cosine is at least the threshold."""
    names, small = chain(params), slice_units(params, keep)
    for name, behind, kept in zip(names, names[1:], keep, strict=False):
        weights = jnp.concatenate([params[name]["kernel"], params[name]["bias"][None]]).T
        norms = jnp.maximum(jnp.linalg.norm(weights, axis=1), jnp.finfo(weights.dtype).tiny)
        cosines = (weights @ weights[kept].T) / jnp.outer(norms, norms[kept])
        nearest = cosines.argmax(axis=1)
        size = jnp.where(cosines.max(axis=1) >= threshold, norms / norms[kept][nearest], 0)
        share = jnp.zeros_like(cosines).at[jnp.arange(len(norms)), nearest].set(size)
        share = share.at[kept].set(jnp.eye(len(kept), dtype=share.dtype))
        following = keep[names.index(behind)] if behind != names[-1] else slice(None)
        kernel = share.T @ params[behind]["kernel"][:, following]
        small = small | {behind: small[behind] | {"kernel": kernel}}
    return small


def folded(params: Params, counts: tuple[Integer, ...], seed: int = 0) -> Params:
    """A chain of Dense layers, folded (Wang et al. 2025, without the repair of batch statistics):
    each layer's units fall into so many clusters by their incoming weights, bias included
    (k-means, of scikit-learn). A cluster becomes its mean, and its outgoing weights add up."""
    from sklearn.cluster import KMeans

    names = chain(params)
    small = {name: dict(params[name]) for name in names}
    for name, behind, count in zip(names, names[1:], counts, strict=False):
        own = np.concatenate([small[name]["kernel"], np.asarray(small[name]["bias"])[None]]).T
        clusters = KMeans(count, n_init=3, random_state=seed).fit_predict(own)
        member = np.eye(count, dtype=own.dtype)[clusters]  # (units, clusters)
        means = (member / member.sum(axis=0)).T @ own
        small[name] = {"kernel": jnp.array(means[:, :-1].T), "bias": jnp.array(means[:, -1])}
        small[behind]["kernel"] = jnp.array(member.T @ np.asarray(small[behind]["kernel"]))
    return small


def _gram(read):
    """What a reader reads, as Gram matrix (entries, entries), and its kernel (entries, outputs)."""
    h = read.h.reshape(len(read.h), -1)
    return h.T @ h / len(h), read.kernel.reshape(h.shape[1], -1)
