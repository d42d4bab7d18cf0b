"""What others do, against what they published or proved."""

from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from masking import assert_close

import prune_utils as pu
from prune_utils import rivals
from prune_utils.criteria import Layer, Read

RNG = np.random.default_rng(3)
H = np.maximum(RNG.normal(size=(60, 7)) @ RNG.normal(size=(7, 7)), 0).astype(np.float32)
W = RNG.normal(size=(7, 3)).astype(np.float32)


def layer(h=H, kernel=W, key=None):
    return Layer(h.shape[1], (Read(jnp.asarray(h)[:, :, None], jnp.asarray(kernel)[:, None]),))


def left_over(chosen):
    """What new weights of the chosen units leave of what the next layer saw, squared."""
    own, seen = H[:, list(chosen)].astype(float), H @ W
    return np.square(seen - own @ np.linalg.lstsq(own, seen, rcond=None)[0]).sum()


def test_l1_is_the_sum_of_absolute_weights_as_of_filters_in_li_et_al():
    def apply(params, x):
        return jax.nn.relu(x @ params["in"]) @ params["out"]

    params = {"in": jnp.array([[1.0, -3.0], [2.0, 0.5]]), "out": jnp.ones((2, 1))}
    net = pu.trace(apply, params, jnp.ones((1, 2)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pu.CRITERIA, "l1", rivals.CRITERIA["l1"])
        assert net.scores("l1", params)[0].tolist() == [3.0, 3.5]


def test_thinets_order_is_the_greedy_search_of_the_paper():
    order, gone = np.argsort(rivals.thinet(layer())), []
    for unit in order:
        costs = {i: np.square(H[:, [*gone, i]] @ W[[*gone, i]]).sum() for i in range(7)}
        assert unit == min((i for i in range(7) if i not in gone), key=costs.get)
        gone.append(unit)


def test_forward_selection_takes_the_unit_that_leaves_least_as_in_el_halabi_et_al():
    order, taken = np.argsort(-rivals.forward(layer())), []
    for unit in order[:5]:
        rest = {i: left_over([*taken, i]) for i in range(7) if i not in taken}
        assert unit == min(rest, key=rest.get)
        taken.append(unit)


def test_groups_of_entries_go_together_in_both_searches():
    h, kernel = H[:, :6].reshape(60, 3, 2), W[:6].reshape(3, 2, 3)
    pairs = Layer(3, (Read(jnp.asarray(h), jnp.asarray(kernel)),))
    sent = np.einsum("nue,ueo->nuo", h, kernel)
    assert np.argmin(rivals.thinet(pairs)) == np.square(sent).sum(axis=(0, 2)).argmin()

    def rest(u):
        own, seen = h[:, u].astype(float), sent.sum(axis=1)
        return np.square(seen - own @ np.linalg.lstsq(own, seen, rcond=None)[0]).sum()

    assert np.argmax(rivals.forward(pairs)) == min(range(3), key=rest)


def test_swaps_never_lose_and_reach_the_best_set_of_a_small_layer_as_in_osscar():
    ridge, centred = 1e-4, H - H.mean(axis=0)
    covariance = centred.T @ centred / len(H)
    covariance = covariance + np.diag(ridge * np.diagonal(covariance))

    def error(chosen):
        own = covariance[list(chosen)]
        rest = covariance - own.T @ np.linalg.solve(own[:, list(chosen)], own)
        return np.trace(W.T @ rest @ W)

    best = min(combinations(range(7), 3), key=error)
    for start in ((0, 1, 2), (4, 5, 6), (1, 3, 5)):
        found = rivals.swapped(jnp.asarray(H), jnp.asarray(W), jnp.array(start))
        assert error(found.tolist()) <= error(start) * (1 + 1e-6)
    # From the best set no swap helps.
    stays = rivals.swapped(jnp.asarray(H), jnp.asarray(W), jnp.array(best))
    assert tuple(stays.tolist()) == best


def planted():
    """A chain whose last three units of each layer are copies, or positive multiples, of others."""
    params = pu.init_params(pu.MLP((6, 5, 3)), jax.random.key(1), jnp.ones((1, 4)))
    params = jax.tree.map(lambda leaf: leaf + 0.1, params)
    for name, sizes in (("Dense_0", (2.0, 0.5)), ("Dense_1", (3.0,))):
        for place, size in enumerate(sizes):
            for part in ("kernel", "bias"):
                leaf = params[name][part]
                params[name][part] = leaf.at[..., -1 - place].set(size * leaf[..., place])
    return params


def test_merging_is_exact_where_units_are_positive_multiples_as_kim_et_al_prove():
    params, x = planted(), jax.random.normal(jax.random.key(2), (50, 4))
    keep = (jnp.arange(4), jnp.arange(4))
    small = rivals.merged(params, keep)
    assert_close(
        pu.MLP((4, 4, 3)).apply({"params": small}, x),
        pu.MLP((6, 5, 3)).apply({"params": params}, x),
    )
    # Unlike ones are left out: with a threshold above every cosine it is pruning.
    assert_close(rivals.merged(params, keep, 1.1), pu.slice_units(params, keep))


def test_folding_is_exact_where_units_are_copies():
    params = planted()
    for name, place in (("Dense_0", 5), ("Dense_0", 4), ("Dense_1", 4)):
        source = {5: 0, 4: 1}[place] if name == "Dense_0" else 0
        for part in ("kernel", "bias"):
            leaf = params[name][part]
            params[name][part] = leaf.at[..., place].set(leaf[..., source])
    x = jax.random.normal(jax.random.key(2), (50, 4))
    small = rivals.folded(params, (4, 4))
    assert_close(
        pu.MLP((4, 4, 3)).apply({"params": small}, x),
        pu.MLP((6, 5, 3)).apply({"params": params}, x),
    )


def test_grails_ridge_is_its_closed_form_and_pruning_where_the_gram_matrix_is_the_identity():
    kept, ridge = jnp.array([0, 2, 5]), 0.1
    gram = H[:, kept].T @ H[:, kept]
    closed = np.linalg.solve(gram + ridge * np.trace(gram) / 3 * np.eye(3), H[:, kept].T @ H)
    mix = rivals.gram_ridge(jnp.asarray(H), jnp.asarray(H[:, kept]), kept, ridge)
    assert_close(mix + np.eye(7)[np.array(kept)], closed)
    q = jnp.linalg.qr(jnp.asarray(RNG.normal(size=(60, 7)), jnp.float32))[0]
    assert jnp.abs(rivals.gram_ridge(q, q[:, kept], kept, 1e-6)).max() < 1e-5


def test_grails_ridge_prunes_a_network_without_a_constant():
    params = pu.init_params(pu.MLP((6, 5, 3)), jax.random.key(1), jnp.ones((1, 4)))
    x = jax.random.normal(jax.random.key(2), (80, 4)) + 1
    net = pu.trace(lambda p, x: pu.MLP((6, 5, 3)).apply({"params": p}, x), params, x)
    keep = (jnp.arange(3), jnp.arange(5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pu.COMPENSATIONS, "gram_ridge", rivals.COMPENSATIONS["gram_ridge"])
        small = net.prune(params, keep, x, "gram_ridge")
    h = jax.nn.relu(x @ params["Dense_0"]["kernel"])
    mix = rivals.gram_ridge(h, h[:, :3], keep[0], 1e-6)
    kernel = params["Dense_1"]["kernel"]
    assert_close(small["Dense_1"]["kernel"], kernel[:3] + mix @ kernel)
    assert_close(small["Dense_1"]["bias"], params["Dense_1"]["bias"])


def test_flaps_score_is_the_square_of_contribution():
    acts = (jnp.asarray(H),)
    params = {
        "Dense_0": {"kernel": jnp.ones((2, 7)), "bias": jnp.zeros(7)},
        "Dense_1": {"kernel": jnp.asarray(W), "bias": jnp.zeros(3)},
    }
    (score,) = pu.unit_scores("contribution", params, acts)
    assert_close(jnp.square(score), H.var(axis=0) * np.square(W).sum(axis=1))
