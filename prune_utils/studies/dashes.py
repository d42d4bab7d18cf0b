"""The dashed diagonal of two kernels against each other: its pieces, over all seeds.

`pair` is what `kernel_pair` measured on many seeds: arrays (seeds, …).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import scipy.stats

from ..compare import diagonal_profile, touched
from ..statistics import Interval, half_sample_mode, mean_interval
from .orders import run_experiment
from .rules import RULES

PIECES = ("lower", "middle", "upper")
NEAR = RULES["P9"].within  # of a place: at it


class Outer(NamedTuple):
    """Where the outer pieces lie. `band`: the most common |displacement| of each seed, (seeds,);
    `position`: its median; `there`: share of the seeds within 1 % of that."""

    band: np.ndarray
    position: float
    there: Interval


def outer_pieces(moves):
    """The most common |displacement| of kernels (seeds, inputs, units), an `Outer`."""
    band = np.array([half_sample_mode(kernel[kernel > 0]) for kernel in np.abs(moves)])
    position = float(np.median(band))
    return Outer(band, position, mean_interval(np.abs(band - position) < NEAR * position))


def in_band(moves, position):
    """The share of a kernel's weights moved by `position`, within 1 %: an `Interval` over seeds."""
    return mean_interval((np.abs(np.abs(moves) - position) < NEAR * position).mean(axis=(1, 2)))


class Diagonal(NamedTuple):
    """Weights along the diagonal. `near`, `beside`: see `diagonal_profile`, (seeds, bins) between
    `edges`; `ratio`, `excess`: dicts with the three pieces and the "gaps", how many times as many
    lie on it as beside it, and how many more a seed, an `Interval`."""

    edges: np.ndarray
    near: np.ndarray
    beside: np.ndarray
    ratio: dict
    excess: dict


def diagonal_pieces(pair, limit, position):
    """How much denser the plot of two kernels is on its diagonal than beside it, piece by piece.

    Args:
      pair: see above.
      limit: the cut-off of the initial weights.
      position: where the outer pieces lie, see `Outer`.

    Returns:
      A `Diagonal`. The pieces are as wide as the initialisation, around −position, 0 and position;
      the gaps are what lies between them, a bin's width away.
    """
    edges = np.linspace(-1, 1, 81)
    near, beside = map(
        np.asarray,
        jax.vmap(diagonal_profile, (0, 0, None))(pair["train_prune"], pair["prune_train"], edges),
    )
    centres = (edges[1:] + edges[:-1]) / 2
    pieces = {
        "lower": np.abs(centres + position) < limit,
        "middle": np.abs(centres) < limit,
        "upper": np.abs(centres - position) < limit,
        "gaps": (np.abs(centres) > limit + 0.025) & (np.abs(centres) < position - limit - 0.025),
    }
    counts = {
        name: (near[:, at].sum(axis=1), beside[:, at].sum(axis=1)) for name, at in pieces.items()
    }
    return Diagonal(
        edges,
        near,
        beside,
        {name: on.sum() / off.sum() for name, (on, off) in counts.items()},
        {name: mean_interval(on - off) for name, (on, off) in counts.items()},
    )


def weight_density(pair):
    """How many weights of all seeds lie in each cell of the plot of two kernels, (200, 200) cells
    of (-1, 1)², first row at the bottom."""
    edges = np.linspace(-1, 1, 201)
    kernels = (pair["train_prune"].ravel(), pair["prune_train"].ravel())
    return np.histogram2d(*kernels, bins=edges)[0].T


class Middle(NamedTuple):
    """The untouched weights. `unmoved`: their values; `per_seed`: how many; `none`: seeds without
    any; `inner`, `inner_untouched`: pairs equal to machine precision in the initial range, and how
    many of these are untouched in both runs; `outside`, `outside_alike`: pairs equal to the last
    bit elsewhere, and how many of these moved by the outer pieces' shift; `tilt`: the mean
    untouched weight of each seed over the cut-off."""

    unmoved: np.ndarray
    per_seed: Interval
    none: int
    inner: int
    inner_untouched: int
    outside: int
    outside_alike: int
    tilt: Interval


def middle_piece(pair, limit, position):
    """Which weights the two orders have in common, a `Middle`; arguments as for
    `diagonal_pieces`."""
    first, second, init = pair["train_prune"], pair["prune_train"], pair["init"]
    still = untouched(pair)
    inner = (np.abs(first - second) < RULES["P7"].equal * limit) & (np.abs(first) < limit)
    outside = (first == second) & ~inner
    alike = np.abs(np.abs(second - init)[outside] - position) < NEAR * position
    means = [kernel[mask].mean() / limit for kernel, mask in zip(init, still) if mask.any()]
    return Middle(
        init[still],
        mean_interval(still.sum(axis=(1, 2))),
        int((still.sum(axis=(1, 2)) == 0).sum()),
        int(inner.sum()),
        int((inner & still).sum()),
        int(outside.sum()),
        int(alike.sum()),
        mean_interval(means),
    )


def middle_row(middle):
    """A `Middle`'s counts as a row for `show_table`."""
    return {
        "touched in neither run, per seed": middle.per_seed,
        "seeds without any": middle.none,
        "equal in the initial range": middle.inner,
        "of these touched in neither run": middle.inner_untouched,
        "equal to the last bit elsewhere": middle.outside,
        "of these moved alike, by the outer pieces' shift": middle.outside_alike,
    }


def untouched(pair):
    """Which weights no training moved, by exact comparison: boolean (seeds, inputs, units)."""
    return (pair["train_prune"] == pair["init"]) & (pair["prune_train"] == pair["init"])


def uniform_table(pair, limit):
    """The untouched and all initial weights against the uniform law, and between which units they
    are.

    Returns:
      A dict of rows for `show_table`: numbers of weights, extent, mean, Kolmogorov and Smirnov's
      distance, and shares of the weights that lead into a unit dead before the first step, or join
      two that are never active together then; such weights have a row of their own.
    """
    still, apart, init = untouched(pair), pair["apart"], pair["init"]
    asleep = np.broadcast_to(pair["asleep"][:, None, :], still.shape)
    law = scipy.stats.uniform(-limit, 2 * limit).cdf
    chosen = {
        "untouched": still,
        "all, initial": np.ones_like(still),
        "between units never active together": apart,
    }
    return {
        name: {
            "weights": int(mask.sum()),
            "largest size / cut-off": np.abs(init[mask]).max() / limit,
            "mean / cut-off": init[mask].mean() / limit,
            "distance from the uniform law": scipy.stats.kstest(init[mask], law).statistic,
            "into a unit dead at the start": asleep[mask].mean(),
            "between units never active together": apart[mask].mean(),
        }
        for name, mask in chosen.items()
    }


def one_seed(pair, seed=0):
    """The kernels of one seed, "init", "train_prune" and "prune_train", and their `touched`."""
    kernels = {name: pair[name][seed] for name in ("init", "train_prune", "prune_train")}
    return kernels | {"touched": np.asarray(touched(*kernels.values()))}


def kernel_moves(key, settings):
    """The displacement of the kernel between the hidden layers of prune_train on one seed."""
    branch = run_experiment(key, settings).branches["random"]
    layer = "Dense_1"
    return branch.prune_train.params[layer]["kernel"] - branch.init[layer]["kernel"]


def lone_gradient(step, steps=1000):
    """How far optax's Adam moves a weight, in learning rates, in answer to one gradient, at this
    step: a scalar."""
    adam, gradients = optax.adam(1.0), jnp.zeros(steps).at[step - 1].set(1.0)

    def update(state, gradient):
        move, state = adam.update(gradient, state)
        return state, move

    return jnp.abs(jax.lax.scan(update, adam.init(jnp.zeros(())), gradients)[1].sum())


def correlations(pair):
    """How the two kernels correlate, as a row for `show_table`: see `kernel_pair`; "ranks" is
    Spearman's correlation, which outliers do not weaken."""
    kernels = zip(pair["train_prune"], pair["prune_train"])
    ranks = [scipy.stats.spearmanr(a.ravel(), b.ravel()).statistic for a, b in kernels]
    p12 = RULES["P12"]
    return {
        "r": pair["r"],
        "ranks": np.array(ranks),
        "of displacements": pair["r_moves"],
        "with the initial weights": pair["r_init"],
        f"share of the seeds with p < {p12.p}": pair["p"] < p12.p,
    }
