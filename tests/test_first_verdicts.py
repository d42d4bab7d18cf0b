"""The verdicts of notebooks 02, 03, 05, 06 and 08 turn where their rules say."""

from types import SimpleNamespace

import numpy as np
import pytest

from prune_utils.publishing.claims import Claim, verdict
from prune_utils.statistics import Interval
from prune_utils.studies import band_verdicts as band, baseline, kernel_verdicts, random_verdicts
from prune_utils.studies.certificates import BoundEvidence
from prune_utils.studies.dashes import PIECES, Diagonal, Middle, Outer
from prune_utils.studies.exceptions import ExceptionEvidence
from prune_utils.studies.lone import LONE, Explanation
from prune_utils.studies.revival import RevivalGains
from prune_utils.studies.rules import RULES
from prune_utils.studies.spared_verdicts import verdicts as spared_verdicts

NO, SEEDS = "does not hold", 40


def around(mean, width=0.001):
    return Interval(mean, mean - width, mean + width, 8)


def said(judged):
    return {
        number: verdict(Claim(**start, measured="", control="", figure=""))
        for number, start in judged.items()
    }


WHOLE = {
    "right": np.full(SEEDS, 0.99),
    "confident": np.full(SEEDS, 0.97),
    "constant_folded": np.full(SEEDS, 1e-6),
    "constant_deleted": np.full(SEEDS, 0.1),
    "all_silent": np.arange(SEEDS) > 4,
    "silent_data": np.where(np.arange(SEEDS) > 4, 1e-6, 1.0),
    "silent_plane": np.full(SEEDS, 1e-2),
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {}),
        ({"constant_folded": np.full(SEEDS, 2e-5)}, {"P1": NO}),
        ({"constant_deleted": np.full(SEEDS, 1e-6)}, {"P1": NO}),
        ({"right": np.full(SEEDS, 0.94)}, {"P2": NO}),
        ({"confident": np.full(SEEDS, 0.89)}, {"P2": NO}),
        ({"silent_plane": np.full(SEEDS, 1e-6)}, {"P15": "holds"}),
        ({"silent_data": np.full(SEEDS, 2e-5)}, {"P15": NO}),
        ({"all_silent": np.arange(SEEDS) > 20}, {"P15": NO}),
    ],
)
def test_the_whole_network(change, expected):
    found = said(baseline.verdicts(WHOLE | change))
    assert found == {"P1": "holds", "P2": "holds", "P15": "holds on the data only"} | expected


ACCURACY = {"full": 0.99, "train_prune": 0.6, "fine_tune": 0.98, "prune_train": 0.985}
WRONG = {"full": 0.05, "train_prune": 0.4, "fine_tune": 0.05, "prune_train": 0.05}
GAINS = RevivalGains(around(0.0), around(0.0), failed=5, rescued=4, unaided=1)


@pytest.mark.parametrize(
    ("accuracy", "wrong", "gains", "expected"),
    [
        ({}, {}, {}, {}),
        ({}, {"train_prune": 0.14}, {}, {"P3": NO}),
        ({"fine_tune": 0.965}, {}, {}, {"P4": NO}),
        ({"train_prune": 0.96}, {}, {}, {"P4": "holds"}),
        ({"prune_train": 0.94}, {}, {}, {"P5": NO}),
        ({"train_prune": 0.986}, {}, {}, {"P4": "holds", "P5": NO}),
        ({}, {}, {"removed": around(0.02)}, {"P13": NO}),
        ({}, {}, {"removed": around(-0.02)}, {"P13": NO}),
        ({}, {}, {"working": around(0.02)}, {"P13": NO}),
        ({}, {}, {"rescued": 1}, {"P13": "holds"}),
    ],
)
def test_random_pruning(accuracy, wrong, gains, expected):
    accuracy, wrong = (
        {arm: np.full(SEEDS, value) for arm, value in (table | change).items()}
        for table, change in ((ACCURACY, accuracy), (WRONG, wrong))
    )
    judged = random_verdicts.verdicts(
        random_verdicts.evidence(accuracy, wrong), GAINS._replace(**gains)
    )
    assert judged["P5"]["rule"] == RULES["P5"].earlier
    assert (
        said(judged)
        == {
            "P3": "holds",
            "P4": "holds, and only those not fine-tuned are not functional",
            "P13": "holds, except where the network does not work",
            "P5": "holds",
        }
        | expected
    )


def pairs(**change):
    """`kernel_pairs` of seeds in both criteria; those of std pruning changed."""
    same = {"p": 0.01, "r": 0.3, "roles": 0.6, "strangers": 0.2}
    std = {name: np.full(SEEDS, value) for name, value in (same | change).items()}
    random = {name: np.full(SEEDS, value) for name, value in same.items()}
    std["roles"][0] = np.nan  # a seed in which no unit varies
    return {"random": random, "std": std}


DIAGONAL = Diagonal(None, None, None, dict.fromkeys(PIECES, 9.0) | {"gaps": 1.1}, {})
MIDDLE = Middle(np.array([-0.1, 0.1699]), None, 0, 1000, 995, 0, 0, around(0.1))
OUTER = Outer(None, 0.6005, around(0.9))


def of_kernels(many=None, ratio=(), middle=(), outer=()):
    return kernel_verdicts.verdicts(
        kernel_verdicts.evidence(many or pairs()),
        DIAGONAL._replace(ratio=DIAGONAL.ratio | dict(ratio)),
        MIDDLE._replace(**dict(middle)),
        OUTER._replace(**dict(outer)),
        limit=0.17,
        rate=0.1,
        answer=6.0055,
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {}),
        ({"ratio": {"upper": 3.0}}, {"P6": NO}),
        ({"ratio": {"gaps": 2.0}}, {"P6": NO}),
        ({"middle": {"inner_untouched": 990}}, {"P7": NO}),
        ({"middle": {"unmoved": np.array([0.16])}}, {"P8": NO}),
        ({"middle": {"tilt": around(-0.04)}}, {"P8": "holds"}),
        ({"outer": {"position": 0.61}}, {"P9": NO}),
        ({"outer": {"there": around(0.75)}}, {"P9": NO}),
        ({"many": pairs(p=0.06)}, {"P12": NO}),
        ({"many": pairs(r=0.51)}, {"P12": NO}),
        ({"many": pairs(r=0.33)}, {"P12": "holds"}),
        ({"many": pairs(roles=0.4)}, {"P14": NO}),
        ({"many": pairs(strangers=0.7)}, {"P14": NO}),
    ],
)
def test_kernels(change, expected):
    judged = of_kernels(**change)
    assert judged["P9"]["rule"] == RULES["P9"].earlier and judged["P6"]["rule"] == RULES["P6"].rule
    holding = {"P6": "holds", "P7": "holds", "P8": "holds for the cut-offs only", "P14": "holds"}
    holding["P9"] = "holds, up to 1.8 %, if the learning rate was 0.1"
    holding["P12"] = "holds, but not more than with random pruning"
    assert said(judged) == holding | expected


BAND = band.Evidence(around(0.2), around(0.9), 0.99, around(0.98), around(0.7))


@pytest.mark.parametrize(
    ("change", "right", "expected"),
    [
        ({}, True, {}),
        ({}, False, {"P9": NO}),
        ({"explained": 0.95}, True, {"P9": NO}),
        ({"members": around(0.75)}, True, {"P9": NO}),
        ({"stuck": around(0.9)}, True, {"P13": NO}),
        ({"early": around(0.95)}, True, {"P13": "holds"}),
    ],
)
def test_the_band(change, right, expected):
    judged = band.verdicts(BAND._replace(**change), [True, right], rate=0.1, band=0.60055)
    assert (
        said(judged)
        == {
            "P9": "holds, and is explained up to 1.8 %, if the learning rate was 0.1",
            "P13": "holds, though not all of them died early",
        }
        | expected
    )


@pytest.mark.parametrize(("place", "holds"), [(0.575, True), (0.57, False), (0.61, False)])
def test_the_band_must_lie_near_the_post(place, holds):
    judged = band.verdicts(BAND, [True], 0.1, place)
    assert judged["P9"]["holds"] == holds and "-" not in next(iter(judged["P9"]["limits"]))


def test_the_evidence_on_the_band_counts_its_members():
    lone = np.array([[[True, True, False, False]], [[True, False, False, False]]])
    in_band = np.array([[[True, True, True, False]], [[True, False, False, False]]])
    moves = Explanation(None, in_band, np.array([[[True, False, True, True]]] * 2))
    idle = {"gradient": np.zeros((2, 2)), "distance": np.array([[0.5, 0.001]] * 2)}
    idle["dead"] = np.full((2, 2), True)
    found = band.evidence({LONE: lone}, moves, idle, np.array([0.5, 1.0]))
    assert (found.share.mean, found.members.mean) == (0.5, pytest.approx(5 / 6))
    assert (found.explained, found.stuck.mean, found.early.mean) == (
        pytest.approx(2 / 3),
        0.5,
        0.75,
    )


RARE = dict.fromkeys(("P17", "P18", "P19"), ExceptionEvidence({}, 0.01, True))


def of_spared(
    violations=0, tightest=2e4, rare=(), harm=True, pooled=-0.01, beyond=-9.0, parts=-9.0
):
    folding = SimpleNamespace(
        pooled={"random": {"mean": around(pooled)}}, harm=lambda criterion: harm
    )
    bounds = BoundEvidence(9, violations, {}, tightest)
    return spared_verdicts(
        bounds, RARE | dict(rare), folding, [around(beyond)], {"part": [around(parts)]}
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {}),
        ({"violations": 1}, {"P16": NO}),
        ({"tightest": 100.0}, {"P16": "holds"}),
        ({"rare": {"P18": ExceptionEvidence({}, 0.0, None)}}, {"P18": "open"}),
        ({"rare": {"P19": ExceptionEvidence({}, 0.06, True)}}, {"P19": "holds"}),
        ({"harm": None}, {"F7": "open"}),
        ({"pooled": -0.06}, {"F7": "holds"}),
        ({"beyond": 0.0}, {"F3": "open"}),
        ({"parts": 1.0}, {"F4": NO}),
    ],
)
def test_what_makes_up_for_what_was_pruned(change, expected):
    holding = dict.fromkeys(("P17", "P18", "P19"), "holds, for few units")
    holding["P16"] = "holds, with the constant √2, and is far from tight"
    holding |= {"F3": "holds", "F4": "holds", "F7": "holds, by little"}
    assert said(of_spared(**change)) == holding | expected
