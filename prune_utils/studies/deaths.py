"""When units die, and what their weights see before and after. Over seeds, in NumPy."""

import numpy as np


def dead_in_the_end(dead):
    """Of the units alive before and dead after the first step, the share dead in the end; `dead`:
    (seeds, watched steps, units), the first two of them steps 0 and 1."""
    killed = dead[:, 1] & ~dead[:, 0]
    return dead[:, -1][killed].mean()


def touching_dead(dead):
    """Whether a weight touches a dead unit: (seeds, watched steps, inputs, units); `dead`: the same
    for the units of the layer before and of the layer of a kernel, a pair of (seeds, watched steps,
    width)."""
    return dead[0][..., :, None] | dead[1][..., None, :]


def silent_since(kernel, dead, step):
    """Of the units that are dead in the end, the share without a gradient in a kernel after `step`.

    Args:
      kernel: a layer of `gradient_history`, over seeds.
      dead: as for `touching_dead`.
      step: the last step at which a gradient counts as early.

    Returns:
      (seeds,), without those in which no unit is dead in the end.
    """
    last = np.concatenate([kernel["last"].max(axis=2), kernel["last"].max(axis=1)], axis=1)
    gone = np.concatenate([layer[:, -1] for layer in dead], axis=1)
    return np.array([(row[out] <= step).mean() for row, out in zip(last, gone) if out.any()])


def gradients_before_death(kernel, dead, steps):
    """How many gradients the incoming weights saw of units that died at a given step for good.

    Args:
      kernel: a layer of `gradient_history`, over seeds.
      dead: of its units, (seeds, watched steps, width).
      steps: the watched steps, as many as one wants to know of.

    Returns:
      The rows of a table: step -> "units" that were first dead after it, and dead in the end (those
      dead at step 0 can wake in between); "median" of the gradients seen; share of the weights that
      saw "at most one". Steps at which no unit died are left out.
    """
    death = np.where(dead[:, -1], np.argmax(dead, axis=1), -1)
    seen = [kernel["count"].transpose(0, 2, 1)[death == index] for index in range(len(steps))]
    return {
        step: {
            "units": len(counts),
            "gradients seen, median": np.median(counts),
            "at most one": (counts <= 1).mean(),
        }
        for step, counts in zip(steps, seen)
        if len(counts) > 0
    }


def stuck_share(idle, reach):
    """Of the dead units, the share that no gradient and no move of `reach` of their own weights
    wakes: (seeds,), without those in which none is dead; `idle`: `idleness` over seeds."""
    stuck = (idle["gradient"] == 0) & (idle["distance"] > reach)
    return np.array([row[gone].mean() for row, gone in zip(stuck, idle["dead"]) if gone.any()])


def waking_distances(idle):
    """How far each dead unit is from waking, (dead units,), and the median of each seed in which
    some are dead, (seeds,); `idle`: `idleness` over seeds."""
    rows = zip(idle["distance"], idle["dead"])
    return (
        idle["distance"][idle["dead"]],
        np.array([np.median(row[gone]) for row, gone in rows if gone.any()]),
    )


def waking_table(idle, shares=(0.01, 0.1, 0.5, 0.9)):
    """The rows of a table: how large a move wakes some shares of the dead units.

    Args:
      idle: dict name -> `idleness` over seeds.
      shares: of the dead units.

    Returns:
      dict name -> {"dead units": how many; "1 % of them": the move that wakes so many, …; "median,
      by seed": (seeds,)}. Moves are shares of the length of a unit's own weights.
    """
    rows = {}
    for name, units in idle.items():
        asleep, medians = waking_distances(units)
        moves = {f"{100 * share:g} % of them": np.quantile(asleep, share) for share in shares}
        rows[name] = {"dead units": len(asleep)} | moves | {"median, by seed": medians}
    return rows
