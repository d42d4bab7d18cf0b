"""How long the report took, beside the least that its multiplications and additions could take."""

import time

import jax
import numpy as np

from ..ensemble import run_ensemble, use_all_cores
from ..operations import PRODUCT, PRODUCTS, multiply
from .tables import markdown_table

REPEATS = 5


def machine_rate():
    """Operations a second of all cores together in large products: the median of some runs."""
    use_all_cores()
    keys, seconds = jax.random.split(jax.random.key(0), jax.device_count()), []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        run_ensemble(multiply, keys)
        seconds.append(time.perf_counter() - start)
    return len(keys) * PRODUCTS * 2 * PRODUCT**3 / np.median(seconds[1:])  # the first compiles


def floor_table(seconds, operations, whole):
    """A row for each notebook, and one for all: how long it took, the floor, and their ratio.

    Args:
      seconds, operations: dicts of notebooks, from `time` and `operations_done`.
      whole: seconds of the whole report.
    """
    rate = machine_rate()
    seconds = seconds | {"all, two at a time": whole}
    operations = operations | {"all, two at a time": sum(operations.values())}
    rows = {
        name: {
            "seconds": f"{seconds[name]:.0f}",
            "floor": f"{operations[name] / rate:.1f}",
            "ratio": f"{seconds[name] * rate / operations[name]:.1f}" if operations[name] else "",
        }
        for name in sorted(seconds)
    }
    return (
        f"{markdown_table(rows)}\n\nfloor: seconds that products and convolutions of this work "
        f"would take on all cores at {rate / 1e9:.0f} GFLOP/s, the rate of large matrix products"
    )
