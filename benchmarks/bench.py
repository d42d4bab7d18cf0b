"""How fast many networks train: `run_ensemble` against the other ways to do the same work, interleaved in one run.

The work is the report's: full-batch Adam steps of the 2-100-100-2 network on its 200 points. Prints medians and ranges.
"""

import os
import platform
import time
from functools import partial

os.environ["TQDM_DISABLE"] = "1"

import jax
import numpy as np
import optax
import psutil

import prune_utils as pu

STEPS, NETWORKS, REPEATS = 200, 16, 7


def prepare(key):
    data = pu.spirals(key)
    model = pu.Settings().model
    return model, pu.init_params(model, key, data.x), data


def train_one(key):
    model, params, data = prepare(key)
    return pu.train(model, params, data, pu.TrainConfig(steps=STEPS)).loss[-1]


def python_loop(keys):
    """The textbook loop: one jitted step, called from Python, one network after the other."""
    optimizer = optax.adam(0.1)

    @partial(jax.jit, static_argnames="model")
    def step(model, params, state, data):
        gradient = jax.grad(partial(pu.loss, model))(params, data)
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(params, updates), state

    def run():
        for key in keys:
            model, params, data = prepare(key)
            state = optimizer.init(params)
            for _ in range(STEPS):
                params, state = step(model, params, state, data)
        return jax.block_until_ready(params)

    return run


def main():
    pu.use_all_cores()
    keys = jax.random.split(jax.random.key(0), NETWORKS)
    together = jax.jit(jax.vmap(train_one))
    ways = {
        "run_ensemble": lambda: pu.run_ensemble(train_one, keys),
        "jax.vmap over all networks": lambda: jax.block_until_ready(together(keys)),
        "jitted step in a Python loop": python_loop(keys),
    }
    for run in ways.values():
        run()  # compile
    seconds = {name: [] for name in ways}
    for _ in range(REPEATS):
        for name, run in ways.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    machine = f"{platform.machine()}, {psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB"
    print(f"{machine}; {jax.device_count()} {jax.default_backend()} devices, JAX {jax.__version__}")
    print(f"{NETWORKS} networks, {STEPS} steps, {REPEATS} interleaved repetitions\n")
    print("| | µs per step and network, median (range) | times run_ensemble |\n|---|---|---|")
    base = np.median(seconds["run_ensemble"])
    for name, values in seconds.items():
        micro = 1e6 * np.array(values) / (STEPS * NETWORKS)
        ratio = np.median(values) / base
        print(f"| {name} | {np.median(micro):.0f} ({micro.min():.0f}–{micro.max():.0f}) | {ratio:.1f} |")


if __name__ == "__main__":
    main()
