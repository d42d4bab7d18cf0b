"""Both orders on recorded data, against training and pruning done by hand on a tiny network."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import take

import prune_utils as pu
from benchmarks import rivals_measured
from prune_utils.compensation import COMPENSATIONS
from prune_utils.cost import cost_at
from prune_utils.drawing.beyond import order_curves, stage_curves, tuning_slopes
from prune_utils.models import MLP
from prune_utils.studies import (
    beyond,
    beyond_arms,
    beyond_kinds,
    beyond_units,
    judged_beyond as judged,
    judged_halves,
    pairs,
)
from prune_utils.studies.best_order import KINDS
from prune_utils.studies.beyond import STAGES, Way
from prune_utils.studies.pairs import Pair
from prune_utils.studies.pictures import fit, optimizer_of, train_on, training_mode
from prune_utils.tasks import Blobs

KEY, STEPS, RATES, SHARE = jax.random.key(5), 2, (1e-3, 1e-2), 2
KEYS = jnp.stack([KEY, jax.random.key(6)])


@pytest.fixture(scope="module")
def pair():
    data = jax.tree.map(np.asarray, Blobs(30, 3, 4)(KEY, KEY)[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pairs.SOURCES, "blobs", lambda: data)
        patch.setattr(pairs, "SHARES", (SHARE,))
        patch.setattr(beyond, "CURVE", SHARE)
        pair = Pair("blobs", "tiny", MLP((8, 6, 3)), STEPS, RATES, (50, 20), flat=True)
        yield pair


@pytest.fixture(scope="module")
def both_seeds(pair):
    """Two of `one_seed`."""
    return pu.run_ensemble(partial(beyond_arms.one_seed, pair=pair), KEYS, pair.data)


@pytest.fixture(scope="module")
def found(both_seeds):
    """Of the first seed: (whole, ways, arms)."""
    return take(both_seeds, 0)


@pytest.fixture(scope="module")
def arms(found):
    return found[2]


def own_start(pair):
    """(setup, start): of the first seed."""
    setup, starts = beyond.prepare(KEY, pair.data, pair)
    return setup, take(starts, 0)


def end_of(found, way, rate):
    return found[1][SHARE][beyond.ways_at(SHARE).index(way), RATES.index(rate)]


def by_hand(pair, setup, variables, rate, first=0, last=STAGES, moments=None):
    """Training through some stages: (variables, moments)."""
    optimizer = optimizer_of(rate, STAGES * STEPS)
    apply = pair.net.adapt(training_mode(pair.module))
    moments = optimizer.init(variables["params"]) if moments is None else moments
    batches = jnp.concatenate(setup.batches[first:last])
    return train_on(apply, optimizer, (variables, moments), batches, setup.data)


def test_each_layer_keeps_the_same_part_and_no_larger_one_fits(pair):
    whole = cost_at(pair.net, pair.net.widths).operations
    counts = pair.counts[SHARE]
    assert cost_at(pair.net, counts).operations <= whole / SHARE
    parts = np.array(counts) / pair.net.widths
    assert np.ptp(parts) <= 0.5 / min(pair.net.widths) + 0.5 / max(pair.net.widths)
    larger = [count + 1 for count in counts]
    assert cost_at(pair.net, larger).operations > whole / SHARE


def test_shares_that_no_part_reaches_are_left_out(pair, monkeypatch):
    monkeypatch.setattr(pairs, "SHARES", (2, 1000))
    other = Pair("blobs", "tiny", pair.module, STEPS, RATES, pair.sizes, flat=True)
    assert list(other.counts) == [2]


@pytest.mark.parametrize("kind", [beyond.CARELESS, beyond.WELL])
def test_pruned_last_nothing_is_trained_after(pair, found, kind):
    setup, start = own_start(pair)
    full, _ = by_hand(pair, setup, start, RATES[1])
    seen, (criterion, compensation) = setup.data.x[: beyond.SEEN], kind
    scores = pair.net.scores(criterion, full, seen, pu.named_key(KEY, "scores"))
    small = pair.net.prune(full, pu.keep_highest(scores, pair.counts[SHARE]), seen, compensation)
    after = end_of(found, Way(STAGES, *kind), RATES[1])
    np.testing.assert_allclose(after, beyond.measured(pair.net, small, setup.sets), atol=1e-4)
    whole = beyond.measured(pair.net, full, setup.sets)
    np.testing.assert_allclose(found[0][1], whole, atol=1e-4)


def test_pruned_in_between_the_moments_are_pruned_too(pair, found):
    setup, start = own_start(pair)
    half, moments = by_hand(pair, setup, start, RATES[0], last=2)
    seen = setup.data.x[: beyond.SEEN]
    keep = pu.keep_highest(pair.net.scores("unexplained", half, seen), pair.counts[SHARE])
    small, cut = pair.net.prune(half, keep, seen, "least_squares"), pair.net.slice(moments, keep)
    expected = {
        name: beyond.measured(
            pair.net,
            by_hand(pair, setup, small, RATES[0], first=2, moments=start)[0],
            setup.sets,
        )
        for name, start in {"kept": cut, "fresh": None}.items()
    }
    after = end_of(found, Way(2, "unexplained", "least_squares"), RATES[0])
    np.testing.assert_allclose(after, expected["kept"], atol=1e-4)
    assert np.abs(after - expected["fresh"]).max() > 1e-3


def test_fit_is_a_whole_training():
    x = jax.random.normal(KEY, (40, 4))
    data = pu.Dataset(x, (x[:, 0] > 0).astype(jnp.int32))
    model = MLP((5, 2))
    start = {"params": pu.init_params(model, KEY, data.x)}
    end = fit(training_mode(model), start, KEY, data, steps=60, rate=0.03)
    assert (model.apply(end, data.x).argmax(axis=1) == data.y).mean() > 0.9


def test_arms_are_whole_pruned_and_trained_on(pair, arms):
    for name in ("random", "std"):
        before = arms["tuned"][name, "mean"]["before"]
        np.testing.assert_allclose(before, arms["accuracy"]["train_prune"][name], atol=1e-6)
    assert set(arms["tuned"]) == set(KINDS)
    whole = pair.net.widths
    for counts in arms["units"].values():
        np.testing.assert_array_equal(counts.sum(axis=1), whole)
    np.testing.assert_array_equal(arms["dead"]["dead"], arms["units"]["full"][:, 0].sum())


def test_the_stranger_is_trained_at_the_rate_that_is_best_for_the_seed_itself(pair):
    setup, starts = beyond.prepare(KEY, pair.data, pair)
    rate, states, ends, stranger = beyond.train_whole(pair, setup, starts)
    best = int(np.argmin(ends[:, 0, 1]))
    assert rate == np.float32(RATES[best])
    expected, _ = by_hand(pair, setup, take(starts, 1), RATES[best])
    assert apart(stranger, expected) < 1e-5 < apart(stranger, take(starts, 1))
    for place, own in enumerate(RATES):
        expected, _ = by_hand(pair, setup, take(starts, 0), own)
        assert apart(jax.tree.map(lambda leaf, p=place: leaf[p, -1], states[0]), expected) < 1e-5


def test_fewer_inputs_are_those_and_no_others(pair):
    setup, start = own_start(pair)
    setting, net = beyond_kinds.Setting(pair, setup, RATES[1]), pair.net
    scores = beyond_kinds.scores_of(setting, start, start, KEY)
    keep = {name: pu.keep_highest(own, (4, 3)) for name, own in scores.items()}
    halves = {
        (name, rung): beyond_kinds.Half("start", name, rung, 0)
        for name in (*beyond_kinds.CALIBRATION[:-1], "unexplained", "random")
        for rung in COMPENSATIONS
    }
    found = beyond_kinds.made(setting, {"start": start}, keep, halves)
    for (name, rung), half in found.items():
        seen = setup.data.x[: name if name in beyond_kinds.CALIBRATION else beyond.SEEN]
        kept = pu.keep_highest(net.scores("unexplained", start, seen), (4, 3))
        small = net.prune(start, keep["random"] if name == "random" else kept, seen, rung)
        assert apart(half.begin, small) < 1e-4 and apart(half.end, half.begin) == 0
        assert half.before == half.after == setting.accuracy(small)


def test_calibration_and_the_quarter_are_what_they_are_by_hand(pair, arms):
    setup, start = own_start(pair)
    rate, full = best_whole(pair, setup, start)
    setting, x = beyond_kinds.Setting(pair, setup, rate), setup.data.x

    def accuracy(seen, counts):
        kept = pu.keep_highest(pair.net.scores("unexplained", full, seen), counts)
        return setting.accuracy(pair.net.prune(full, kept, seen, "least_squares"))

    few = [accuracy(x[:number], (4, 3)) for number in beyond_kinds.CALIBRATION]
    np.testing.assert_allclose(arms["calibration"], few, atol=1e-6)
    np.testing.assert_allclose(arms["quarter"], accuracy(x, (2, 1)), atol=1e-6)


def best_whole(pair, setup, start):
    """(rate, variables) of the network with the lowest loss in validation."""
    wholes = [by_hand(pair, setup, start, rate)[0] for rate in RATES]
    losses = [beyond.measured(pair.net, full, setup.sets)[0, 1] for full in wholes]
    best = int(np.argmin(losses))
    return RATES[best], wholes[best]


def test_arms_are_what_they_are_by_hand(pair, arms):
    setup, start = own_start(pair)
    net, (_, test), seen = pair.net, setup.sets, setup.data.x[: beyond.SEEN]
    rate, full = best_whole(pair, setup, start)
    keep = pu.keep_highest(net.scores("std", full, seen), (4, 3))
    pruned, first = net.prune(full, keep, seen, "mean"), net.slice(start, keep)
    trained, _ = by_hand(pair, setup, first, rate)
    differ = (net.apply(pruned, test.x).argmax(1) != net.apply(trained, test.x).argmax(1)).mean()
    np.testing.assert_allclose(arms["differ"]["orders"], differ, atol=1e-6)
    moves = beyond_arms._moved_alike((first, pruned), (first, trained))
    np.testing.assert_allclose(arms["moves"]["orders"], moves, atol=1e-4)
    # A schedule of its own: the middle of the whole budget's would end elsewhere.
    apply, optimizer = net.adapt(training_mode(pair.module)), optimizer_of(rate, STEPS)
    begin = pruned, optimizer.init(pruned["params"])
    tuned, _ = train_on(apply, optimizer, begin, setup.batches[-1], setup.data)
    found = beyond_kinds.Setting(pair, setup, rate).fitted(pruned, 1)
    other, _ = by_hand(pair, setup, pruned, rate, first=STAGES - 1)
    assert apart(found, tuned) < 1e-5 < 1e-4 < apart(found, other)
    after = beyond.measured(net, tuned, (test,))[0, 0]
    np.testing.assert_allclose(arms["tuned"]["std", "mean"]["after"], after, atol=1e-6)
    roles = [beyond_units.roles_of(net, v, seen) for v in (pruned, trained)]
    alike = [np.corrcoef(a.T, b.T)[: a.shape[1], a.shape[1] :] for a, b in zip(*roles, strict=True)]
    own = np.concatenate([np.diag(r) for r in alike])
    np.testing.assert_allclose(arms["roles"][0], (own[np.isfinite(own)] > 0.7).mean(), atol=1e-6)


def apart(one, other):
    pairs = zip(*map(jax.tree.leaves, (one, other)), strict=True)
    return max(float(jnp.abs(a - b).max()) for a, b in pairs)


def test_what_moved_alike_correlates():
    def variables(kernel):
        return {"params": {"kernel": kernel, "bias": jnp.zeros(3)}}

    start, moves = variables(jnp.zeros((4, 3))), jax.random.normal(KEY, (2, 4, 3))
    one, two = map(variables, moves)
    assert beyond_arms._moved_alike((start, one), (start, one)) == pytest.approx(1, abs=1e-6)
    expected = np.corrcoef(moves[0].ravel(), moves[1].ravel())[0, 1]
    found = beyond_arms._moved_alike((start, one), (start, two))
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_rivals_are_fine_tuned_for_a_stage(pair, monkeypatch):
    monkeypatch.setattr(rivals_measured, "SEEDS", 1)
    ours = {"ours": ("unexplained", "least_squares")}
    monkeypatch.setattr(rivals_measured, "METHODS", ours)
    whole, rows = rivals_measured.pair_rows(pair)
    (key,) = jax.random.split(jax.random.key(0), 1)
    setup, starts = beyond.prepare(key, pair.data, pair)
    rate, full = best_whole(pair, setup, take(starts, 0))
    setting, x = beyond_kinds.Setting(pair, setup, rate), setup.data.x[: beyond.SEEN]
    keep = pu.keep_highest(pair.net.scores("unexplained", full, x), (4, 3))
    small = pair.net.prune(full, keep, x)
    ends = [[setting.accuracy(small)], [setting.accuracy(setting.fitted(small, 1))]]
    np.testing.assert_allclose(rows["ours"]["half"], ends, atol=1e-6)
    np.testing.assert_allclose(whole, [setting.accuracy(full)], atol=1e-6)


def test_dead_and_copied_units_are_counted(pair):
    variables = pair.start(KEY)
    first = variables["params"]["Dense_0"]
    kernel = first["kernel"].at[:, 1].set(first["kernel"][:, 0]).at[:, 2].set(0)
    changed = {"params": variables["params"] | {"Dense_0": first | {"kernel": kernel}}}
    before, after = (
        beyond_units.unit_counts(pair.net, v, pair.data.x)[0] for v in (variables, changed)
    )
    assert after[0] == before[0] + 1 and after[2] < before[2]


def test_dead_units_wake_only_if_a_small_move_is_enough(pair):
    variables = pair.start(KEY)
    first, x = variables["params"]["Dense_0"], jnp.abs(pair.data.x)
    kernel = first["kernel"].at[:, :2].set(0).at[0, 0].set(1)
    highest = x[:, 0].max()
    bias = first["bias"].at[0].set(-1.001 * highest).at[1].set(-1)  # the first is nearly awake
    changed = {"params": variables["params"] | {"Dense_0": {"kernel": kernel, "bias": bias}}}
    dead, awake = beyond_units.dead_and_awake(pair.net, changed, x, KEY)
    assert list(map(bool, dead[0][:2])) == [True, True]
    assert list(map(bool, awake[0][:2])) == [True, False]
    # Of the units that are not kept, those marked.
    keep = (jnp.array([0, 2, 3, 4]), jnp.arange(6))
    marked = (jnp.arange(8) < 2, jnp.zeros(6, bool))
    assert beyond_units.part_dropped(marked, keep) == 0.25


def test_the_lowest_loss_in_validation_chooses_and_divergence_never():
    ends = np.zeros((1, 3, 2, 2))
    ends[0, :, 0, 1] = [np.nan, 0.2, 0.3]  # losses in validation
    ends[0, :, 1, 0] = [0.1, 0.6, 0.9]  # accuracies in tests
    assert judged.chosen_accuracy(ends) == [0.6]


def planted(first, between, last, careless_first, careless_last):
    noise = np.linspace(-0.001, 0.001, 8)
    names = ("prune first", "in between", "train first", *judged.CARELESSLY.values())
    values = (first, between, last, careless_first, careless_last)
    return {n: v + noise * (i + 1) for i, (n, v) in enumerate(zip(names, values, strict=True))}


def test_answers_on_the_orders_follow_from_the_differences():
    best = {2: planted(0.9, 0.9, 0.902, 0.8, 0.5), 4: planted(0.8, 0.85, 0.7, 0.5, 0.2)}
    told = "(2: level, 4: behind)"
    answers = judged.order_answers(best, {2: 0.5, 4: 0.2})
    assert list(answers.values()) == ["yes", f"no {told}", "yes"]
    # Where fewer than an eighth of the units stay, F6 says nothing.
    answers = judged.order_answers(best, {2: 0.5, 4: 0.1})
    assert list(answers.values()) == ["yes", f"yes {told}", "yes"]
    worse = {2: planted(0.9, 0.8, 0.95, 0.5, 0.6)}
    assert list(judged.order_answers(worse, {2: 0.5}).values()) == ["no", "yes (2: ahead)", "no"]


def test_pairs_with_a_yes_are_counted_for_every_question():
    one, two = {"P3 a": "yes (1)", "P3 b": "no"}, {"P3 a": "yes", "P3 b": "open (2)"}
    assert judged.counted({"x": one, "y": two}) == {"P3": ["2/0/0", "0/1/1"]}


def planted_arms(pruned, tuned, first, std, apart, alike, means, dead, waking, learned, quarter):
    noise = np.linspace(-0.001, 0.001, 8)

    def counts(dead, needed):
        return np.tile(np.array([[dead, 10 - dead - needed, needed]]), (8, 2, 1))

    kinds = {kind: {"before": 0.9 + noise, "after": 0.9 + noise} for kind in KINDS}
    kinds["std", "mean"]["before"] = std + noise
    kinds["random", "mean"] = {"before": pruned + noise, "after": means + 2 * noise}
    return {
        "full": 0.95 + noise,
        "accuracy": {
            "train_prune": {"random": pruned + noise, "std": std + 3 * noise},
            "prune_train": {"random": first + 2 * noise},
            "fine_tune": {"random": tuned - noise},
        },
        "differ": {"orders": apart + noise, "orders of strangers": 0.3 - noise},
        "moves": {"orders": alike + noise, "orders of strangers": 0.0 * noise},
        "roles": (alike + noise, 0.1 + 2 * noise),
        "tuned": kinds,
        "quarter": quarter + 2 * noise,
        "units": {
            "lowest rate": counts(2, 3),
            "highest rate": counts(dead, 3),
            "full": counts(2, 4 - learned),
            "untrained": counts(2, 4),
        },
        "dead": {
            "dead": np.full(8, 10),
            "wake": np.full(8, waking),
            "dropped": dead / 10 + noise,
        },
    }


def test_answers_on_the_claims_have_both_signs():
    yes = planted_arms(0.4, 0.945, 0.945, 0.3, 0.1, 0.8, 0.8, 4, 0, 2, 0.9)
    no = planted_arms(0.94, 0.6, 0.5, 0.945, 0.4, 0.0, 0.95, 0, 5, -2, 0.9)
    for arms, expected, odd in ((yes, "yes", ("no", "untested")), (no, "no", ("yes", "no"))):
        answers = judged_halves.claim_answers(arms)
        words = {question: answer.split()[0] for question, answer in answers.items()}
        p10 = words.pop("P10 std pruning costs less than a point")
        f5 = words.pop("F5 std pruning is harmless where, and only where, what goes is mostly dead")
        assert (p10, f5) == odd and set(words.values()) == {expected}
    (p14,) = (a for q, a in judged_halves.claim_answers(yes).items() if q.startswith("P14"))
    assert p14.startswith("yes (+0.800") and p14.endswith("; different units 0.10)")
    same, _ = yes["roles"]
    alike = judged_halves.claim_answers(yes | {"roles": (same, same + 0.1)})
    assert [a.split()[0] for q, a in alike.items() if q.startswith("P14")] == ["no"]
    rare = judged_halves.claim_answers(no | {"dead": no["dead"] | {"dead": np.eye(8)[0]}})
    assert [a for q, a in rare.items() if q.startswith("P13")] == ["hardly any is dead"]


def test_std_is_set_against_chance_before_and_after_fine_tuning():
    arms = planted_arms(0.4, 0.945, 0.945, 0.3, 0.1, 0.8, 0.8, 4, 0, 2, 0.9)
    answers = judged_halves.kind_answers(judged_halves.kind_values(arms))
    assert answers["before fine-tuning: std minus chance, means"].startswith("-0.100 [")
    assert answers["after fine-tuning: std minus chance, means"].startswith("+0.100 [")


def test_choices_at_an_end_of_the_rates_are_counted(pair):
    ways = beyond.ways_at(SHARE)
    ends = np.ones((4, len(ways), 2, 2, 2))
    ends[:3, ways.index(Way(0, *beyond.WELL)), 1, 0, 1] = 0.1
    ends[3, ways.index(Way(0, *beyond.CARELESS)), 0, 0, 1] = 0.1
    assert judged.edge_choices({SHARE: ends}, pair)["prune first"] == "0.25, 0.75"


def test_the_best_of_an_order_is_looked_for_among_its_ways_only():
    ways = beyond.ways_at(2)
    ends = np.ones((3, len(ways), 2, 2, 2))  # seeds, ways, rates, sets, what
    ends[..., 1] = 5.0  # losses
    place = ways.index(Way(STAGES, *beyond.WELL))
    ends[:, place, 1, 0, 1] = 1.0  # the lowest loss in validation, at the end
    ends[:, place, 1, 1, 0] = [0.2, 0.3, 0.4]
    values = judged.best_values({2: ends})[2]
    assert {name: list(found) for name, found in values.items()} == {
        "prune first": [1, 1, 1],
        "in between": [1, 1, 1],
        "train first": [0.2, 0.3, 0.4],
        "prune first, carelessly": [1, 1, 1],
        "train first, carelessly": [1, 1, 1],
    }


def test_two_seeds_go_all_the_way_to_answers_and_figures(pair, both_seeds):
    whole, ways, arms = both_seeds
    whole, best = judged.chosen_accuracy(whole), judged.best_values(ways)
    assert (
        len(judged.order_answers(best, pair.kept)) == 3
        and len(judged_halves.claim_answers(arms)) == 17
    )
    assert len(judged_halves.kind_answers(judged_halves.kind_values(arms))) == 11
    curves = judged.stage_values(ways, SHARE)
    assert len(order_curves({"a, b": (whole, best), "c, d": (whole, best)}).axes) == 4
    figure = stage_curves({"a, b": (whole, curves), "c, d": (whole, curves)})
    assert [len(ax.containers) for ax in figure.axes] == [2, 2]
    kinds = judged_halves.kind_values(arms)
    figure = tuning_slopes({"a, b": (whole, kinds)})
    assert len(figure.axes[0].lines) == 1 + len(KINDS)
