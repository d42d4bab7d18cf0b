"""Any pure per-seed function over many seeds, on all devices."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import jax
import numpy as np
from jax.experimental.multihost_utils import process_allgather
from jax.interpreters.partial_eval import dce_jaxpr
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jaxtyping import Array, Key, PyTree, Shaped
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from ._checks import require
from .operations import operations_in

_done = {"operations": 0}


def use_all_cores() -> None:
    """Makes one JAX device of every CPU core that this process may use. Call it first, before any
    JAX computation.

    Raises:
      RuntimeError: (from JAX) if a computation has already fixed the devices.

    Example:
      >>> import jax, prune_utils as pu
      >>> pu.use_all_cores()
      >>> jax.device_count() >= 1
      True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # else running a notebook's first cell again would fail
    if jax.config.jax_num_cpu_devices != cores:
        jax.config.update("jax_num_cpu_devices", cores)
    # Each device calls LAPACK on its own; if each call also took all cores, they would wait for
    # each other, for 50 times as long.
    threadpool_limits(1, user_api="blas")


def run_ensemble(
    function: Callable, keys: Key[Array, " seeds"], *args: PyTree, batch: int | None = None
) -> PyTree[Shaped[np.ndarray, "seeds ..."]]:
    """`function(key, *args)` for every key, spread over all devices.

    On a CPU each device works on one seed at a time, because a small network fills a core's caches
    but not more; on a GPU `batch` seeds run together under `jax.vmap`. A seed's result does not
    depend on how many others run with it. The work goes out in chunks, so a progress bar can move
    and an interrupt stops it at the next chunk.

    After `jax.distributed.initialize(…)` every process takes an equal share of the seeds to its own
    devices, and all of them return all results. Start the same script once for each process, on one
    host or many:

        jax.distributed.initialize("10.0.0.1:1234", num_processes=2, process_id=0)  # or 1
        results = pu.run_ensemble(function, keys)

    If a process is lost, JAX ends the others once its heartbeat has been missing for
    `heartbeat_timeout_seconds`, an argument of `initialize` (100 by default), and says so.

    Args:
      function: pure and traceable, key -> pytree of arrays. Compiled once for each function object,
        so it must not depend on anything that changes later.
      keys: (seeds,) array of `jax.random.key`s.
      args: passed to every call alike.
      batch: seeds at a time on each device; by default 1 on a CPU and 256 elsewhere.

    Returns:
      The function's pytree as NumPy arrays, with a leading axis over the seeds.

    Raises:
      ValueError: if `keys` is not a non-empty 1-D array of keys.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> keys = jax.random.split(jax.random.key(0), 5)
      >>> pu.run_ensemble(lambda key: jax.random.normal(key, (3,)), keys).shape
      (5, 3)
    """
    _require_keys(keys)
    require(
        batch is None or (isinstance(batch, int) and batch >= 1),
        "batch",
        f"an integer of at least 1, got {batch!r}",
    )
    results = _run_here(function, keys, args, batch)
    if jax.process_count() > 1:
        results = process_allgather(results, tiled=True)
    return jax.tree.map(lambda leaf: leaf[: len(keys)], results)


def run_ensembles(runs: Mapping[str, tuple]) -> dict[str, PyTree[Shaped[np.ndarray, "seeds ..."]]]:
    """Several calls of `run_ensemble`, one after another. Each is compiled, in a thread, while
    those before it run.

    An interrupt stops the run at the next chunk, but Python ends only when what is being compiled
    is. Inside one of JAX's context managers, such as `jax.default_matmul_precision`, which hold for
    one thread, the results are the same but each is compiled twice.

    Args:
      runs: dict name -> (function, keys, *args), the arguments of `run_ensemble`.

    Returns:
      Dict name -> what `run_ensemble` returns.

    Raises:
      ValueError: as `run_ensemble`, before anything runs.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> keys = jax.random.split(jax.random.key(0), 5)
      >>> draws = {"normal": (jax.random.normal, keys), "uniform": (jax.random.uniform, keys)}
      >>> {name: found.shape for name, found in pu.run_ensembles(draws).items()}
      {'normal': (5,), 'uniform': (5,)}
    """
    for _, keys, *_ in runs.values():
        _require_keys(keys)
    compiler = ThreadPoolExecutor(max_workers=1)
    try:
        compiled = {name: compiler.submit(_compile, *run) for name, run in runs.items()}
        results = {}
        for name, run in runs.items():
            wait([compiled[name]])  # if that failed, the run itself says why
            results[name] = run_ensemble(*run)
        return results
    finally:
        compiler.shutdown(wait=False, cancel_futures=True)


def operations_done() -> int:
    """Multiplications and additions of the products and convolutions in every `run_ensemble` of
    this process so far, on its own devices, seeds that fill up a chunk included; see
    `operations_in`.
    """
    return _done["operations"]


def _require_keys(keys):
    is_keys = isinstance(keys, jax.Array) and jax.dtypes.issubdtype(keys.dtype, jax.dtypes.prng_key)
    fits = is_keys and keys.ndim == 1 and len(keys) > 0
    require(fits, "keys", "a non-empty 1-D array from jax.random.split")


def _share(keys):
    """How many of the keys each process takes."""
    return -(-len(keys) // jax.process_count())


def _parts(keys, batch):
    """This process's share of the keys on its own devices: (mesh, batch, parts), the parts of equal
    size, the last one filled up; `batch`: seeds at a time on each device."""
    batch = batch or (1 if jax.default_backend() == "cpu" else 256)
    share = _share(keys)
    devices = jax.local_devices()[: -(-share // batch)]
    mesh = jax.make_mesh((len(devices),), ("seed",), devices=devices, axis_types=(AxisType.Auto,))
    rounds = min(4, -(-share // (batch * len(devices))))  # of each device, in one part
    size = rounds * batch * len(devices)
    own = jax.process_index() * share + np.minimum(np.arange(-(-share // size) * size), share - 1)
    padded, seeds = keys[np.minimum(own, len(keys) - 1)], NamedSharding(mesh, PartitionSpec("seed"))
    starts = range(0, len(padded), size)
    return mesh, batch, [jax.device_put(padded[i : i + size], seeds) for i in starts]


def _run_here(function, keys, args, batch):
    """This process's share of the keys, part by part."""
    mesh, batch, parts = _parts(keys, batch)
    share, results = _share(keys), []
    with tqdm(total=share, unit="seed", leave=False, delay=2) as bar:
        for place, part in enumerate(parts):
            results.append(jax.device_get(_run_chunk(function, mesh, batch, part, args)))
            bar.update(min(len(part), share - place * len(part)))
    # What one device does of a part. JAX has kept it; XLA leaves out what nothing needs.
    jaxpr = _run_chunk.trace(function, mesh, batch, parts[0], args).jaxpr.jaxpr
    needed, _ = dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))
    _done["operations"] += operations_in(needed) * mesh.size * len(parts)
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:share], *results)


def _compile(function, keys, *args):
    """What `run_ensemble` will need; JAX keeps it for the call."""
    mesh, batch, parts = _parts(keys, None)
    _run_chunk.lower(function, mesh, batch, parts[0], args).compile()


@partial(jax.jit, static_argnames=("function", "mesh", "batch"))
def _run_chunk(function, mesh, batch, keys, args):
    def on_device(keys, args):
        return jax.lax.map(
            lambda key: function(key, *args), keys, batch_size=None if batch == 1 else batch
        )

    seeds, everywhere = PartitionSpec("seed"), PartitionSpec()
    spread = jax.shard_map(
        on_device, mesh=mesh, in_specs=(seeds, everywhere), out_specs=seeds, check_vma=False
    )
    return spread(keys, args)
