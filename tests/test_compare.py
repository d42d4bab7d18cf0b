from itertools import permutations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_identical
from hypothesis import given, strategies as st

from prune_utils.compare import (
    TOUCHED,
    agreement,
    correlation,
    diagonal_profile,
    displacement,
    touched,
    unit_permutation_test,
)
from prune_utils.roles import role_correlation

KEY = jax.random.key(0)
SEEDS = st.integers(0, 10**6)


def kernels(seed, shape=(5, 4)):
    rng = np.random.default_rng(seed)
    return tuple(jnp.asarray(rng.normal(size=shape), jnp.float32) for _ in range(2))


def test_agreement_counts_points_with_the_same_highest_logit():
    a = jnp.array([[1.0, 2.0, 0.0], [5.0, 1.0, 2.0], [0.0, 0.0, 1.0], [3.0, 2.0, 1.0]])
    b = jnp.array([[-9.0, 0.0, -1.0], [1.0, 5.0, 2.0], [0.0, 0.0, 9.0], [2.0, 3.0, 1.0]])
    assert float(agreement(a, b)) == 0.5
    assert float(agreement(a, a)) == 1.0
    assert float(agreement(a[:1], b[1:2])) == 1.0  # other logits, one class


def test_displacement_is_trained_minus_initial():
    trained = {"a": jnp.array([3.0, 1.0]), "b": (jnp.array(2.0),)}
    init = {"a": jnp.array([1.0, 1.5]), "b": (jnp.array(2.0),)}
    assert_identical(
        displacement(trained, init), {"a": jnp.array([2.0, -0.5]), "b": (jnp.array(0.0),)}
    )


def test_touched_sees_the_smallest_move_and_names_who_made_it():
    init = jnp.array([[0.3, 0.3], [0.3, 0.3]])
    moved = jnp.nextafter(init, jnp.ones_like(init))
    first = jnp.where(jnp.array([[False, True], [False, True]]), moved, init)
    second = jnp.where(jnp.array([[False, False], [True, True]]), moved, init)
    codes = touched(init, first, second)
    assert codes.dtype == jnp.int32
    assert [[TOUCHED[code] for code in row] for row in np.asarray(codes)] == [
        ["in neither", "only in the first"],
        ["only in the second", "in both"],
    ]


def test_diagonal_profile_counts_pairs_on_the_diagonal_and_beside_it():
    edges = jnp.array([0.0, 1.0, 2.0])
    middle = jnp.array([[0.5, 0.5, 0.5], [1.5, 1.5, 3.0]])
    # the last pair lies outside the edges
    apart = jnp.array([[0.0, 0.09, -0.3], [0.15, -0.05, 0.0]])
    on, beside = diagonal_profile(middle + apart / 2, middle - apart / 2, edges, width=0.1)
    np.testing.assert_array_equal(on, [2, 1])
    np.testing.assert_array_equal(beside, [0.5, 0])


@given(SEEDS)
def test_correlation_is_pearsons(seed):
    a, b = kernels(seed)
    expected = np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]
    assert float(correlation(a, b)) == pytest.approx(expected, abs=1e-5)
    assert float(correlation(a, 3 * a + 2)) == pytest.approx(1)
    assert float(correlation(a, -a)) == pytest.approx(-1)


@pytest.mark.parametrize("constant", [0.0, 1.0, 0.1, 7.7])
def test_correlation_with_a_constant_is_nan(constant):
    # 0.1 and 7.7: subtracting their rounded mean from equal numbers leaves a tiny constant, not
    # zero.
    a, _ = kernels(0, (37, 1))
    assert np.isnan(correlation(a, jnp.full((37, 1), constant)))
    assert np.isnan(correlation(jnp.full((37, 1), constant), a))


def test_permutation_test_finds_matched_units_significant():
    a, noise = kernels(1, (8, 6))
    r, null, p = unit_permutation_test(KEY, a, a + noise, 199)
    assert float(r) == pytest.approx(float(correlation(a, a + noise))) and r > 0.4
    assert null.shape == (199,) and p.shape == ()
    assert (
        float(p)
        == pytest.approx((1 + np.sum(np.asarray(null) >= float(r))) / 200)
        == pytest.approx(1 / 200)
    )


def test_permutation_test_is_one_sided():
    a, noise = kernels(1, (8, 6))
    assert unit_permutation_test(KEY, a, -a + noise, 199)[2] > 0.95


def test_permutation_test_holds_its_level_for_units_that_hang_together():
    # Kernels of rank one: unmatched units give correlations far outside the null of permuted single
    # weights.
    def p_value(key):
        parts = jax.random.split(key, 5)
        rows, columns, other_rows, other_columns = (jax.random.normal(k, (6, 1)) for k in parts[:4])
        return unit_permutation_test(parts[4], rows @ columns.T, other_rows @ other_columns.T, 99)[
            2
        ]

    p = np.asarray(jax.jit(jax.vmap(p_value))(jax.random.split(KEY, 400)))
    for level in (0.1, 0.3, 0.5):
        assert np.mean(p <= level) == pytest.approx(
            level, abs=4 * np.sqrt(level * (1 - level) / 400)
        )


def test_permutation_test_permutes_whole_rows_and_whole_columns_of_the_second_kernel():
    a, b = (np.asarray(kernel) for kernel in kernels(0, (3, 2)))
    matchings = [
        b[list(rows)][:, list(columns)]
        for rows in permutations(range(3))
        for columns in permutations(range(2))
    ]
    allowed = np.array([np.corrcoef(a.ravel(), matching.ravel())[0, 1] for matching in matchings])
    _, null, _ = unit_permutation_test(KEY, a, b, 400)
    which = np.abs(np.asarray(null)[:, None] - allowed[None, :])
    assert which.min(axis=1).max() < 1e-5
    often = np.bincount(which.argmin(axis=1), minlength=12)
    np.testing.assert_allclose(often, 400 / 12, atol=4 * np.sqrt(400 / 12))


def test_permutation_test_counts_the_matchings_that_equal_the_true_one():
    # r comes from another program than the null, and may differ in the last bit; yet a matching
    # that equals the true one, here every other one, is as good as the true one.
    for seed in range(6):
        a, _ = kernels(seed, (2, 1))
        _, null, p = unit_permutation_test(KEY, a, a, 99)
        assert float(p) == pytest.approx(
            (1 + np.isclose(np.asarray(null), 1, atol=1e-5).sum()) / 100
        )


def test_permutation_test_calls_a_constant_kernel_not_significant():
    # r is NaN, and no comparison with NaN is true.
    a, _ = kernels(0)
    p = float(unit_permutation_test(KEY, a, jnp.ones_like(a), 99)[2])
    assert np.isnan(p) or p == 1


def test_comparisons_run_under_jit_and_vmap():
    a, b = kernels(0, (3, 5, 4))
    for function in (agreement, correlation, lambda a, b: touched(a, b, a)):
        together = jax.jit(jax.vmap(function))(a, b)
        for i in range(3):
            np.testing.assert_allclose(together[i], function(a[i], b[i]), atol=1e-6)


def test_the_diagonal_profile_sees_a_line_and_is_even_for_a_cloud():
    edges = np.linspace(-1, 1, 5)
    cloud = jax.random.uniform(jax.random.key(0), (2, 400_000), minval=-1, maxval=1)
    on, beside = diagonal_profile(cloud[0], cloud[1], edges)
    np.testing.assert_allclose(on, beside, rtol=0.2)
    assert on.sum() > 1000
    line = jnp.full(50, 0.3)
    with_line = diagonal_profile(jnp.append(cloud[0], line), jnp.append(cloud[1], line), edges)
    np.testing.assert_array_equal(with_line[0] - on, [0, 0, 50, 0])
    np.testing.assert_array_equal(with_line[1], beside)


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_correlation_survives_tiny_and_huge_numbers(scale):
    a = jnp.array([1.0, 2.0, -3.0])
    np.testing.assert_allclose(correlation(scale * a, a), 1, rtol=1e-6)


@given(SEEDS)
def test_role_correlation_is_pearsons_between_all_units(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(9, 3)).astype(np.float32), rng.normal(size=(9, 4)).astype(np.float32)
    expected = np.corrcoef(a, b, rowvar=False)[:3, 3:]
    np.testing.assert_allclose(
        role_correlation(jnp.asarray(a), jnp.asarray(b)), expected, atol=1e-5
    )


def test_a_unit_that_does_not_vary_has_no_role():
    a = jnp.array([[0.1, 1e-30], [0.1, 2e-30], [0.1, 3e-30]])
    np.testing.assert_allclose(role_correlation(a, a), [[0, 0], [0, 1]], atol=1e-5)


def test_role_correlation_wants_the_same_points():
    with pytest.raises(ValueError, match="acts_a, acts_b: expected arrays"):
        role_correlation(jnp.zeros((3, 2)), jnp.zeros((4, 2)))
