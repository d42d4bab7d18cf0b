"""What folding does, against pruning and training by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import forward

import prune_utils as pu
from prune_utils.models import model_of
from prune_utils.studies.shifts import (
    FOLDINGS,
    compared,
    described,
    folded_scores,
    folding_evidence,
    foldings,
    states,
    switching,
)

KEY, CONFIG = jax.random.key(4), pu.TrainConfig(steps=3, learning_rate=0.01)


@pytest.fixture(scope="module")
def keep(e):
    return pu.keep_highest(pu.unit_scores("std", e.full.params, e.acts), (3, 3))


def test_a_random_shift_is_as_far_and_another(e, keep):
    ways = foldings(KEY, e.full.params, keep, e.acts)
    assert tuple(ways) == FOLDINGS
    deleted = ways["none"]
    for name in ("Dense_1", "Dense_2"):
        moved = {w: np.asarray(p[name]["bias"] - deleted[name]["bias"]) for w, p in ways.items()}
        length = np.linalg.norm(moved["mean"])
        assert length > 0
        np.testing.assert_allclose(np.linalg.norm(moved["random shift"]), length, rtol=1e-4)
        assert not np.allclose(moved["random shift"], moved["mean"], rtol=0.01)
    np.testing.assert_array_equal(
        ways["random shift"]["Dense_1"]["kernel"], deleted["Dense_1"]["kernel"]
    )


def test_a_unit_is_never_on_always_on_or_switches():
    params = {
        "Dense_0": {"kernel": jnp.array([[1.0, 1, 1, 0]]), "bias": jnp.array([0.0, 9, -9, -1])},
        "Dense_1": {"kernel": jnp.ones((4, 2)), "bias": jnp.zeros(2)},
    }
    data = pu.Dataset(jnp.array([[-1.0], [1.0]]), jnp.array([0, 1], jnp.int32))
    found = states(params, data)
    np.testing.assert_allclose(found, [0.5, 0.25])
    np.testing.assert_allclose(switching(found), 0.25)


def test_every_way_is_measured_before_and_after_training(e, keep):
    scores = {name: pu.unit_scores(name, e.full.params, e.acts) for name in ("apoz", "std")}
    found = folded_scores(KEY, scores, e.full.params, e.acts, e.data, e.test, (5, 3), CONFIG)
    assert found["before"].shape == (2, 2, len(FOLDINGS))
    assert found["states after"].shape == (2, 2, len(FOLDINGS), 2)
    y = np.asarray(e.test.y)
    for way in ("none", "mean", "least_squares"):
        place = (1, 1, FOLDINGS.index(way))
        small = pu.prune(e.full.params, keep, e.acts, way)
        again = pu.train(model_of(small), small, e.data, CONFIG).params
        for name, params in (("before", small), ("after", again)):
            expected = (forward(params, e.test.x)[1].argmax(axis=1) == y).mean()
            np.testing.assert_allclose(found[name][place], expected, atol=0.04)
        on = forward(small, e.data.x)[0][-1] > 0
        expected = [(~on.any(axis=0)).mean(), on.all(axis=0).mean()]
        np.testing.assert_allclose(found["states"][place], expected)


def test_the_shift_is_measured_by_the_spread_of_what_it_shifts(e, keep):
    scores = {"std": pu.unit_scores("std", e.full.params, e.acts)}
    found = folded_scores(KEY, scores, e.full.params, e.acts, e.data, e.test, (3,), CONFIG)
    h, kernel = (np.asarray(a, float) for a in (e.acts[0], e.full.params["Dense_1"]["kernel"]))
    out = np.setdiff1d(np.arange(h.shape[1]), keep[0])
    moved = (h[:, out].mean(axis=0) @ kernel[out])[np.asarray(keep[1])]
    spread = (h @ kernel).std(axis=0)[np.asarray(keep[1])]
    expected = np.sqrt((moved**2).mean() / (spread**2).mean())
    np.testing.assert_allclose(found["shift"][0, 0], expected, rtol=1e-3)


def made(drop, fewer):
    """Twenty seeds of one cell, where folding means costs this accuracy and this many switches."""
    noise = 0.001 * np.random.default_rng(0).normal(size=(20, 1, 1, len(FOLDINGS)))
    accuracy, kinds = 0.9 + noise, np.zeros((20, 1, 1, len(FOLDINGS), 2)) + noise[..., None]
    accuracy[..., 1] -= drop
    kinds[..., 1, 1] += fewer
    return {"before": 0.9 + noise, "after": accuracy, "states": kinds}


def test_harm_is_found_in_its_cell_and_pooled_by_criterion():
    evidence = folding_evidence({0.1: made(0.1, 0.3), 0.01: made(0, 0)}, ("random",))
    assert evidence.after[:, 0, 0].tolist() == [-1, 0]
    assert evidence.at_once[:, 0, 0].tolist() == [0, 0]
    less = [interval.mean for interval in evidence.switching["random"]]
    np.testing.assert_allclose(less, [-0.3, 0], atol=0.002)
    pooled = evidence.pooled["random"]
    np.testing.assert_allclose(pooled["mean"].mean, -0.05, atol=0.002)
    np.testing.assert_allclose(pooled["random shift"].mean, 0, atol=0.002)


def test_harm_needs_fewer_that_switch_everywhere_and_a_loss_on_the_mean():
    def harm(*cells):
        tables = {0.1**i: made(*cell) for i, cell in enumerate(cells)}
        return folding_evidence(tables, ("random",)).harm("random")

    assert harm((0.1, 0.3), (0, 0.1)) is True
    assert harm((0.1, 0.3), (0, -0.1)) is False  # more switch in a cell
    assert harm((-0.1, 0.3)) is False  # accuracy is gained
    assert harm((0.1, 0.3), (0.1, 0)) is None


def test_cells_are_described_and_compared_with_deletion():
    more = {
        "states after": np.full((20, 1, 1, len(FOLDINGS), 2), 0.25),
        "shift": np.full((20, 1, 1), 0.5),
    }
    found = {0.1: made(0.1, 0.3) | more}
    rows = described(found, 0, (30,), folding_evidence(found, ("random",)))
    ((name, row),) = rows.items()
    assert name == "0.1, 30 kept"
    after, before = row["accuracy after"], row["accuracy before"]
    assert after.startswith("-0.1") and after.endswith("*") and not before.endswith("*")
    assert (row["shift"], row["always on after"]) == ("0.50", "0.25 → 0.25")
    assert row["always on before"].endswith("→ 0.30")
    accuracy, switch = compared(found, 0, (30,))
    np.testing.assert_allclose(accuracy["0.1, 30 kept"]["mean"], -0.1, atol=0.01)
    np.testing.assert_allclose(switch["0.1, 30 kept"]["mean"], 0.7, atol=0.01)
    np.testing.assert_allclose(switch["0.1, 30 kept"]["deleted"], 1, atol=0.01)
