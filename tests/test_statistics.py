import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st

import prune_utils as pu
from prune_utils.statistics import (
    half_sample_mode,
    judge,
    paired_effect,
    ratio_interval,
    sharpest_band,
)


def test_interval_of_numbers_is_the_mean_and_about_two_standard_errors():
    values = np.random.default_rng(0).normal(3, 2, 400)
    interval = pu.mean_interval(values)
    assert interval.mean == pytest.approx(values.mean()) and interval.seeds == 400
    half = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(interval.mean - half, abs=0.1 * half)
    assert interval.high == pytest.approx(interval.mean + half, abs=0.1 * half)


def test_interval_covers_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(1)
    intervals = [pu.mean_interval(rng.exponential(size=40)) for _ in range(60)]
    assert sum(i.low <= 1 <= i.high for i in intervals) >= 50
    few = [pu.mean_interval(rng.normal(1, 3, 8)) for _ in range(2000)]  # percentiles: 88 times
    assert 0.935 < np.mean([i.low <= 1 <= i.high for i in few]) < 0.965


def test_interval_of_a_constant_is_a_point():
    assert pu.mean_interval(np.full(10, 0.25)) == pu.Interval(0.25, 0.25, 0.25, 10)


@pytest.mark.parametrize(
    "true, of, low, high",
    [
        (0, 20, 0.0, 0.1684),
        (20, 20, 0.8316, 1.0),
        (10, 20, 0.2720, 0.7280),
        (1, 64, 0.0004, 0.0840),
    ],
)
def test_interval_of_booleans_is_clopper_pearson(true, of, low, high):
    values = np.arange(of) < true
    interval = pu.mean_interval(values)
    assert interval.mean == true / of
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-4)
    beta = scipy.stats.beta
    assert interval.low == pytest.approx(beta.ppf(0.025, true, of - true + 1) if true else 0)
    assert (
        pu.mean_interval(jnp.asarray(values))
        == pu.mean_interval(list(map(bool, values)))
        == interval
    )


def test_interval_is_the_same_every_time_and_takes_float32_and_integers():
    values = np.random.default_rng(0).integers(0, 9, 30)
    assert (
        pu.mean_interval(values)
        == pu.mean_interval(values.astype(np.float32))
        == pu.mean_interval(jnp.asarray(values))
    )


def test_interval_writes_itself_out():
    assert f"{pu.Interval(0.51234, 0.4, 0.62, 64):.2f}" == "0.51 [0.40, 0.62]"
    assert f"{pu.Interval(0.5, 0.4, 0.62, 64):.0%}" == "50% [40%, 62%]"


def test_an_interval_can_be_turned_and_moved():
    turned, moved = -pu.Interval(1.0, 0.5, 2.0, 9), pu.Interval(1.0, 0.5, 2.0, 9) - 0.5
    assert (turned, moved) == (pu.Interval(-1.0, -2.0, -0.5, 9), pu.Interval(0.5, 0.0, 1.5, 9))


@given(st.integers(0, 10**6), st.sampled_from([-3.0, 0.6, 100.0]))
def test_half_sample_mode_finds_a_narrow_peak_in_a_broad_background(seed, peak):
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(peak, 1e-3, 60), rng.uniform(peak - 2, peak + 5, 140)])
    assert half_sample_mode(rng.permutation(values)) == pytest.approx(peak, abs=0.02)


@pytest.mark.parametrize(
    "values, mode",
    [([4.0], 4.0), ([1.0, 2.0], 1.5), ([0.0, 5.0, 5.5], 5.25), ([[1, 1], [1, 9]], 1.0)],
)
def test_half_sample_mode_of_a_few_numbers(values, mode):
    assert half_sample_mode(np.array(values)) == mode


def test_half_sample_mode_goes_with_shifts_and_scales():
    values = np.random.default_rng(0).gamma(2.0, size=101)
    assert half_sample_mode(3 * values - 1) == pytest.approx(3 * half_sample_mode(values) - 1)


def test_ratio_interval_draws_seeds_in_pairs():
    rng = np.random.default_rng(0)
    below = rng.uniform(1, 9, 200)
    interval = ratio_interval(2 * below, below)  # unpaired draws would scatter around 2
    assert (interval.mean, interval.seeds) == (2, 200)
    np.testing.assert_allclose([interval.low, interval.high], 2)
    scattered = ratio_interval(rng.uniform(1, 3, 200), below)
    assert scattered.low < scattered.mean < scattered.high
    # draws of zeros alone are common
    assert np.isinf(ratio_interval([1.0, 2.0, 3.0], [0.0, 0.0, 3.0]).high)
    for numerators, denominators in (
        ([1, 2], [0, 0]),
        ([1, 2], [1, 2, 3]),
        ([1, np.nan], [1, 2]),
        ([1], [1]),
    ):
        with pytest.raises(ValueError, match=r"both|denominators"):
            ratio_interval(numerators, denominators)


def test_paired_effect_of_a_shift_and_of_nothing():
    rng = np.random.default_rng(0)
    base, noise = rng.normal(size=400), rng.normal(size=400)
    interval, d, p = paired_effect(base + 0.5 + noise, base)
    assert interval.low < 0.5 < interval.high and abs(d - 0.5) < 0.15
    assert p == pytest.approx(scipy.stats.ttest_rel(base + 0.5 + noise, base).pvalue, rel=1e-6)
    assert paired_effect(base, base)[1:] == (0.0, 1.0)
    assert paired_effect([1.0, 2.0], [0.0, 1.0])[1:] == (np.inf, 0.0)
    with pytest.raises(ValueError, match="both"):
        paired_effect(np.ones(5), np.ones(1))


def test_judge_finds_what_is_there_and_little_else():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 40, 20))
    values[0] += 2
    values[1] -= 2
    found = judge(values, 0)
    assert (found[0] == 1).all() and (found[1] == -1).all() and np.abs(found[2]).mean() < 0.15
    assert (
        judge(rng.normal(size=(300, 20)), 0) != 0
    ).mean() < 0.02  # nothing to find: one false finding at the most
    values[2, 0, 3:] = np.nan
    values[2, 1, 1:] = np.nan
    assert judge(values, 0)[2, 1] == 0
    np.testing.assert_array_equal(judge([[5.0, 5.0], [3.0, 3.0], [1.0, 1.0]], 3), [1, 0, -1])


@pytest.mark.parametrize(
    "place", [2.0, np.exp(0.69), np.exp(0.695)]
)  # the latter two at the edges of bins
def test_sharpest_band_finds_a_narrow_peak_of_either_sign(place):
    rng = np.random.default_rng(0)
    peak = rng.choice([-place, place], 1000) * rng.normal(1, 1e-4, 1000)
    position, contrast, share = sharpest_band(np.concatenate([rng.uniform(-5, 5, 9000), peak]))
    np.testing.assert_allclose(position, place, rtol=3e-4)
    assert contrast > 10 and 0.09 < share < 0.12


@pytest.mark.parametrize("n", [200, 1000, 20_000])
def test_a_small_sample_without_a_peak_shows_none(n):
    contrasts = [sharpest_band(np.random.default_rng(i).normal(size=n))[1] for i in range(20)]
    assert np.mean(np.array(contrasts) > 3) < 0.1


def test_without_a_peak_there_is_no_contrast():
    rng = np.random.default_rng(0)
    assert sharpest_band(rng.normal(size=100_000))[1] < 1.5
    # a cut-off has neighbours on one side only
    assert sharpest_band(rng.uniform(-5, 5, 100_000))[1] < 3
    # no bin holds half a percent
    position, contrast, share = sharpest_band(np.logspace(-9, 0, 10_000))
    assert np.isnan(position) and contrast == share == 0
