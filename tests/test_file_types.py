"""The network that tells types of files: the same function in JAX, and pruned."""

import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime
import pytest

import prune_utils as pu
from prune_utils.drawing.networks import agreement_curves
from prune_utils.studies import file_types, pruned_file_types as judged

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def files():
    return tuple(map(jnp.asarray, file_types.installed_files(KEY, (16, 16))))


@pytest.fixture(scope="module")
def params():
    return file_types.parameters(file_types.read_weights())


@pytest.fixture(scope="module")
def net(params, files):
    return pu.trace(file_types.tell, params, files[0][:1])


def test_the_ends_of_a_file_are_seen_without_the_space_around_them():
    short = file_types.read_bytes(b"  \nabc\n ")
    assert short[:5].tolist() == [*b"abc\n "]
    assert short[-5:].tolist() == [*b" \nabc"]
    assert (short[8:-8] == file_types.PADDING).all()
    content = bytes(i % 251 for i in range(5000))
    long = file_types.read_bytes(content)
    assert long[: file_types.BEGIN].tolist() == list(content[:1024])
    assert long[file_types.BEGIN :].tolist() == list(content[-1024:])


def test_no_two_files_are_alike_and_a_run_finds_the_same(files):
    rows = np.concatenate(files)
    assert len(rows) == 32
    for place, row in enumerate(rows):
        others = np.delete(rows, place, axis=0)
        assert not file_types.alike(row, list(others))
        assert file_types.alike(row, [others[0], np.where(np.arange(2048) % 3, row, 1)])
        half = np.where(np.arange(2048) % 1024 < 50, row, file_types.PADDING)  # is all in the row
        assert file_types.alike(row, [half]) and file_types.alike(half, [row])
    again = file_types.installed_files(KEY, (16, 16))
    np.testing.assert_array_equal(np.concatenate(again), rows)
    others = file_types.installed_files(jax.random.key(1), (16, 16))
    assert not np.array_equal(np.concatenate(others), rows)


def test_onnxruntime_computes_the_same_function(files, params):
    session = onnxruntime.InferenceSession(str(file_types.model_file()))
    theirs = session.run(None, {"bytes": np.asarray(files[1])})[0]
    ours = jax.jit(file_types.tell)(params, files[1])
    # Its layer normalisation loses digits where activations hardly vary: see notebook 10.
    gaps = np.sort(np.abs(theirs - ours).max(axis=1))
    assert gaps[-3] < 1e-4 and gaps[-1] < 1e-2
    np.testing.assert_array_equal(theirs.argmax(axis=1), ours.argmax(axis=1))


def test_the_layer_normalisation_over_units_is_one_in_other_words(params):
    h = jax.random.normal(jax.random.key(0), (5, 512)) + 3
    weights = file_types.read_weights()
    normal = (h - h.mean(axis=1, keepdims=True)) / jnp.sqrt(h.var(axis=1, keepdims=True) + 1e-6)
    expected = (normal * weights["second scale"] + weights["second shift"]) @ weights["classes"]
    mean, square = h @ params["mean"], jnp.square(h) @ params["square"]
    own = h @ params["classes"]["kernel"] / jnp.sqrt(square - jnp.square(mean) + 1e-6)
    own = own + params["classes"]["bias"] - weights["classes bias"]
    np.testing.assert_allclose(own, expected, rtol=1e-3, atol=1e-3)


def test_both_layers_are_found(net):
    assert net.widths == (64, 512)
    assert not any("convolution/bias" in name for name in net.frozen)


def test_nothing_pruned_nothing_changes_and_half_agrees_more_often_than_by_means(
    net, params, files
):
    # On the files that it was fitted to, because which others are installed is chance.
    fit = judge = files[0]
    whole = judged.answers(net, params, judge)
    scores = net.scores("unexplained", params, fit)
    small = judged.pruned(net, params, fit, 1, "least_squares", scores, 1e-6)
    same = judged.answers(net, small, judge)
    np.testing.assert_array_equal(whole, same)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judged, "PARTS", (0.5,))
        patch.setattr(judged, "RIDGES", (0.1,))
        agree, rows, ridges = judged.agreement(net, params, [(fit, judge)] * 2)
    assert ridges == (0.1, 0.1)
    (row,) = rows.values()
    ahead = next(iter(agree[judged.OURS].values())) - next(iter(agree[judged.COMMONEST].values()))
    assert row["ours less the last"] == f"{pu.mean_interval(ahead):+.2f}"
    assert row["operations"] == "0.250" and set(agree) > set(judged.METHODS)
    ours, means = (next(iter(agree[n].values())).mean() for n in list(judged.METHODS)[:2])
    assert ours > means
    assert len(agreement_curves(agree).axes[0].containers) == 4


def test_the_ridge_is_the_one_that_agrees_most_on_files_held_out(net, params, files):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judged, "RIDGES", (1e9, 1e-1))  # the first is deletion
        twice = jnp.concatenate([files[0]] * 2)  # what is held out was seen, too
        assert judged.best_ridge(net, params, twice, 0.5) == 1e-1
