import os
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import HEED_INTERRUPTS, assert_close, assert_identical, stacked

import prune_utils as pu
from prune_utils import ensemble
from prune_utils.tasks import Spirals

KEYS = jax.random.split(jax.random.key(0), 19)
CONFIG = pu.TrainConfig(learning_rate=0.01, steps=20)


def one_seed(key, scale=1.0):
    """A small training: any difference in rounding would show in its weights."""
    data = pu.spirals(key, 8)
    run = pu.train(pu.MLP((5, 2)), pu.init_params(pu.MLP((5, 2)), key, data.x), data, CONFIG)
    return {"params": run.params, "pair": (scale * run.loss[-1], data.y)}


@pytest.fixture(scope="module")
def nineteen():
    # three chunks of 2 devices x 4 rounds, the last one padded
    return pu.run_ensemble(one_seed, KEYS)


@pytest.fixture
def one_device(monkeypatch):
    first = jax.local_devices()[:1]
    monkeypatch.setattr(ensemble.jax, "local_devices", lambda: first)


def first(results, n):
    return jax.tree.map(lambda leaf: leaf[:n], results)


def test_two_devices_are_there():
    assert len(jax.devices()) == 2


def test_an_ensemble_is_a_python_loop(nineteen):
    # Another program, so rounding may differ: 20 steps at a small learning rate, one part in 10⁴.
    alone = jax.jit(lambda key: one_seed(key))
    assert_close(first(nineteen, 5), stacked(*(alone(key) for key in KEYS[:5])), 1e-4)


def test_results_are_numpy_arrays_in_the_order_of_the_keys(nineteen):
    assert all(type(leaf) is np.ndarray and len(leaf) == 19 for leaf in jax.tree.leaves(nineteen))
    assert nineteen["params"]["Dense_0"]["kernel"].shape == (19, 2, 5)
    assert nineteen["pair"][1].dtype == np.int32
    drawn = pu.run_ensemble(jax.random.normal, KEYS)
    assert_identical(drawn, np.stack([jax.random.normal(key) for key in KEYS]))


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_a_seed_has_the_same_bits_in_every_company(nineteen, n):
    assert_identical(pu.run_ensemble(one_seed, KEYS[:n]), first(nineteen, n))


def test_a_seed_has_the_same_bits_at_every_place(nineteen):
    backwards = pu.run_ensemble(one_seed, KEYS[::-1])
    assert_identical(jax.tree.map(lambda leaf: leaf[::-1], backwards), nineteen)


def test_one_device_gives_the_same_bits_as_two(nineteen, one_device):
    assert_identical(pu.run_ensemble(one_seed, KEYS), nineteen)


def test_seeds_in_a_batch_agree_with_seeds_alone(nineteen):
    # A batch is another program: 20 steps at a small learning rate, one part in 10⁴.
    assert_close(pu.run_ensemble(one_seed, KEYS, batch=3), nineteen, 1e-4)


def test_several_ensembles_are_what_each_is_alone_and_compiled_once(nineteen, caplog):
    def again(key):
        return one_seed(key)

    def draw(key, scale):
        return scale * jax.random.normal(key, (3,))

    jax.config.update("jax_log_compiles", True)
    try:
        found = pu.run_ensembles({"again": (again, KEYS), "draws": (draw, KEYS[:5], 2.0)})
    finally:
        jax.config.update("jax_log_compiles", False)
    done = [r for r in caplog.records if "Finished XLA compilation of jit(_run_chunk)" in r.message]
    assert len(done) == 2 and all(record.threadName != "MainThread" for record in done)
    assert list(found) == ["again", "draws"]
    assert_identical(found["again"], nineteen)
    assert_identical(found["draws"], pu.run_ensemble(draw, KEYS[:5], 2.0))


def test_what_is_wrong_with_one_of_several_ensembles_is_told():
    def broken(key):
        raise ArithmeticError("its own words")

    with pytest.raises(ArithmeticError, match="its own words"):
        pu.run_ensembles({"broken": (broken, KEYS), "draws": (jax.random.normal, KEYS)})
    ran = []
    with pytest.raises(ValueError, match="a non-empty 1-D array"):
        pu.run_ensembles({"first": (ran.append, KEYS), "draws": (jax.random.normal, KEYS[:0])})
    assert not ran


def test_the_work_is_spread_over_the_devices_and_no_seed_is_lost(monkeypatch):
    chunks = []

    def spy(function, mesh, batch, keys, args):
        chunks.append((mesh.size, len(keys), len(keys.sharding.device_set)))
        return jnp.zeros(len(keys))

    spy.trace = ensemble._run_chunk.trace
    monkeypatch.setattr(ensemble, "_run_chunk", spy)
    pu.run_ensemble(one_seed, KEYS)
    assert chunks == [(2, 8, 2)] * 3
    chunks.clear()
    pu.run_ensemble(one_seed, KEYS[:1])
    assert chunks == [(1, 1, 1)]
    chunks.clear()
    pu.run_ensemble(one_seed, KEYS[:5], batch=4)
    assert chunks == [(2, 8, 2)]


@pytest.mark.parametrize("batch, shape", [(None, ()), (3, (3,)), (32, (32,))])
def test_a_cpu_device_works_on_one_seed_at_a_time_unless_told_otherwise(batch, shape):
    shapes = set()

    def note(number):
        shapes.add(np.shape(number))
        return number

    def function(key):
        number = jax.random.uniform(key)
        return jax.pure_callback(note, number, number, vmap_method="expand_dims")

    expected = np.stack([jax.random.uniform(key) for key in KEYS])
    np.testing.assert_allclose(pu.run_ensemble(function, KEYS, batch=batch), expected)
    assert shapes == {shape}


def test_a_progress_bar_counts_every_seed_once(monkeypatch):
    bars = []

    class Bar(SimpleNamespace):
        done = 0

        def __enter__(self):
            bars.append(self)
            return self

        def __exit__(self, *error):
            pass

        def update(self, n):
            self.done += n

    monkeypatch.setattr(ensemble, "tqdm", lambda **settings: Bar(**settings))
    pu.run_ensemble(jax.random.normal, KEYS)
    assert bars[0].total == bars[0].done == 19


def test_args_reach_every_seed_alike():
    def function(key, tree, settings, factor):
        return jax.random.normal(key) * factor + tree["a"].sum() + settings.task.noise

    args = ({"a": jnp.arange(3.0)}, pu.Settings(Spirals(noise=0.5)), 2.0)
    out = pu.run_ensemble(function, KEYS[:3], *args)
    np.testing.assert_allclose(
        out, [2 * jax.random.normal(key) + 3.5 for key in KEYS[:3]], rtol=1e-5
    )


def test_one_function_is_compiled_once_even_for_other_args():
    traced = []

    def function(key, factor):
        traced.append(1)
        return jax.random.normal(key) * factor

    pu.run_ensemble(function, KEYS, 2.0)
    pu.run_ensemble(function, KEYS, 3.0)
    assert len(traced) == 1


def test_errors_of_the_function_reach_the_caller():
    def function(key):
        raise ArithmeticError("no such seed")

    with pytest.raises(ArithmeticError, match="no such seed"):
        pu.run_ensemble(function, KEYS)


def test_use_all_cores_makes_a_device_of_every_core_of_the_process():
    code = (
        "import os, jax, prune_utils as pu; pu.use_all_cores(); cores = "
        "len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count(); "
        "assert len(jax.devices()) == cores, jax.devices()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=os.path.dirname(os.path.dirname(pu.__file__)),
    )
    assert done.returncode == 0, done.stderr


INTERRUPTED = """
import jax, prune_utils as pu
pu.use_all_cores()
def slow(key):
    start = jax.random.normal(key, (200, 200))
    return jax.lax.fori_loop(0, 300, lambda _, x: x @ start / 200, start).sum()
keys = jax.random.split(jax.random.key(0), 100_000)
pu.run_ensemble(slow, keys[:64])
print("running", flush=True)
pu.run_ensemble(slow, keys)
"""


def test_an_interrupt_stops_a_long_run_promptly():
    root = os.path.dirname(os.path.dirname(pu.__file__))
    process = subprocess.Popen(
        [*HEED_INTERRUPTS, "-c", INTERRUPTED],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
    )
    assert process.stdout.readline() == "running\n"
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    try:
        _, error = process.communicate(timeout=30)  # the whole run takes many minutes
    finally:
        process.kill()
    assert process.returncode != 0 and "KeyboardInterrupt" in error


PROCESS = """
import sys
import jax, numpy as np
jax.config.update("jax_num_cpu_devices", 2)
jax.distributed.initialize(f"127.0.0.1:{sys.argv[1]}", num_processes=2, process_id=int(sys.argv[2]))
import prune_utils as pu
from test_ensemble import KEYS, one_seed
assert (jax.process_count(), jax.device_count()) == (2, 4)
np.savez(sys.argv[3], *jax.tree.leaves(pu.run_ensemble(one_seed, KEYS)))
"""


def start_two(code, *files):
    """Two processes that run this code, with a port, their number, and a file each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    here = os.path.dirname(__file__)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((here, os.path.dirname(here)))}
    return [
        subprocess.Popen(
            [sys.executable, "-c", code, port, str(rank), file],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, file in enumerate(files)
    ]


def test_two_processes_share_the_seeds_and_both_return_the_same_bits(nineteen, tmp_path):
    files = [tmp_path / f"{rank}.npz" for rank in (0, 1)]
    running = start_two(PROCESS, *files)
    errors = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], errors
    for file in files:
        with np.load(file) as leaves:
            assert_identical(list(leaves.values()), jax.tree.leaves(nineteen))


LOSS = """
import os, sys
import jax, numpy as np
jax.distributed.initialize(
    f"127.0.0.1:{sys.argv[1]}",
    num_processes=2,
    process_id=int(sys.argv[2]),
    heartbeat_timeout_seconds=10,
)
import prune_utils as pu
keys = jax.random.split(jax.random.key(0), 4)
pu.run_ensemble(jax.random.normal, keys)
if jax.process_index() == 1:
    os._exit(9)
np.savez(sys.argv[3], pu.run_ensemble(jax.random.uniform, keys))
"""


def test_if_a_process_is_lost_the_other_ends_with_a_message_and_writes_nothing(tmp_path):
    files = [tmp_path / f"{rank}.npz" for rank in (0, 1)]
    left, lost = start_two(LOSS, *files)
    try:
        message = left.communicate(timeout=60)[1]
    finally:
        for process in left, lost:
            process.kill()
            process.communicate()
    assert lost.returncode == 9 and left.returncode not in (0, None)
    assert "JAX distributed service detected" in message or "Gloo" in message
    assert not list(tmp_path.iterdir())


def test_operations_are_counted():
    """Products in loops and in the cheapest branch, and none that nothing needs; of six seeds, of
    which one fills up the chunk."""

    def function(key):
        x = jax.random.normal(key, (4, 3))
        branches = (lambda x: x, lambda x: x @ (x.T @ x))
        x = jax.lax.fori_loop(0, 7, lambda _, x: x @ jnp.ones((3, 3)), x)
        _, needless = jax.jit(lambda x: (x, x @ x.T))(x)
        return jax.lax.switch((x[0, 0] > 0).astype(int), branches, x)

    before = ensemble.operations_done()
    pu.run_ensemble(function, KEYS[:5])
    assert ensemble.operations_done() - before == 6 * 7 * 2 * 4 * 3 * 3
