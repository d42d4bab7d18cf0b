import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_close, assert_identical, take

import prune_utils as pu

KEY = jax.random.key(0)
posterior_of = jax.jit(pu.spiral_posterior, static_argnames="arms")


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
    assert not np.any(np.isclose(pu.spirals(KEY, 20).x, pu.spirals(jax.random.key(1), 20).x).all(axis=1))


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
    together = jax.jit(jax.vmap(lambda key, turns, noise: pu.spirals(key, 6, turns=turns, noise=noise)))(
        keys, turns, turns / 10
    )
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


@pytest.mark.parametrize("law", [dict(), dict(arms=3, turns=1.5, noise=0.1), dict(arms=2, turns=0, noise=0.2)])
def test_posterior_equals_a_brute_force_density(law):
    law = dict(arms=2, turns=1.0, noise=0.02) | law
    x = POINTS if law["noise"] > 0.02 else np.asarray(pu.spirals(KEY, 3, **law).x)
    assert_close(posterior_of(x, **law), brute_force_posterior(x, **law), 1e-4)


def test_posterior_is_a_distribution_everywhere_even_far_from_the_arms():
    x = np.concatenate(
        [pu.plane(20), np.array([[50.0, -50.0]], np.float32)]
    )  # 401 points: not a whole number of batches
    posterior = np.asarray(posterior_of(x, arms=3))
    assert posterior.shape == (401, 3) and posterior.min() >= 0
    np.testing.assert_allclose(posterior.sum(axis=1), 1, atol=1e-5)


def test_posterior_knows_the_class_of_points_on_well_separated_arms():
    data = pu.spirals(KEY, 50, noise=0.005)
    clear = np.hypot(*np.asarray(data.x).T) > 0.1
    assert np.all((np.asarray(posterior_of(data.x, noise=0.005)).argmax(axis=1) == data.y)[clear])


def test_plane_goes_row_by_row_from_the_bottom_left():
    points = np.asarray(pu.plane(3, extent=2.0))
    expected = [(x, y) for y in (-2, 0, 2) for x in (-2, 0, 2)]
    np.testing.assert_array_equal(points, np.array(expected, np.float32))
    assert pu.plane().shape == (10000, 2) and float(jnp.abs(pu.plane()).max()) == pytest.approx(1.2)
