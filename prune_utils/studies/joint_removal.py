"""Joint against single removal: do the dropped units matter one by one, or together?"""

from typing import NamedTuple

import numpy as np

from ..chain import hidden_widths
from ..criteria import dropped
from ..keys import named_key
from ..statistics import Interval, paired_effect
from ..training import accuracy, loss
from .orders import run_experiment
from .removal import carried_together, removal_rises


def joint_removal(key, settings):
    """What the units that each criterion drops cost one by one, and all at once.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings`.

    Returns:
      A dict criterion -> dict. "single": the rises of the loss if one unit is removed alone, its
      mean folded, summed over the dropped units; "joint": the rise if all are removed, both in nats
      on the training data; "test": the pruned network's test accuracy; "layers": for each hidden
      layer, its dropped units removed alone, see `carried_together`.
    """
    e, model, small = run_experiment(key, settings), settings.model, settings.small_model
    params, signs_key = e.full.params, named_key(key, "signs")
    rises, carried = removal_rises(model, params, e.acts, e.data), {}
    before = loss(model, params, e.data)
    for name, branch in e.branches.items():
        gone = dropped(branch.keep, hidden_widths(params))
        carried[name] = {
            "joint": loss(small, branch.train_prune, e.data) - before,
            "single": sum(rise[units].sum() for rise, units in zip(rises, gone, strict=True)),
            "test": accuracy(small, branch.train_prune, e.test),
            "layers": [
                carried_together(signs_key, params, e.acts, units, e.data, layer)
                for layer, units in enumerate(gone)
            ],
        }
    return carried


class JointEffects(NamedTuple):
    """What `joint_removal` says over seeds, every number an `Interval` paired by seed.

    `worse`: `paired_effect` of random pruning over std pruning, test accuracy; `coherence`,
    `share`: what std pruning drops of the first hidden layer less what random pruning drops, see
    `carried_together`; `layers`: for each hidden layer pruned alone, the accuracy that random
    pruning leaves more than std pruning, on the training data; `direction`: std pruning of the
    first hidden layer, "restored" and "signs", the accuracy that the intervention gives more than
    its control of equal size.
    """

    worse: tuple[Interval, float, float]
    coherence: Interval
    share: Interval
    layers: list[Interval]
    direction: dict[str, Interval]

    @property
    def together(self):
        """Whether std pruning is worse than chance by what its units say together: more coherent
        than chance though smaller one by one, and both interventions help more than by size."""
        ahead = (self.worse[0], self.coherence, *self.direction.values())
        return all(interval.low > 0 for interval in ahead) and self.share.high < 0


def joint_effects(carried):
    """The `JointEffects` of `joint_removal` over seeds, with the criteria std and random."""
    std, random = carried["std"], carried["random"]
    first, chance = std["layers"][0], random["layers"][0]
    return JointEffects(
        worse=paired_effect(random["test"], std["test"]),
        coherence=paired_effect(first["coherence"], chance["coherence"])[0],
        share=paired_effect(first["share"], chance["share"])[0],
        layers=[
            paired_effect(a["pruned"], b["pruned"])[0]
            for a, b in zip(random["layers"], std["layers"], strict=True)
        ],
        direction={
            what: paired_effect(first[what], first[f"{what}_size"])[0]
            for what in ("restored", "signs")
        },
    )


def cost_table(carried):
    """What the dropped units cost, a row for each criterion. The loss has no upper end, so its
    rises are given as medians over seeds."""
    return {
        f"{name} pruning": {
            "test accuracy": carried[name]["test"],
            "rise of the loss, one by one and added up (median, nats)": np.median(
                carried[name]["single"]
            ),
            "all at once (median, nats)": np.median(carried[name]["joint"]),
        }
        for name in ("std", "random")
    }


def layer_table(carried):
    """What `carried_together` says of each hidden layer, a row for each criterion and layer."""
    return {
        f"{name}, hidden layer {number}": layer
        for name in ("std", "random")
        for number, layer in enumerate(carried[name]["layers"], 1)
    }


def effect_table(effects):
    """The differences in accuracy of the `JointEffects`, a row for each."""
    difference, d, p = effects.worse
    rows = {"random less std pruning, test": {"difference": difference, "d": d, "p": p}}
    for number, interval in enumerate(effects.layers, 1):
        rows[f"the same of hidden layer {number} alone, on the data"] = {"difference": interval}
    rows["coherence, std less random, first layer"] = {"difference": effects.coherence}
    rows["share, std less random, first layer"] = {"difference": effects.share}
    for what, interval in effects.direction.items():
        rows[f"std pruning, first layer: {what}, less by size alone"] = {"difference": interval}
    return rows
