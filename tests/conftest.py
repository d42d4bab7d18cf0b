"""Settings of the test session, random small networks, and an independent forward pass in NumPy."""

import os
import sys
from typing import NamedTuple

os.environ["MPLBACKEND"] = "agg"
os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported
# Compilation takes longer than all else here, and what is compiled hardly runs. (Not level 0: there
# the gradient of a maximum can be 0 / 0, as XLA computes an entry and its maximum differently.) The
# last one saves a third of the whole.
QUICK = (
    "--xla_backend_optimization_level=1 --xla_llvm_disable_expensive_passes=true "
    "--xla_cpu_use_fusion_emitters=false"
)
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {QUICK}"

import jax
from jaxtyping import config as jaxtyping_config, install_import_hook

jax.config.update("jax_num_cpu_devices", 2)  # sharding is tested without hardware
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import settings, strategies as st

# Every annotated call of the package is checked: types, shapes, and that the shapes agree.
with install_import_hook("prune_utils", "beartype.beartype"):
    import prune_utils as pu

from prune_utils.tasks import Spirals

settings.register_profile("report", max_examples=12, deadline=None, derandomize=True, database=None)
settings.load_profile("report")


@pytest.fixture(scope="session", autouse=True)
def _no_figures_in_the_repository(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRUNE_UTILS_FIGURES", str(tmp_path_factory.mktemp("figures")))
        yield


@pytest.fixture
def unchecked(monkeypatch):
    """Turns the checks of types off, for calls that are meant to be wrong."""
    monkeypatch.setattr(jaxtyping_config, "jaxtyping_disable", True)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:  # the core does without
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def figures(tmp_path, monkeypatch):
    """An empty folder that takes the test's figures."""
    folder = tmp_path / "figures"
    folder.mkdir()
    monkeypatch.setenv("PRUNE_UTILS_FIGURES", str(folder))
    return folder


# A small experiment, and its one seed, for whatever measures one.
SMALL = pu.Settings(
    task=Spirals(points_per_arm=10, test_points_per_arm=15),
    features=(6, 5, 2),
    keep_counts=(3, 2),
    criteria=("std", "random"),
    train=pu.TrainConfig(steps=5),
)


@pytest.fixture(autouse=True, scope="module")
def forget_what_was_compiled():
    """Every compiled program maps memory, and a process may have only so many maps."""
    yield
    jax.clear_caches()


@pytest.fixture(scope="session")
def e():
    return pu.run_experiment(jax.random.key(3), SMALL)


# Before the arguments of a child process that is to be interrupted: tests in a shell's background,
# and with them their children, would ignore Ctrl-C.
HEED_INTERRUPTS = (
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], "
    "sys.argv[1:])",
    sys.executable,
)


class Network(NamedTuple):
    """A random network with data, float32, and a keep set; `h` are its hidden activations in NumPy,
    float64."""

    params: dict
    x: np.ndarray
    keep: tuple
    h: tuple

    @property
    def acts(self):
        return tuple(jnp.asarray(layer, jnp.float32) for layer in self.h)

    @property
    def dropped(self):
        return tuple(np.setdiff1d(np.arange(h.shape[1]), k) for h, k in zip(self.h, self.keep))


# Hidden widths, and how many units of each layer are kept. Few cases, because XLA compiles each
# one.
CASES = (((6,), (1,)), ((6, 4), (3, 1)), ((6, 4, 6), (3, 2, 5)))


@st.composite
def networks(draw, cases=CASES):
    """Random networks of two inputs and two classes with twelve points of data, and random keep
    sets.

    Kernels and biases are large enough for every kind of unit, dead and always active ones too.
    """
    hidden, counts = draw(st.sampled_from(cases))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    params = random_params(rng, (2, *hidden, 2))
    x = rng.normal(size=(12, 2)).astype(np.float32)
    keep = tuple(
        rng.permutation(width)[:count].astype(np.int32) for width, count in zip(hidden, counts)
    )
    return Network(params, x, keep, forward(params, x)[0])


def random_params(rng, widths):
    """Parameters of a chain of Dense layers, as Flax Linen makes them."""
    return {
        f"Dense_{i}": {
            "kernel": jnp.asarray(rng.normal(size=(a, b)), jnp.float32),
            "bias": jnp.asarray(rng.normal(size=b), jnp.float32),
        }
        for i, (a, b) in enumerate(zip(widths, widths[1:]))
    }


def forward(params, x, replace=lambda layer, h: h):
    """(hidden activations, logits) in NumPy and float64; `replace(layer, h)` is what the next layer
    sees of `h`."""
    v, hidden = np.asarray(x, np.float64), []
    for layer in range(len(params)):
        weights = params[f"Dense_{layer}"]
        v = v @ np.asarray(weights["kernel"], np.float64) + np.asarray(weights["bias"], np.float64)
        if layer < len(params) - 1:
            hidden.append(np.maximum(v, 0))
            v = replace(layer, hidden[-1])
    return tuple(hidden), v


def take(tree, index):
    """One member of a stack, as NumPy arrays."""
    return jax.tree.map(lambda leaf: leaf[index], jax.device_get(tree))


def stacked(*trees):
    """Pytrees of one structure as one stack, as NumPy arrays."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *jax.device_get(trees))


def assert_close(actual, expected, tolerance=1e-5):
    """The largest difference is at most `tolerance` times the largest expected magnitude, leaf by
    leaf."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected)):
        a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        assert a.shape == b.shape
        np.testing.assert_allclose(
            a, b, rtol=0, atol=tolerance * max(1e-30, np.abs(b).max(initial=0))
        )


def assert_identical(actual, expected):
    """The same structure, shapes, dtypes and bits."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected)):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def differs(a, b):
    """Whether any leaf has another value."""
    return any(
        not np.array_equal(p, q)
        for p, q in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    )


def plain_adam(gradients, b1=0.9, b2=0.999, eps=1e-8):
    """How far Adam moves one weight by these gradients, in learning rates and against the gradient,
    in plain float64."""
    m = v = moved = 0.0
    for step, g in enumerate(gradients, 1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        moved += m / (1 - b1**step) / (np.sqrt(v / (1 - b2**step)) + eps)
    return moved


@pytest.fixture
def two_seeds_suffice(monkeypatch):
    """Two planted seeds speak as many would: their interval is no wider than they are apart."""
    monkeypatch.setattr(pu.statistics, "FEW", 2)
