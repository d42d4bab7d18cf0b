"""Dead, redundant and needed units of any traced network, whether they wake, and their roles."""

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from ..elimination import KINDS, eliminate_units
from ..scoring import reads_of
from .rules import RULES

MOVES = 4  # random moves that a dead unit has to stay dead under


def roles_of(net, variables, x):
    """What every unit does over the inputs x: for each layer what its first reader sees (rows,
    units), a row for each entry of a unit."""
    reads = reads_of(net, variables, x)
    seen = [reads[layer][0].h for layer in range(len(net.widths))]
    return tuple(jnp.moveaxis(h, 1, 2).reshape(-1, h.shape[1]) for h in seen)


def dead_units(reads):
    """For each layer (units,), true where no reader sees a unit vary; reads: see `reads_of`."""
    return tuple(
        jnp.stack([(read.h == read.h[:1]).all(axis=(0, 2)) for read in reads[layer]]).all(axis=0)
        for layer in range(len(reads))
    )


def unit_counts(net, variables, x):
    """How many units of each layer are dead, redundant and needed, as `unit_kinds` has it, if they
    may have several readers: (layers, 3)."""
    reads, counts = reads_of(net, variables, x), []
    for layer, dead in enumerate(dead_units(reads)):
        rank, error = eliminate_units([(read.h, read.kernel) for read in reads[layer]])
        spared = error[rank] <= RULES["F4"].error
        kind = jnp.where(spared, KINDS.index("redundant"), KINDS.index("needed"))
        kind = jnp.where(dead, KINDS.index("dead"), kind)
        counts.append(jnp.stack([(kind == k).sum() for k in range(len(KINDS))]))
    return jnp.stack(counts)


def dead_and_awake(net, variables, x, key):
    """(dead, awake), each for every layer (units,): the dead units, and those that wake in one of
    `MOVES` random moves of all weights at once, each by `RULES["P13"].small` of itself."""
    flat, back = ravel_pytree(variables["params"])

    def after(move):
        key, size = move
        moved = flat * (1 + size * jax.random.rademacher(key, flat.shape, flat.dtype))
        return dead_units(reads_of(net, {**variables, "params": back(moved)}, x))

    sizes = jnp.full(MOVES + 1, RULES["P13"].small).at[0].set(0)  # the first stays where it is
    dead = jax.lax.map(after, (jax.random.split(key, MOVES + 1), sizes))
    return tuple(one[0] for one in dead), tuple(one[0] & ~one.all(axis=0) for one in dead)


def part_dropped(units, keep):
    """The share of marked units among those that `keep` leaves out; units: a tuple of (units,)."""
    marked = sum(one.sum() - one[kept].sum() for one, kept in zip(units, keep, strict=True))
    return marked / sum(len(one) - len(kept) for one, kept in zip(units, keep, strict=True))
