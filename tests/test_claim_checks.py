"""Every verdict turns where its rule says, and the deciding variable is found again."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from prune_utils.drawing.robustness import robust_figure
from prune_utils.drawing.style import use_style
from prune_utils.studies.claim_checks import learned, verdicts
from prune_utils.studies.deciding import DEAD, Sweep, judge_robustness, robustness
from prune_utils.studies.one_split import best_split, better, held_out, splits
from prune_utils.studies.robustness import Shape

RNG = np.random.default_rng(0)
SHAPE = Shape(10, 2, 8, 2, 1000, None)


def each(value, *shape):
    """The same number in all of two networks of one setting."""
    return np.full((1, 2, *shape), value)


def measured():
    """One setting at which every claim holds."""
    tests = {
        "full": 0.99,
        "random train_prune": 0.8,
        "random fine_tune": 0.98,
        "random prune_train": 0.98,
        "std train_prune": 0.985,
        "std prune_train": 0.98,
    }
    std = np.tile(np.arange(8.0), (1, 2, 2, 1))
    rise = std[..., ::-1] + 0.1
    rise[..., 7] = -0.9  # large and bad
    moves = RNG.uniform(0.1, 1, (1, 2, 40, 40)) * RNG.choice([-1, 1], (1, 2, 40, 40))
    moves[..., :20] = 0.60055
    return {
        "whole": {
            "right": each(0.99),
            "confident": each(0.95),
            "test": each(0.99),
            "loss": each(0.1),
            "test_loss": each(0.1),
            "dead": each(0.5),
        },
        "constant": {
            "constant_folded": each(1e-7),
            "constant_deleted": each(0.1),
            "all_silent": each(True),
            "silent_data": each(1e-7),
        },
        "arms": {
            "test": {name: each(value) for name, value in tests.items()},
            "wrong": {"full": each(0.1), "random train_prune": each(0.3)},
            "orders": each(0.1),
        },
        "kernels": {
            "moves": moves,
            "equal": each(5),
            "untouched": each(5),
            "r": each(0.5),
            "p": each(0.01),
        },
        "roles": {
            "idle": {
                "dead": each(True, 8),
                "gradient": each(0.0, 8),
                "distance": each(0.1, 8),
            },
            "same": np.tile([0.6, 0.1], (1, 2, 1)),
        },
        "units": {
            "std": std,
            "outgoing": std + 1,
            "rise": rise,
            "rise_test": rise,
            "passed": np.where(std == 6, 0.01, std),  # the second largest is ignored
            "bound": np.full(std.shape, 10.0),
        },
        "together": {
            "std": {"coherence": each(9.0), "share": each(0.1)}
            | {"restored": each(0.9), "restored_size": each(0.8)}
            | {"signs": each(0.9), "signs_size": each(0.8)},
            "random": {"coherence": each(2.0), "share": each(0.5)},
        },
        "few": each(0.98),
    }


def judged(table, shape=SHAPE):
    found = verdicts(shape, np.array([True]), np.array([0.1]), table)
    return {claim: holds[0] for claim, holds in found.items()}


def test_all_hold_but_f1_which_needs_a_loss():
    found = judged(measured())
    assert found.pop("F1") == 0  # std pruning is better than random pruning here
    assert set(found.values()) == {1}


# a change of one number, and the claims it turns
TURNS = {
    "P2": ("whole", "confident", 0.89),
    "P3": ("arms", "wrong", "random train_prune", 0.19),
    "P4": ("arms", "test", "random fine_tune", 0.96),
    "P5": ("arms", "test", "random train_prune", 0.975),
    "P7": ("kernels", "untouched", 4),
    "P10": ("arms", "test", "std train_prune", 0.979),
    "P11": ("arms", "orders", 0.21),
    "P12": ("kernels", "p", 0.06),
    "P13": ("roles", "idle", "distance", 0.009),
    "P1": ("constant", "constant_deleted", 0.0),
    "P15": ("constant", "silent_data", 1e-4),
    "P16": ("units", "bound", 1.0),
    "P17": ("units", "passed", 1.0),
    "F3": ("few", 0.97),
}


@pytest.mark.parametrize("claim", TURNS)
def test_a_verdict_turns_at_its_threshold(claim):
    table = measured()
    *path, last, value = TURNS[claim]
    node = table
    for name in path:
        node = node[name]
    node[last] = np.full_like(node[last], value)
    assert judged(table)[claim] == 0


def test_units_that_matter_together():
    table = measured()
    table["arms"]["test"]["std train_prune"] = each(0.7)
    assert judged(table)["F1"] == 1
    for what, value in {
        "coherence": 1.9,
        "share": 0.6,
        "restored_size": 0.95,
        "signs_size": 0.95,
    }.items():
        right = table["together"]["std"][what]
        table["together"]["std"][what] = each(value)
        assert judged(table)["F1"] == 0, what
        table["together"]["std"][what] = right
    table["together"]["std"]["coherence"] = each(np.nan)  # no dropped unit varies
    assert judged(table)["F1"] == 0


def test_a_band_elsewhere_is_not_adams():
    table = measured()
    table["kernels"]["moves"] = 1.02 * table["kernels"]["moves"]
    assert judged(table)["P9"] == 0


def test_what_did_not_learn_is_asked_of_any_network_only():
    table = measured()
    table["whole"]["test"] = each(0.94)
    assert not learned(table)[0]
    asked = {claim for claim, holds in judged(table).items() if np.isfinite(holds)}
    assert asked == {"P1", "P16"}
    table["whole"]["loss"] = each(np.nan)
    assert not any(np.isfinite(holds) for holds in judged(table).values())


def test_no_kernel_no_claim_about_it():
    table = measured() | {"kernels": {}}
    found = judged(table, Shape(10, 2, 8, 1, 1000, None))
    assert not {"P7", "P9", "P12"} & set(found)


GROUPS = np.repeat(np.arange(4), 25)
RATE = RNG.uniform(size=100)
VARIABLES = {
    "rate": RATE,
    "law": RNG.choice(["a", "b", "c"], 100),
    DEAD: RNG.uniform(size=100),
}


def test_splits_cut_numbers_and_name_texts():
    found = splits({"law": np.array(["a", "b", "a"]), "depth": np.array([1, 2, 1])})
    assert found.words == [("not a", "a"), ("not b", "b"), ("depth < 1.5", "depth > 1.5")]
    np.testing.assert_array_equal(found.inside[2], [False, True, False])


def test_the_best_split_may_point_either_way():
    inside = np.array([[True, True, False, False], [True, False, True, False]])
    assert best_split(inside, np.array([True, False, True, False])) == (1, True)
    assert best_split(inside, np.array([False, False, True, True])) == (0, False)


def test_the_variable_that_decides_is_found_and_held_out():
    row = robustness(np.where(RATE > 0.6, 1.0, 0.0), VARIABLES, GROUPS, np.array(1.0))
    assert row.variable == "rate" and abs(float(row.words.removeprefix("rate > ")) - 0.6) < 0.05
    assert row.right > 0.9 > row.majority and row.by_death < 0.8
    assert row.p < 1e-4 and row.inferred is True
    np.testing.assert_allclose(row.share.mean, (RATE > 0.6).mean())


def test_chance_decides_nothing():
    chance = RNG.integers(0, 2, 100).astype(float)
    chance[:10] = np.nan
    row = robustness(chance, VARIABLES, GROUPS, np.array(np.nan))
    assert row.p > 0.01 and row.right < 0.65 and row.inferred is None
    assert row.share.seeds == 90


def test_the_p_values_of_all_claims_are_adjusted_together():
    chance = np.random.default_rng(1).integers(0, 2, 100).astype(float)
    rare = np.full(100, np.nan)
    rare[:9] = 1
    holds = {"F1": np.where(RATE > 0.6, 1.0, 0.0), "F2": chance, "F3": rare}
    alone = [robustness(own, VARIABLES, GROUPS, 1.0) for own in (holds["F1"], chance)]
    raw = np.array([p for row in alone for p in (row.p, row.p_death)])
    rows = judge_robustness(
        Sweep(VARIABLES, np.ones(100, bool), GROUPS, holds), dict.fromkeys(holds, np.ones(1))
    )
    assert list(rows) == ["F1", "F2"]  # too few settings were asked of the third
    found = np.array([p for row in rows.values() for p in (row.p, row.p_death)])
    rank = raw.argsort()
    steps = np.minimum.accumulate((raw[rank] * 4 / np.arange(1, 5))[::-1])[::-1]
    np.testing.assert_allclose(found[rank], np.minimum(steps, 1))
    assert rows["F1"].decides
    assert [row.decides for row in rows.values()] == [row.p < 0.05 for row in rows.values()]


def test_a_group_is_judged_by_the_others_only():
    # in each group another side holds, so that what the others teach is wrong
    groups = np.repeat([0, 1], 4)
    inside = np.tile([True, True, False, False], 2)[None]
    holds = np.array([True, True, False, False, False, False, True, True])
    assert held_out(inside, holds, groups)[0].mean() == 0


def test_better_is_mcnemars_test_and_one_sided_in_direction():
    right, control = np.arange(10) < 9, np.arange(10) < 3
    np.testing.assert_allclose(better(right, control), 2 / 2**6)
    assert better(control, right) == better(right, right) == 1


def test_the_figure_shows_shares_and_deciding_words():
    holds = np.where(RATE > 0.6, 1.0, 0.0)
    row = robustness(holds, VARIABLES, GROUPS, np.array(0.0))
    decided = row.__class__(**{**vars(row), "decides": True, "death_decides": True})
    useless = row.__class__(**{**vars(row), "right": row.majority - 0.1})
    with plt.rc_context():
        use_style()
        figure = robust_figure({"P1": row, "P10": decided, "P16": useless})
        figure.canvas.draw()
    left, right = figure.axes
    shown = [(text.get_text(), text.get_alpha()) for text in right.texts]
    assert shown == [(row.words, 0.6), (row.words, 1)]  # pale where it is not sure
    labels = [label.get_text().split()[0] for label in left.get_yticklabels()]
    assert labels == ["P1", "P10", "P16"]
