import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_close, assert_identical, networks
from hypothesis import given, strategies as st

import prune_utils as pu

KEY = jax.random.key(3)


def gradients_like(h):
    return tuple(np.random.default_rng(layer).normal(size=a.shape) for layer, a in enumerate(h))


def kernels(network):
    return [
        np.asarray(network.params[f"Dense_{i}"]["kernel"], np.float64)
        for i in range(len(network.params))
    ]


def std(network):
    return [np.sqrt(np.square(a - a.mean(axis=0)).mean(axis=0)) for a in network.h]


REFERENCES = {
    "std": std,
    "contribution": lambda n: [
        s * np.sqrt(np.square(k).sum(axis=1)) for s, k in zip(std(n), kernels(n)[1:])
    ],
    "incoming": lambda n: [np.sqrt(np.square(k).sum(axis=0)) for k in kernels(n)[:-1]],
    "apoz": lambda n: [np.count_nonzero(a > 0, axis=0) / len(a) for a in n.h],
    "taylor": lambda n: [np.abs(a * g).sum(axis=0) for a, g in zip(n.h, gradients_like(n.h))],
}


def test_every_criterion_but_random_has_a_reference():
    assert set(pu.CRITERIA) == {
        "random",
        "unexplained",
        *REFERENCES,
    }  # "unexplained": tests/test_redundancy.py


@pytest.mark.parametrize("criterion", REFERENCES)
@given(network=networks())
def test_scores_equal_their_formula_in_numpy(network, criterion):
    gradients = tuple(jnp.asarray(g, jnp.float32) for g in gradients_like(network.h))
    scores = pu.unit_scores(criterion, network.params, network.acts, gradients=gradients)
    assert_close(scores, tuple(REFERENCES[criterion](network)))
    assert all(score.dtype == jnp.float32 for score in scores)


@given(networks())
def test_random_scores_follow_from_the_key_and_differ_between_layers(network):
    scores = pu.unit_scores("random", network.params, network.acts, KEY)
    assert [score.shape for score in scores] == [(h.shape[1],) for h in network.h]
    assert all(score.dtype == jnp.float32 for score in scores)
    assert_identical(
        scores, pu.unit_scores("random", network.params, network.acts, jax.random.key(3))
    )
    other = pu.unit_scores("random", network.params, network.acts, jax.random.key(4))
    assert not np.array_equal(scores[0], other[0])
    every = np.concatenate(scores)
    assert len(np.unique(every)) == every.size and every.min() >= 0 and every.max() < 1


def test_random_choice_is_fair():
    acts = (jnp.ones((2, 8)),)
    params = {
        "Dense_0": {"kernel": jnp.ones((2, 8)), "bias": jnp.ones(8)},
        "Dense_1": {"kernel": jnp.ones((8, 2)), "bias": jnp.ones(2)},
    }

    def kept(key):
        return pu.keep_highest(pu.unit_scores("random", params, acts, key), (4,))[0]

    often = np.bincount(np.ravel(jax.vmap(kept)(jax.random.split(KEY, 2000))), minlength=8)
    np.testing.assert_allclose(often, 1000, atol=5 * np.sqrt(2000 / 4))


def test_scores_run_under_jit_and_vmap():
    rng = np.random.default_rng(0)
    stack = rng.uniform(size=(3, 12, 6)).astype(np.float32)
    params = {
        "Dense_0": {"kernel": jnp.ones((2, 6)), "bias": jnp.ones(6)},
        "Dense_1": {"kernel": jnp.ones((6, 2)), "bias": jnp.ones(2)},
    }
    for criterion in pu.CRITERIA:

        def scores(acts):
            return pu.unit_scores(criterion, params, (acts,), KEY, gradients=(acts,))[0]

        together = np.asarray(jax.jit(jax.vmap(scores))(stack))
        for i in range(3):
            assert_close(together[i], scores(jnp.asarray(stack[i])))


# Values from a short list, so that ties are the rule; both zeros and infinity are ordinary numbers.
TIED = st.lists(
    st.sampled_from([0.0, -0.0, 1.0, 1.5, -2.0, np.inf, -np.inf]), min_size=6, max_size=6
)


@given(st.lists(TIED, min_size=1, max_size=3), st.data())
def test_keep_highest_keeps_exactly_the_best_and_of_equals_the_first(layers, data):
    counts = tuple(data.draw(st.sampled_from((1, 3, 6))) for _ in layers)
    keep = pu.keep_highest(tuple(jnp.asarray(scores, jnp.float32) for scores in layers), counts)
    assert isinstance(keep, tuple) and len(keep) == len(layers)
    for kept, scores, count in zip(keep, layers, counts):
        best = sorted(range(len(scores)), key=lambda unit: (-scores[unit], unit))[:count]
        assert kept.dtype == jnp.int32
        np.testing.assert_array_equal(kept, sorted(best))


def test_keep_highest_runs_under_jit_and_vmap():
    scores = jnp.array([[3.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
    (keep,) = jax.jit(jax.vmap(lambda score: pu.keep_highest((score,), (2,))))(scores)
    np.testing.assert_array_equal(keep, [[0, 3], [0, 1], [2, 3]])


def test_nan_ranks_lowest_under_a_trace():
    # `jnp.argsort(descending=True)` alone would put it first.
    (keep,) = jax.jit(lambda score: pu.keep_highest((score,), (2,)))(
        jnp.array([1.0, jnp.nan, 3.0, -jnp.inf])
    )
    np.testing.assert_array_equal(keep, [0, 2])


def test_keep_highest_takes_constants_of_a_function_under_jit():
    # Within `jax.jit` JAX traces operations on concrete arrays, too: checks of values must not use
    # it.
    score = jnp.array([1.0, 3.0, 2.0])
    (keep,) = jax.jit(lambda: pu.keep_highest((score,), (2,)))()
    np.testing.assert_array_equal(keep, [1, 2])


def test_dropped_is_what_keep_leaves_out():
    keep = (jnp.array([4, 0, 1]), jnp.array([2]), jnp.arange(3))
    out = pu.dropped(keep, (5, 4, 3))
    for indices, expected in zip(out, ([2, 3], [0, 1, 3], []), strict=True):
        assert indices.dtype == jnp.int32
        np.testing.assert_array_equal(indices, expected)
    (under_jit,) = jax.jit(lambda kept: pu.dropped((kept,), (5,)))(keep[0])
    np.testing.assert_array_equal(under_jit, [2, 3])
