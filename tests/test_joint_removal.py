"""Joint against single removal, against pruning and the loss themselves."""

import jax
import numpy as np
import pytest
from conftest import SMALL

import prune_utils as pu
from prune_utils.studies.joint_removal import (
    JointEffects,
    cost_table,
    effect_table,
    joint_effects,
    joint_removal,
    layer_table,
)


def test_joint_and_single_removal_are_rises_of_the_loss(e):
    found = joint_removal(jax.random.key(3), SMALL)
    before = pu.loss(SMALL.model, e.full.params, e.data)
    for name, branch in e.branches.items():
        after = pu.loss(SMALL.small_model, branch.train_prune, e.data)
        np.testing.assert_allclose(found[name]["joint"], after - before, atol=1e-3)
        single = 0
        for layer, gone in enumerate(pu.dropped(branch.keep, (6, 5))):
            for unit in np.asarray(gone):
                keep = [np.arange(6), np.arange(5)]
                keep[layer] = np.delete(keep[layer], unit)
                small = pu.prune(e.full.params, tuple(keep), e.acts, "mean")
                model = pu.MLP((len(keep[0]), len(keep[1]), 2))
                single += pu.loss(model, small, e.data) - before
        np.testing.assert_allclose(found[name]["single"], single, atol=1e-3)
        test = pu.accuracy(SMALL.small_model, branch.train_prune, e.test)
        np.testing.assert_allclose(found[name]["test"], test, atol=0.04)
        whole = pu.accuracy(SMALL.model, e.full.params, e.data)
        assert [round(float(layer["whole"] - whole), 1) for layer in found[name]["layers"]] == [
            0,
            0,
        ]


def measured(joint, test, pruned, coherence, share):
    layer = {"pruned": np.array(pruned), "restored": np.array(pruned) + 0.5}
    layer |= {"restored_size": np.array(pruned) + 0.25, "signs": np.array(pruned)}
    layer |= {"signs_size": np.array(pruned) + 0.125}
    layer |= {"coherence": np.array(coherence), "share": np.array(share)}
    return {
        "joint": np.array(joint),
        "single": np.array([1.0, 3.0]),
        "test": np.array(test),
        "layers": [layer, {"pruned": np.array(pruned) / 2}],
    }


def test_effects_compare_criteria_and_controls():
    carried = {
        "std": measured([10.0, 30.0], [0.5, 0.5], [0.25, 0.25], [9.0, 11.0], [0.25, 0.25]),
        "random": measured([1.0, 3.0], [0.5, 1.0], [0.5, 0.75], [2.0, 3.0], [0.5, 1.0]),
    }
    effects = joint_effects(carried)
    assert effects.worse[0].mean == 0.25
    assert (effects.coherence.mean, effects.share.mean) == (7.5, -0.5)
    assert [interval.mean for interval in effects.layers] == [0.375, 0.1875]
    assert {what: i.mean for what, i in effects.direction.items()} == {
        "restored": 0.25,
        "signs": -0.125,
    }
    expected = [0.25, 0.375, 0.1875, 7.5, -0.5, 0.25, -0.125]
    assert [row["difference"].mean for row in effect_table(effects).values()] == expected
    assert list(cost_table(carried)["std pruning"].values())[1:] == [2, 20]
    rows = layer_table(carried)
    assert list(rows["random, hidden layer 2"]["pruned"]) == [0.25, 0.375]


def around(mean, width=0.05):
    return pu.Interval(mean, mean - width, mean + width, 8)


TOGETHER = JointEffects(
    worse=(around(0.1), 1.0, 0.01),
    coherence=around(9.0),
    share=around(-0.4),
    layers=[],
    direction={"restored": around(0.1), "signs": around(0.1)},
)


@pytest.mark.parametrize(
    "missing",
    [
        {"worse": (around(0.0), 0.0, 1.0)},
        {"coherence": around(0.0)},
        {"share": around(0.0)},
        {"direction": {"restored": around(0.0), "signs": around(0.1)}},
        {"direction": {"restored": around(0.1), "signs": around(0.0)}},
    ],
)
def test_together_asks_for_every_part_of_the_evidence(missing):
    assert TOGETHER.together
    assert not TOGETHER._replace(**missing).together
