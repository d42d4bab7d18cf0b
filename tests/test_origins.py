"""What both orders share: barriers between them, gradients seen, roles before training."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import SMALL, random_params, stacked

import prune_utils as pu
from prune_utils.models import model_of
from prune_utils.studies import barriers, first_steps, origins
from prune_utils.studies.distances import PAIRS

RNG = np.random.default_rng(0)
LONGER = replace(SMALL, train=pu.TrainConfig(steps=origins.FIRST_STEPS + 2))


@pytest.fixture(scope="module")
def found():
    return origins.both_origins(jax.random.key(3), LONGER)


def test_origins_are_those_of_the_experiment(found):
    e = pu.run_experiment(jax.random.key(3), LONGER)
    branch = e.branches["std"]
    expected = {"train_prune": branch.train_prune, "prune_train": branch.prune_train.params}
    for name, params in expected.items():
        move = params["Dense_1"]["kernel"] - branch.init["Dense_1"]["kernel"]
        np.testing.assert_allclose(found["kernels"][name]["move"], move, atol=1e-4)
        count = found["kernels"][name]["count"]
        assert count.shape == move.shape and count.max() <= LONGER.train.steps
        assert (np.abs(move)[count == 0] == 0).all()
    whole = pu.hidden_activations(SMALL.model, e.init, e.data.x)[1][:, branch.keep[1]]
    trained = pu.hidden_activations(SMALL.small_model, branch.train_prune, e.data.x)[1]
    for unit, r in enumerate(found["same"]["train_prune and its start"][1]):
        varies = trained[:, unit].std() > 0 < whole[:, unit].std()
        expected = np.corrcoef(trained[:, unit], whole[:, unit])[0, 1] if varies else np.nan
        np.testing.assert_allclose(r, expected, atol=1e-3)


def test_partial_correlation_takes_out_what_is_given():
    rng = np.random.default_rng(0)
    shared, other, *own = (rng.normal(size=(400, 3)).astype(np.float32) for _ in range(4))
    a, b = shared + own[0], shared + other + own[1]
    left = [np.empty_like(a), np.empty_like(b)]
    for unit in range(3):
        x = np.stack([np.ones(400), shared[:, unit], other[:, unit]], axis=1)
        for rest, y in zip(left, (a, b)):
            rest[:, unit] = y[:, unit] - x @ np.linalg.lstsq(x, y[:, unit], rcond=None)[0]
    expected = [np.corrcoef(left[0][:, u], left[1][:, u])[0, 1] for u in range(3)]
    given = tuple(map(jnp.asarray, (shared, other)))
    r = origins.same_unit_correlation(jnp.asarray(a), jnp.asarray(b), given)
    np.testing.assert_allclose(r, expected, atol=1e-4)
    assert np.isnan(origins.same_unit_correlation(given[0], given[1], given)).all()


def test_the_split_counts_each_weight_where_it_belongs():
    shape = (4, 8, 10)
    few = np.arange(80).reshape(8, 10) < 40
    count = np.where(few, 3, 900) * np.ones(shape, int)
    kick, own = RNG.normal(size=shape), RNG.normal(size=(2, *shape))
    first, second = (
        {"count": count, "early": kick, "move": kick + np.where(few, 0, 10) * noise}
        for noise in own
    )
    kernels = {"train_prune": first, "prune_train": second, "stranger's prune_train": second}
    found = first_steps.split_by_gradients(kernels)
    parts, rows = found["orders"], first_steps.part_table(found)
    assert set(rows["11 to 500, orders"]) == {"share"}
    assert len(rows["all weights, orders of strangers"]) == 4
    np.testing.assert_allclose(parts["at most 10"]["all steps"], 1)
    np.testing.assert_allclose(parts["more than 500"]["first steps"], 1)
    assert np.abs(parts["more than 500"]["later steps"]).max() < 0.6
    assert len(parts["11 to 500"]["all steps"]) == 0 == parts["11 to 500"]["share"].max()
    shares = first_steps.covariance_shares(kernels)
    assert sum(share.mean for share in shares.values()) == pytest.approx(1)


def test_a_matched_permutation_has_no_barrier():
    model, x = pu.MLP((8, 6, 2)), jnp.asarray(RNG.normal(size=(40, 2)), jnp.float32)
    params = random_params(np.random.default_rng(1), (2, 8, 6, 2))
    order = np.random.default_rng(2).permutation(8), np.random.default_rng(3).permutation(6)
    shuffled = pu.slice_units(params, tuple(map(jnp.asarray, order)))
    acts = [pu.hidden_activations(model, p, x) for p in (params, shuffled)]
    roles = tuple(pu.roles.role_correlation(a, b) for a, b in zip(*acts))
    data = pu.Dataset(x, pu.logits(model, params, x).argmax(axis=1).astype(jnp.int32))
    both = {"train_prune": params, "fine_tune": params}
    both |= {"prune_train": shuffled, "stranger's prune_train": shuffled}
    found = {"networks": both, "test": data}
    found["matches"] = {" and ".join(PAIRS[pair]): roles for pair in barriers.LINES}
    lines = barriers.along_lines(stacked(found, found))
    own = pu.loss(model_of(params), params, data)
    np.testing.assert_allclose(lines["orders", "matched"]["loss"], float(own), rtol=1e-4)
    np.testing.assert_allclose(lines["orders", "plain"]["loss"][:, [0, -1]], float(own), rtol=1e-4)
    table = barriers.barrier_table(lines)
    assert table["orders"]["accuracy, plain"].min() > 0.05
    np.testing.assert_allclose(table["orders, less control"]["loss, plain"], 0)


def test_a_barrier_is_what_rises_above_the_straight_line():
    values = np.array([[0.0, 2.0, 2.0], [4.0, 1.0, 0.0]])
    np.testing.assert_allclose(barriers.barrier(values), [1, 0])
