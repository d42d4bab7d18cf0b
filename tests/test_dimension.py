"""Data of a given dimension, and what networks need for them."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from conftest import SMALL, forward

import prune_utils as pu
from prune_utils.studies.dimension import (
    ARMS,
    beyond,
    dimension_evidence,
    needed,
    needs,
    needs_of_arms,
    stay,
)
from prune_utils.studies.in_dimensions import InDimensions
from prune_utils.studies.rules import settled

pytestmark = pytest.mark.usefixtures("two_seeds_suffice")

KEYS = jax.random.split(jax.random.key(5))
TASK = InDimensions(3, inputs=5, points_per_class=10, test_points_per_class=15)
SETTINGS = replace(SMALL, task=TASK, features=(6, 6, 2), keep_counts=(3, 3), criteria=())


@pytest.mark.parametrize("blobs", [False, True])
@pytest.mark.parametrize("dimension", [2, 4])
def test_data_and_tests_vary_in_the_same_dimensions(dimension, blobs):
    data, test = replace(TASK, dimension=dimension, blobs=blobs)(*KEYS)
    assert data.x.shape == (20, 5) and test.x.shape == (30, 5)
    assert np.bincount(data.y).tolist() == [10, 10]
    assert np.linalg.matrix_rank(np.concatenate([data.x, test.x]), tol=1e-4) == dimension


def test_a_spiral_is_turned_and_noise_goes_beyond_its_plane():
    flat, _ = replace(TASK, dimension=2)(*KEYS)
    spiral = pu.spirals(KEYS[0], 10)
    # turning keeps all inner products
    np.testing.assert_allclose(flat.x @ flat.x.T, spiral.x @ spiral.x.T, atol=1e-5)
    thick, _ = replace(TASK, dimension=5, noise=1.0, points_per_class=1000)(*KEYS)
    sizes = np.linalg.svd(np.asarray(thick.x), compute_uv=False) / 2000**0.5
    assert (abs(sizes - 1) < 0.1).sum() == 3 and (sizes < 0.6).sum() == 2


@pytest.fixture(scope="module")
def found():
    return needs_of_arms(KEYS[0], SETTINGS, (5, 3))


def test_an_arm_is_what_its_name_says(found):
    arms, test = found
    data, fresh = TASK(pu.named_key(KEYS[0], "data"), pu.named_key(KEYS[0], "test"))
    start = pu.init_params(SETTINGS.model, pu.named_key(KEYS[0], "init"), data.x)
    trained = pu.train(SETTINGS.model, start, data, SETTINGS.train).params
    for name, params in (("untrained", start), ("trained", trained)):
        expected = needs(params, data, (5, 3))
        for measure, values in arms.items():
            np.testing.assert_allclose(
                values[ARMS.index(name)], expected[measure], rtol=0.02, atol=0.051
            )
    right = (forward(trained, fresh.x)[1].argmax(axis=1) == np.asarray(fresh.y)).mean()
    np.testing.assert_allclose(test, right, atol=0.04)
    errors = arms["best error"]
    assert abs(errors[1] - errors[2]).max() > 1e-4  # other labels, another network


def test_needs_are_counted_and_pruning_is_measured(found):
    data, _ = TASK(*KEYS)
    params = pu.init_params(SETTINGS.model, KEYS[1], data.x)
    acts = pu.hidden_activations(SETTINGS.model, params, data.x)
    result = needs(params, data, (4, 2))
    kinds = pu.unit_kinds(params, acts)
    np.testing.assert_array_equal(result["needed"], [(kind == 2).sum() for kind in kinds])
    np.testing.assert_allclose(result["dead"], [(kind == 0).mean() for kind in kinds])
    keep = pu.keep_highest(pu.unit_scores("unexplained", params, acts), (2, 2))
    small = pu.prune(params, keep, acts, "least_squares")
    outputs, whole = forward(small, data.x)[1], forward(params, data.x)[1]
    off = (outputs - whole).var(axis=0).sum() / whole.var(axis=0).sum()
    np.testing.assert_allclose(result["best error"][1], off, rtol=0.01)
    right = (outputs.argmax(axis=1) == np.asarray(data.y)).mean()
    np.testing.assert_allclose(result["best"][1], right, atol=0.051)


def test_what_must_stay_is_the_fewest_that_are_good_enough():
    right = np.array([[[0.5, 0.5], [0.9, 0.6], [1.0, 0.995]]])  # one seed, three arms, two counts
    arms = {
        "full": np.array([[0.5, 0.9, 1.0]]),
        "best": right,
        "post": right[:, :, ::-1],
        "best error": np.array([[[0.005, 0.02], [0.5, 0.5], [0, 0]]]),
    }
    found = {name: int(values[0]) for name, values in stay(arms, (5, 3), 6).items()}
    assert found == {
        "shuffled, best": 5,
        "shuffled, post": 6,
        "trained, best": 3,
        "trained, post": 3,
        "untrained, logits": 5,
        "shuffled, logits": 6,
        "trained, logits": 3,
    }


def made(first, last):
    """Four seeds; needed units of the arms in each layer."""
    table = np.tile(np.stack([first, last], axis=1), (4, 1, 1)) + np.arange(4)[:, None, None] / 100
    return needed({"needed": table})


def test_each_part_of_the_finding_can_fail():
    plane = made([10, 12, 11], [15, 40, 11])
    evidence = dimension_evidence({2: plane, 20: made([96, 90, 50], [87, 23, 12])})
    assert all(map(settled, evidence.rules.values()))
    assert abs(evidence.first["untrained"][20].mean - 96) < 0.1
    assert abs(evidence.last["shuffled"][2].mean - 40) < 0.1
    parts = list(evidence.rules)
    for part, first, last in (
        (0, [96, 90, 50], [110, 50, 30]),  # the trained last layer needs more, too
        (1, [96, 90, 50], [87, 11, 12]),  # labels do not matter
        (2, [96, 90, 50], [20, 23, 12]),  # training hardly matters
        (4, [96, 90, 15], [87, 23, 12]),  # the first layer does not grow
    ):
        rules = dimension_evidence({2: plane, 20: made(first, last)}).rules
        assert [name for name in parts if not settled(rules[name])] == [parts[part]]
    other = {2: made([30, 12, 11], [15, 40, 11]), 20: made([96, 90, 50], [87, 23, 12])}
    assert settled(dimension_evidence(other).rules[parts[3]]) is False


def test_fewer_is_less_than_half_for_sure():
    few, many = np.array([10, 12]), np.array([60, 80])
    assert settled(beyond([{"trained, best": few, "trained, post": many}]))
    assert settled(beyond([{"trained, best": few, "trained, post": few}] * 2)) is False


def test_needed_units_go_by_the_names_of_the_arms():
    found = needed({"needed": np.arange(12).reshape(2, 3, 2)})
    assert found["trained"].tolist() == [[4, 5], [10, 11]]
    assert found["untrained"].tolist() == [[0, 1], [6, 7]]
