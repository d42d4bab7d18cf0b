"""Random and std pruning of one seed, against plain NumPy."""

import jax
import numpy as np
from conftest import SMALL, forward

from prune_utils.studies import two_criteria
from prune_utils.studies.arms import ARMS, map_change
from prune_utils.studies.two_criteria import (
    PAIRS,
    fine_tuning_table,
    idle_table,
    map_shares,
    random_pruning,
    rise_table,
    std_pruning,
    stuck_shares,
    waking_table,
)
from prune_utils.tasks import Spirals, plane, spiral_posterior

KEY, GRID = jax.random.key(3), plane(6, 1.2)


def test_random_pruning_draws_every_arm(e, monkeypatch):
    monkeypatch.setattr(two_criteria, "COUNTS", (4, 2))
    measured = random_pruning(KEY, SMALL, GRID)
    assert set(measured["networks"]) == set(ARMS)
    logits = forward(measured["networks"]["prune_train"], GRID)[1]
    chance = (1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))).reshape(6, 6)
    np.testing.assert_allclose(measured["maps"]["prune_train"], chance, atol=1e-4)
    warm = forward(e.branches["random"].fine_tune_warm.params, e.test.x)[1].argmax(axis=1)
    np.testing.assert_allclose(measured["warm"], (warm == e.test.y).mean(), atol=0.07)
    assert {name: t.shape for name, t in measured["pruned"].items()} == {
        "mean": (1, 2, 2),
        "none": (1, 2, 2),
    }
    whole = measured["revival"]["whole"]
    np.testing.assert_allclose(whole, measured["accuracy"]["fine_tune"], atol=1e-6)


def test_map_shares_count_other_and_wrong_classes():
    task, grid = Spirals(), plane(8, 1.2)
    rng = np.random.default_rng(0)
    maps = {arm: rng.uniform(size=(4, 8, 8)) for arm in ("full", "mine")}
    changed, wrong = map_shares(maps, task, grid)
    classes = {arm: (values > 0.5).reshape(4, 64) for arm, values in maps.items()}
    np.testing.assert_allclose(changed["mine"], (classes["full"] ^ classes["mine"]).mean(axis=1))
    pairs = [classes["full"][0] ^ classes["full"][1], classes["full"][2] ^ classes["full"][3]]
    np.testing.assert_allclose(changed["another seed"], np.mean(pairs, axis=1))
    assert set(changed) == {"mine", "another seed"} and set(wrong) == {"full", "mine"}
    law = np.asarray(spiral_posterior(grid, turns=task.turns, noise=task.noise))
    disc = np.linalg.norm(np.asarray(grid), axis=1) < 1
    expected = (classes["mine"] != (law[:, 1] > 0.5))[:, disc].mean(axis=1)
    np.testing.assert_allclose(wrong["mine"], expected)


def test_std_pruning_compares_the_pairs_and_asks_both_kinds_of_units(e):
    measured = std_pruning(KEY, SMALL, GRID)
    assert set(measured["change"]) == set(PAIRS)
    networks = e.full.params, e.stranger.params
    expected = map_change(*(forward(params, GRID)[1] for params in networks))
    np.testing.assert_allclose(measured["change"]["full / stranger"], expected, atol=0.06)
    assert measured["idle"]["kept"]["dead"].shape == (5,)
    assert measured["idle"]["dropped"]["dead"].shape == (6,)
    acts, keep = forward(e.full.params, e.data.x)[0], measured["keep"]
    gone = [np.setdiff1d(np.arange(a.shape[1]), k) for a, k in zip(acts, keep)]
    dead = np.concatenate([(a[:, u] == 0).all(axis=0) for a, u in zip(acts, gone)])
    np.testing.assert_array_equal(measured["idle"]["dropped"]["dead"], dead)
    assert measured["rise"]["kept"].shape == (5,)


def test_tables_summarise_seed_by_seed():
    accuracy = {"fine_tune": np.array([0.9, 0.5]), "prune_train": np.array([0.902, 0.9])}
    rows = fine_tuning_table(accuracy, np.array([0.95, 0.46]))
    row = rows["fine_tune minus prune_train"]
    assert row["mean"].startswith("-0.201") and row["median"] == "-0.2010"
    assert row["share of the seeds within 0.005"].tolist() == [True, False]
    assert rows["fine-tuning warm minus fresh"]["median"] == "+0.0050"
    idle = {
        "dead": np.array([[True, False], [True, True]]),
        "gradient": np.array([[0.0, 1.0], [0.0, 2.0]]),
        "distance": np.array([[0.5, 0.0], [0.005, 0.1]]),
    }
    row = idle_table({"kept": idle})["kept units"]
    assert (
        row["dead"].tolist() == [0.5, 1] and row["gradient of exactly zero"].tolist() == [0.5] * 2
    )
    assert row["and no move of 0.01 wakes"].tolist() == [0.5, 0]
    np.testing.assert_array_equal(
        list(stuck_shares(idle).values()), [[0.5, 0.5], [0.5, 0], [0.5, 0]]
    )
    quantiles = waking_table({"kept": idle}, (0, 0.5, 1))["dead kept units"]
    assert list(quantiles.values()) == [0.005, 0.1, 0.5]
    rise = np.array([[1.0, 2.0], [3.0, 4.0]])
    table = rise_table({"kept": rise}, (0.1, 1))
    assert table["a random move of 1"]["kept units"].tolist() == [2, 4]
