"""Trains networks one JAX way. For each number of networks on standard input, prints the seconds it
took.

    python jax_worker.py WAY [CORES]    WAY: one of `WAYS`; CORES: the numbers of the cores to use,
    as in 0,1

Says "ready" when it has started. An empty line ends it; then it prints its peak memory in MiB.
"""

import os
import resource
import sys
import time
from functools import partial

import jax
import optax

import prune_utils as pu
from prune_utils.operations import multiply

SETTINGS = pu.Settings()


def prepare(key):
    """The report's data and an untrained network."""
    data_key, _, init_key, *_ = jax.random.split(key, 5)
    data, _ = SETTINGS.task(data_key, init_key)
    return pu.init_params(SETTINGS.model, init_key, data.x), data


def train_one(key):
    params, data = prepare(key)
    return pu.train(SETTINGS.model, params, data, SETTINGS.train).loss[-1]


def ensemble(keys):
    pu.run_ensemble(train_one, keys)


vmapped = jax.jit(jax.vmap(train_one))


def vmap(keys):
    vmapped(keys).block_until_ready()


OPTIMIZER = optax.adam(SETTINGS.train.learning_rate)


@jax.jit
def step(params, state, data):
    gradient = jax.grad(partial(pu.loss, SETTINGS.model))(params, data)
    updates, state = OPTIMIZER.update(gradient, state)
    return optax.apply_updates(params, updates), state


def python_loop(keys):
    """The textbook: a jitted step, called from Python, one network after the other."""
    for key in keys:
        params, data = prepare(key)
        state = OPTIMIZER.init(params)
        for _ in range(SETTINGS.train.steps):
            params, state = step(params, state, data)
        jax.block_until_ready(params)


def products(keys):
    """Large products for each key: the machine's rate."""
    pu.run_ensemble(multiply, keys)


WAYS = {"run_ensemble": ensemble, "vmap": vmap, "python_loop": python_loop, "products": products}


def main(way, cores=None):
    if cores:  # before JAX looks at the machine
        here = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, [here[int(number)] for number in cores.split(",")])
    pu.use_all_cores()
    key = jax.random.key(0)
    print("ready", flush=True)
    for line in sys.stdin:
        if not line.strip():
            break
        keys = jax.random.split(key, int(line))
        start = time.perf_counter()
        WAYS[way](keys)
        print(time.perf_counter() - start, flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
