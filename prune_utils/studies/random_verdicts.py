"""What notebook 03's claims about random pruning rest on, and their verdicts: numbers in,
conditions out."""

from typing import NamedTuple

from ..statistics import Interval, mean_interval
from .rules import RULES, first_look, numbered


class Evidence(NamedTuple):
    """What `random_pruning` of many seeds says. `accuracy`: arm -> test accuracy; `wrong`: arm ->
    share of the disc in the wrong class; `often`: the share of the seeds in which pruning puts a
    large part more of it there; `repaired`: in which fine-tuning is as good as no pruning; `apart`:
    how much better pruning first scores than pruning last."""

    accuracy: dict[str, Interval]
    wrong: dict[str, Interval]
    often: Interval
    repaired: Interval
    apart: Interval


def evidence(accuracy, wrong):
    """The `Evidence` of two dicts arm -> (seeds,): test accuracies, and shares of the disc in the
    wrong class."""
    close = accuracy["full"] - RULES["P4"].within
    return Evidence(
        accuracy={arm: mean_interval(values) for arm, values in accuracy.items()},
        wrong={arm: mean_interval(values) for arm, values in wrong.items()},
        often=mean_interval(wrong["train_prune"] - wrong["full"] > RULES["P3"].large),
        repaired=mean_interval(accuracy["fine_tune"] > close),
        apart=mean_interval(accuracy["prune_train"] - accuracy["train_prune"]),
    )


def verdicts(found, gains):
    """Whether P3, P4, P5 and P13 hold, see `numbered`; found: the `Evidence`; gains: the
    `RevivalGains`."""
    p3, p4, p5, p13 = (RULES[number] for number in ("P3", "P4", "P5", "P13"))
    pruned, tuned = found.accuracy["train_prune"], found.accuracy["fine_tune"]
    only_untuned = pruned.high < p4.functional < tuned.low
    out_of_the_way = -p13.helpful < gains.removed.low and gains.removed.high < p13.helpful
    return numbered(
        P3=(found.often.low > p3.often, {}),
        P4=(
            found.repaired.low > p4.often,
            {", and only those not fine-tuned are not functional": only_untuned},
        ),
        P13=(
            out_of_the_way and gains.working.high < p13.helpful,
            {", except where the network does not work": gains.rescued > gains.unaided},
        ),
    ) | first_look(P5=(found.accuracy["prune_train"].low > p5.above and found.apart.low > 0, {}))
