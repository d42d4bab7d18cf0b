"""Which units the others explain: against plain NumPy in float64, and where the answer is known."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import prune_utils as pu
from prune_utils.elimination import KINDS

RNG = np.random.default_rng(0)


def error(h, kernel, gone):
    """Share of the variance of h W that the best affine prediction from the units that stay does
    not explain.
    """
    h = h - h.mean(axis=0)
    stay = np.setdiff1d(np.arange(h.shape[1]), gone)
    target = h @ kernel
    fit = h[:, stay] @ np.linalg.lstsq(h[:, stay], target, rcond=None)[0]
    return ((target - fit) ** 2).sum() / (target**2).sum()


def test_elimination_is_greedy_and_its_errors_are_those_of_least_squares():
    h, kernel = RNG.normal(size=(60, 6)) @ RNG.normal(size=(6, 6)) + 3, RNG.normal(size=(6, 4))
    rank, errors = pu.eliminate(
        jnp.asarray(h, jnp.float32), jnp.asarray(kernel, jnp.float32), ridge=1e-6
    )
    order = np.argsort(rank)
    for count in range(1, 6):
        gone = list(order[:count])
        np.testing.assert_allclose(errors[count - 1], error(h, kernel, gone), rtol=2e-2, atol=1e-5)
        others = [error(h, kernel, [*gone[:-1], unit]) for unit in set(range(6)) - set(gone[:-1])]
        assert error(h, kernel, gone) <= min(others) * 1.01
    np.testing.assert_allclose(errors[-1], 1, rtol=1e-3)


def test_dead_and_duplicate_units_go_first_and_for_nothing():
    h = RNG.normal(size=(50, 3)).clip(0)
    acts = jnp.asarray(np.column_stack([h, np.zeros(50), h[:, 0] + h[:, 1]]), jnp.float32)
    rank, errors = pu.eliminate(acts, jnp.asarray(RNG.normal(size=(5, 2)), jnp.float32))
    assert rank[3] == 0
    assert sorted(np.asarray(rank)) == list(range(5))
    assert errors[1] < 1e-3 < errors[2]
    share = np.asarray(pu.unexplained(acts))
    assert share[3] == 0 and (share[[0, 1, 4]] < 1e-3).all() and share[2] > 0.5


def test_unexplained_is_one_minus_the_coefficient_of_determination():
    h = RNG.normal(size=(40, 4)) @ RNG.normal(size=(4, 4))
    share = pu.unexplained(jnp.asarray(h, jnp.float32), ridge=1e-7)
    expected = [error(h, np.eye(4)[:, [i]], [i]) for i in range(4)]
    np.testing.assert_allclose(share, expected, rtol=1e-2)


def test_the_greedy_choice_is_near_the_best_choice_of_all():
    h, kernel = (
        RNG.normal(size=(60, 3)) @ RNG.normal(size=(3, 7)) + RNG.normal(size=(60, 7)) / 3,
        RNG.normal(size=(7, 3)),
    )
    rank, errors = pu.eliminate(jnp.asarray(h, jnp.float32), jnp.asarray(kernel, jnp.float32))
    best = min(error(h, kernel, list(gone)) for gone in itertools.combinations(range(7), 3))
    assert best * 0.99 <= errors[2] <= 1.5 * best


def test_the_criterion_keeps_what_goes_last():
    params = pu.init_params(pu.MLP((6, 5, 2)), jax.random.key(0), jnp.zeros((1, 2)))
    acts = (
        jnp.asarray(RNG.normal(size=(30, 6)), jnp.float32),
        jnp.asarray(RNG.normal(size=(30, 5)), jnp.float32),
    )
    scores = pu.unit_scores("unexplained", params, acts)
    for score, layer, name in zip(scores, acts, ("Dense_1", "Dense_2")):
        np.testing.assert_array_equal(score, pu.eliminate(layer, params[name]["kernel"])[0])


def test_bad_input_is_named(unchecked):
    acts = jnp.ones((4, 3))
    with pytest.raises(ValueError, match="kernel"):
        pu.eliminate(acts, jnp.ones((2, 2)))
    with pytest.raises(ValueError, match="ridge"):
        pu.eliminate(acts, jnp.ones((3, 2)), ridge=0)
    with pytest.raises(ValueError, match="acts"):
        pu.unexplained(acts.at[0, 0].set(jnp.nan))
    with pytest.raises(ValueError, match="acts"):
        pu.unexplained(acts[0])
    with pytest.raises(ValueError, match="acts"):
        pu.eliminate(jnp.ones(3), jnp.ones((3, 2)))
    params = pu.init_params(pu.MLP((3, 2)), jax.random.key(0), jnp.zeros((1, 2)))
    with pytest.raises(ValueError, match="acts"):
        pu.unit_kinds(params, (acts, acts))
    with pytest.raises(ValueError, match="tolerance"):
        pu.unit_kinds(params, (acts,), tolerance=float("nan"))


def test_kinds_of_units():
    h = RNG.normal(size=(50, 3)).clip(0)
    acts = (jnp.asarray(np.column_stack([h, np.zeros(50), h[:, 0] + h[:, 1]]), jnp.float32),)
    params = pu.init_params(pu.MLP((5, 2)), jax.random.key(0), jnp.zeros((1, 2)))
    (kinds,) = pu.unit_kinds(params, acts)
    assert kinds[3] == KINDS.index("dead") and kinds[2] == KINDS.index("needed")
    assert sorted(np.asarray(kinds)[[0, 1, 4]]) == [1, 2, 2]
