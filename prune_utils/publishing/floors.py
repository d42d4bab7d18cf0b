"""How long the report took, beside the least that its multiplications and additions could take."""

import time

import jax
import numpy as np

from ..ensemble import run_ensemble, use_all_cores
from ..operations import PRODUCT, PRODUCTS, multiply
from .tables import markdown_table

REPEATS = 5


def machine_rate():
    """Operations a second of all devices together in large products: the median of some runs."""
    keys, seconds = jax.random.split(jax.random.key(0), jax.device_count()), []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        run_ensemble(multiply, keys, batch=1)
        seconds.append(time.perf_counter() - start)
    return len(keys) * PRODUCTS * 2 * PRODUCT**3 / np.median(seconds[1:])  # the first compiles


def print_floors(*found):
    """Prints the `floor_table`, measured on all cores."""
    use_all_cores()
    print("", floor_table(*found), sep="\n")


def floor_table(seconds, operations, whole):
    """A row for each notebook, and one for all: how long it took, the floor, and their ratio.

    Args:
      seconds, operations: dicts of notebooks, from `time` and `operations_done`.
      whole: seconds of the whole report.
    """
    rate = machine_rate()
    seconds = seconds | {"together": whole}
    operations = operations | {"together": sum(operations.values())}
    rows = {
        name: {
            "seconds": f"{seconds[name]:.0f}",
            "floor": f"{operations[name] / rate:.1f}",
            "ratio": f"{seconds[name] * rate / operations[name]:.1f}" if operations[name] else "",
        }
        for name in sorted(seconds)
    }
    return (
        f"{markdown_table(rows)}\n\nfloor: seconds that the products and convolutions of "
        f"`run_ensemble` would take on all cores, at the {rate / 1e9:.0f} GFLOP/s of large matrix "
        "products. Of a branch the cheapest case is counted, and of a loop whose length is "
        "computed one round, so that 07 and 09 have a higher floor. Two notebooks run at a time."
    )
