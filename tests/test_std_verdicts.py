"""The verdicts on std pruning turn where their rules say."""

import numpy as np
import pytest

import prune_utils as pu
from prune_utils.publishing.claims import Claim, verdict
from prune_utils.studies.death_costs import Death
from prune_utils.studies.joint_removal import JointEffects
from prune_utils.studies.std_verdicts import evidence, std_verdicts
from prune_utils.studies.two_criteria import CUTS, PAIRS, SIZES

pytestmark = pytest.mark.usefixtures("two_seeds_suffice")

SEEDS = 40


def around(mean, width=0.005):
    return pu.Interval(mean, mean - width, mean + width, 8)


def many(differ=(0.001, 0.07, 0.07, 0.3, 0.07), visible=0.005, distance=0.05, dropped=0.0):
    """`std_pruning` of seeds that hardly differ; `differ`: the pairs' share of the map in another
    class; `distance`, `dropped`: of dropped units, the way to waking and the rise of the loss."""
    noise = 1e-4 * np.random.default_rng(0).uniform(size=SEEDS)
    units = {"gradient": np.zeros((SEEDS, 4)), "distance": np.full((SEEDS, 4), distance)}
    return {
        "change": {
            pair: np.stack([share + noise, np.full(SEEDS, visible)], axis=1)
            for pair, share in zip(PAIRS, differ, strict=True)
        },
        "idle": {"dropped": units, "kept": units | {"gradient": np.ones((SEEDS, 4))}},
        "rise": {
            "dropped": np.full((SEEDS, len(SIZES)), dropped),
            "kept": np.full((SEEDS, len(SIZES)), 0.01),
        },
    }


EFFECTS = JointEffects(
    worse=(around(0.1), 1.0, 0.01),
    coherence=around(9.0),
    share=around(-0.4),
    layers=[],
    direction={"restored": around(0.1), "signs": around(0.1)},
)
DEATH = Death(
    planted={0.0: around(0.4), 0.5: around(0.0)},
    steps={0.5: around(0.4)},
    random=around(0.3),
    prevented={"0.1, |x|": around(0.05)},
    undecided=[],
    rate=around(0.2),
)


def ranks(coherence=0.5, single=-0.3, joint=0.6):
    table = {
        "coherence": coherence,
        "over share": coherence - single,
        "over joint": coherence - joint,
    }
    table = {what: {"all": np.array([mean - 0.1, mean + 0.1])} for what, mean in table.items()}
    return {"all criteria": table, "without random": table}


def words(number, found=None, effects=EFFECTS, death=DEATH, table=None):
    judged = std_verdicts(evidence(found or many()), effects, death, table or ranks())
    return verdict(Claim(**judged[number], measured="", control="", figure=""))


def test_evidence_names_pairs_and_kinds_of_units():
    found = evidence(many(visible=0.02))
    assert found.same["full / train_prune"].mean == 0
    assert found.apart["full / stranger"].mean == pytest.approx(0.07, abs=1e-3)
    assert found.further["full / train_prune"].mean == pytest.approx(0.069)
    assert [found.stuck["dropped"][cut].mean for cut in CUTS] == [1, 1, 0]
    assert found.stuck["kept"][CUTS[0]].mean == 0
    assert found.moved == {"dropped": 0, "kept": pytest.approx(0.01)}


UNDECIDED = DEATH._replace(prevented={})
NO_WORSE = EFFECTS._replace(worse=(around(0.0), 0.0, 1.0))
BETTER = EFFECTS._replace(worse=(around(-0.1), 1.0, 0.01))


@pytest.mark.parametrize(
    ("number", "changes", "expected"),
    [
        ("P10", {}, "holds only where many units are dead"),
        ("P10", {"death": UNDECIDED}, "holds at large learning rates only, and why is open"),
        ("P10", {"effects": NO_WORSE}, "holds at the inferred learning rate, elsewhere is open"),
        ("P10", {"effects": BETTER}, "holds"),
        ("P10", {"found": many(visible=0.02)}, "does not hold"),
        ("P11", {}, "holds, but as much for unrelated networks"),
        ("P11", {"found": many((0.001, 0.07, 0.12, 0.3, 0.07))}, "holds"),
        ("P11", {"found": many((0.1, 0.07, 0.07, 0.3, 0.07))}, "does not hold"),
        ("P11", {"found": many((0.001, 0.21, 0.21, 0.3, 0.07))}, "does not hold"),
        ("P13", {}, "holds for moves up to a hundredth of a unit's weights"),
        (
            "P13",
            {"found": many(distance=0.005)},
            "holds for moves up to a thousandth of a unit's weights",
        ),
        ("P13", {"found": many(distance=0.5)}, "holds"),
        ("P13", {"found": many(distance=0.0005)}, "does not hold"),
        ("P13", {"found": many(dropped=0.001)}, "does not hold"),
        ("F5", {}, "holds, though the learning rate plays a part of its own"),
        ("F5", {"death": UNDECIDED}, "does not hold"),
        ("F1", {}, "holds, though without random pruning the joint size ranks no worse"),
        (
            "F1",
            {"table": ranks(joint=0.8)},
            "holds, though without random pruning the joint size ranks better",
        ),
        ("F1", {"table": ranks(joint=0.1)}, "holds"),
        ("F1", {"table": ranks(single=0.55)}, "open"),
        ("F1", {"table": ranks(single=0.9)}, "does not hold"),
        ("F1", {"effects": NO_WORSE}, "does not hold"),
    ],
)
def test_a_verdict_turns_where_its_rule_says(number, changes, expected):
    assert words(number, **changes) == expected
