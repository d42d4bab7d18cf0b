import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_close, assert_identical, take

import prune_utils as pu
from prune_utils.tasks import TASKS, Blobs, Digits, Spirals, plane, spiral_posterior

KEY = jax.random.key(0)
posterior_of = jax.jit(spiral_posterior, static_argnames="arms")


def polar(data, arms):
    """Radius, and angle behind the start of the point's own arm, in turns from 0 to 1."""
    x = np.asarray(data.x, np.float64)
    radius = np.hypot(*x.T)
    angle = np.arctan2(x[:, 1], x[:, 0]) / (2 * np.pi) - np.asarray(data.y) / arms
    return radius, angle % 1


@pytest.mark.parametrize("arms, points", [(1, 5), (3, 7)])
def test_spirals_are_a_dataset_ordered_by_arm(arms, points):
    data = pu.spirals(KEY, points, arms=arms)
    assert isinstance(data, pu.Dataset)
    assert data.x.shape == (points * arms, 2) and data.x.dtype == jnp.float32
    assert data.y.shape == (points * arms,) and data.y.dtype == jnp.int32
    np.testing.assert_array_equal(data.y, np.repeat(np.arange(arms), points))


def test_spirals_follow_from_the_key():
    assert_identical(pu.spirals(KEY, 20), pu.spirals(jax.random.key(0), 20))
    assert not np.any(
        np.isclose(pu.spirals(KEY, 20).x, pu.spirals(jax.random.key(1), 20).x).all(axis=1)
    )


@pytest.mark.parametrize("arms", [1, 2, 5])
@pytest.mark.parametrize("turns", [0, 0.3, 1.0, 2.5])
def test_points_without_noise_lie_on_the_arms(arms, turns):
    data = pu.spirals(KEY, 20, arms=arms, turns=turns, noise=0.0)
    radius, angle = polar(data, arms)
    off = (angle - turns * radius + 0.5) % 1 - 0.5
    np.testing.assert_allclose(off * radius, 0, atol=1e-6)


def test_radii_are_uniform_up_to_one():
    radius, _ = polar(pu.spirals(KEY, 5000, noise=0.0), 2)
    assert radius.max() < 1 + 1e-6
    counts, _ = np.histogram(radius, bins=10, range=(0, 1))
    np.testing.assert_allclose(counts, 1000, atol=150)  # five standard deviations


def test_noise_is_gaussian_of_the_given_width_on_both_coordinates():
    clean, noisy = pu.spirals(KEY, 5000, noise=0.0), pu.spirals(KEY, 5000, noise=0.3)
    noise = np.asarray(noisy.x - clean.x)
    np.testing.assert_allclose(noise.std(axis=0), 0.3, rtol=0.04)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.015)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.05
    assert np.mean(np.abs(noise) < 0.3) == pytest.approx(0.6827, abs=0.025)


def test_noise_does_not_follow_the_radius():
    # Drawn from one key, both would come from the same bits, in the same order.
    clean, noisy = pu.spirals(KEY, 5000, noise=0.0), pu.spirals(KEY, 5000, noise=0.3)
    radius, noise = np.hypot(*np.asarray(clean.x).T), np.asarray(noisy.x - clean.x)
    for numbers in (*noise.T, noise.ravel()[: len(radius)], noise.ravel()[len(radius) :]):
        assert abs(np.corrcoef(radius, numbers)[0, 1]) < 0.05


def test_spirals_run_under_jit_and_vmap_with_traced_turns_and_noise():
    keys, turns = jax.random.split(KEY, 3), jnp.array([0.5, 1.0, 2.0])
    together = jax.jit(
        jax.vmap(lambda key, turns, noise: pu.spirals(key, 6, turns=turns, noise=noise))
    )(keys, turns, turns / 10)
    for i in range(3):
        one = pu.spirals(keys[i], 6, turns=float(turns[i]), noise=float(turns[i] / 10))
        assert_close(take(together, i), one)


def brute_force_posterior(x, arms, turns, noise, resolution=20000):
    radius = (np.arange(resolution) + 0.5) / resolution
    density = []
    for arm in range(arms):
        angle = 2 * np.pi * (turns * radius + arm / arms)
        curve = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        squares = np.square(np.asarray(x, np.float64)[:, None] - curve).sum(axis=2)
        density.append(np.exp(-squares / (2 * noise**2)).mean(axis=1))
    return np.stack(density, axis=1) / np.sum(density, axis=0)[:, None]


POINTS = np.array([[0.0, 0.0], [0.5, 0.1], [-0.2, 0.7], [0.03, -0.02], [-0.9, -0.4]], np.float32)


@pytest.mark.parametrize(
    "law", [dict(), dict(arms=3, turns=1.5, noise=0.1), dict(arms=2, turns=0, noise=0.2)]
)
def test_posterior_equals_a_brute_force_density(law):
    law = dict(arms=2, turns=1.0, noise=0.02) | law
    x = POINTS if law["noise"] > 0.02 else np.asarray(pu.spirals(KEY, 3, **law).x)
    assert_close(posterior_of(x, **law), brute_force_posterior(x, **law), 1e-4)


def test_posterior_is_a_distribution_everywhere_even_far_from_the_arms():
    # 401 points: not a whole number of batches
    x = np.concatenate([plane(20), np.array([[50.0, -50.0]], np.float32)])
    posterior = np.asarray(posterior_of(x, arms=3))
    assert posterior.shape == (401, 3) and posterior.min() >= 0
    np.testing.assert_allclose(posterior.sum(axis=1), 1, atol=1e-5)


def test_posterior_knows_the_class_of_points_on_well_separated_arms():
    data = pu.spirals(KEY, 50, noise=0.005)
    clear = np.hypot(*np.asarray(data.x).T) > 0.1
    assert np.all((np.asarray(posterior_of(data.x, noise=0.005)).argmax(axis=1) == data.y)[clear])


def test_plane_goes_row_by_row_from_the_bottom_left():
    points = np.asarray(plane(3, extent=2.0))
    expected = [(x, y) for y in (-2, 0, 2) for x in (-2, 0, 2)]
    np.testing.assert_array_equal(points, np.array(expected, np.float32))
    assert plane().shape == (10000, 2) and float(jnp.abs(plane()).max()) == pytest.approx(1.2)


SMALL = {
    "spirals": Spirals(6, arms=3, test_points_per_arm=4),
    "blobs": Blobs(6, classes=3, dimensions=5, test_points_per_class=4),
    "digits": Digits(1000),
}
TEST_KEY = jax.random.key(1)


def test_every_task_has_a_small_case():
    assert {name: type(task) for name, task in SMALL.items()} == TASKS


@pytest.mark.parametrize("name", SMALL)
def test_a_task_draws_two_data_sets_that_follow_from_the_keys(name):
    task = SMALL[name]
    train, test = task(KEY, TEST_KEY)
    for data in (train, test):
        assert data.x.dtype == jnp.float32 and data.y.dtype == jnp.int32
        assert len(data.x) == len(data.y)
        assert set(np.unique(data.y)) == set(range(task.classes))
    assert_identical(task(KEY, TEST_KEY), (train, test))
    assert not np.array_equal(task(TEST_KEY, KEY)[0].x, train.x)


@pytest.mark.parametrize("name", SMALL)
def test_a_task_is_a_hashable_value_and_an_argument_of_jit(name):
    task = SMALL[name]
    assert hash(task) == hash(TASKS[name](**vars(task))) and task == TASKS[name](**vars(task))
    assert_close(jax.jit(lambda task: task(KEY, TEST_KEY))(task), task(KEY, TEST_KEY))


def test_spirals_draw_training_and_test_data_from_their_keys():
    train, test = Spirals(5, 3, 0.5, 0.1, 7)(KEY, TEST_KEY)
    assert_identical(train, pu.spirals(KEY, 5, arms=3, turns=0.5, noise=0.1))
    assert_identical(test, pu.spirals(TEST_KEY, 7, arms=3, turns=0.5, noise=0.1))


def test_blobs_of_no_noise_are_their_centres_in_both_data_sets():
    train, test = Blobs(3, classes=2, dimensions=4, noise=0.0, test_points_per_class=2)(
        KEY, TEST_KEY
    )
    assert train.x.shape == (6, 4) and test.x.shape == (4, 4)
    np.testing.assert_array_equal(train.x[::3], test.x[::2])
    np.testing.assert_array_equal(train.x[0], train.x[2])


def test_digits_are_split_without_overlap():
    train, test = SMALL["digits"](KEY, TEST_KEY)
    assert train.x.shape == (1000, 64) and test.x.shape == (797, 64)
    assert train.x.min() == 0 and train.x.max() == 1
    rows = {row.tobytes() for row in np.asarray(train.x)}
    assert sum(row.tobytes() in rows for row in np.asarray(test.x)) == 0
    images, _ = Digits(1000, flat=False)(KEY, TEST_KEY)
    np.testing.assert_array_equal(images.x[..., 0].reshape(1000, 64), train.x)
    with pytest.raises(ValueError, match=r"^points: expected 1 to 1796, got 1797"):
        Digits(1797)(KEY, TEST_KEY)
