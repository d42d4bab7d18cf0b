"""What a training step takes over the width of the network, and several networks at a time on a
device. Run by `make bench`; writes a table into README.md beside this file.

All ways are compiled in one process, on all cores, and take turns.
"""

import time
from itertools import product
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax_worker import SETTINGS

import prune_utils as pu
from prune_utils.operations import PRODUCT, PRODUCTS, multiply
from prune_utils.publishing.pages import write_between
from prune_utils.publishing.tables import markdown_table
from prune_utils.studies.retraining import step_cost

WIDTHS, BATCHES, NETWORKS, STEPS, REPEATS = (100, 50, 25, 12, 6, 3), (1, 2, 4, 8), 8, 300, 5
CONFIG = pu.TrainConfig(steps=STEPS)


def steps_of(width, batch):
    """A function of a key: trains `NETWORKS` networks of this width, `batch` at a time."""
    model = pu.MLP((width, width, 2))

    def function(key):
        data, _ = SETTINGS.task(key, key)
        starts = jax.lax.map(
            lambda own: pu.init_params(model, own, data.x), jax.random.split(key, NETWORKS)
        )
        return jax.lax.map(
            lambda start: pu.train(model, start, data, CONFIG).loss[-1],
            starts,
            batch_size=None if batch == 1 else batch,
        )

    return function


def three_products(width, points):
    """A function of a key: the three large products of as many steps, one after the other, each
    with what the last has put out."""

    def function(key):
        kernel = jax.random.normal(key, (width, width)) / width**0.5
        h = jax.random.normal(key, (width, points))

        def step(carry, _):
            kernel, h = carry
            forward = kernel.T @ h
            backward = kernel @ forward
            gradient = h @ forward.T
            return (kernel + 1e-9 * gradient, h + 1e-9 * backward), None

        return jax.lax.scan(step, (kernel, h), length=NETWORKS * STEPS)[0][1].sum()

    return function


def main():
    pu.use_all_cores()
    keys = jax.random.split(jax.random.key(0), jax.device_count())
    points = SETTINGS.task.points_per_arm * SETTINGS.task.arms
    ways = {(w, b): steps_of(w, b) for w, b in product(WIDTHS, BATCHES)}
    ways |= {(w, "products"): three_products(w, points) for w in WIDTHS}
    ways["machine"] = multiply
    seconds = {name: [] for name in ways}
    for repeat in range(REPEATS + 1):
        for name, function in ways.items():
            start = time.perf_counter()
            pu.run_ensemble(function, keys)
            seconds[name] += [time.perf_counter() - start] if repeat else []  # the first compiles
    median = {name: np.median(values) for name, values in seconds.items()}
    rate = PRODUCTS * 2 * PRODUCT**3 / median.pop("machine")  # of one core
    rows = {}
    for width in WIDTHS:
        model = pu.MLP((width, width, 2))
        params = pu.init_params(model, jax.random.key(0), jnp.zeros((1, 2)))
        floor = points * step_cost(params) / rate
        each = {b: median[width, b] / (STEPS * NETWORKS) for b in BATCHES}
        alone = 6 * points * width**2 / rate / (median[width, "products"] / (STEPS * NETWORKS))
        rows[f"{width} units"] = {
            "floor, µs": f"{1e6 * floor:.1f}",
            "a step, µs": f"{1e6 * each[1]:.0f}",
            "share of the rate": f"{floor / each[1]:.2f}",
            "of its three large products alone": f"{alone:.2f}",
        } | {f"{b} at a time, times as fast": f"{each[1] / each[b]:.2f}" for b in BATCHES[1:]}
    text = f"""{markdown_table(rows)}

Two hidden layers, {points} points, one step of one network on one core while all {len(keys)} work;
the machine's rate, {rate / 1e9:.0f} GFLOP/s a core in products of {PRODUCT}×{PRODUCT} matrices, in
the same run. Medians of {REPEATS} interleaved repetitions."""
    write_between(Path(__file__).with_name("README.md"), "steps", text)


if __name__ == "__main__":
    main()
