"""What counts as holding, for every claim, in one place. The rules stand before the runs; README
says which were changed after a look.

P1 to P19 are the post's and its comments', F1 onward the report's own. A notebook's `Claim` takes
its words from here. The thresholds are numbers with names, `RULES["P5"].above`, which the verdicts
and the sweep over settings (`claim_checks`) read, and no other place has. A claim that two
notebooks judge has both rules: `rule` is the one with the last word, `earlier` the one of the
first look.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One claim. `says`: its sentence; `rule`, `earlier`: what counts, in words; `numbers`: the
    thresholds, a dict name -> number, each of which can be read as an attribute, too."""

    says: str
    rule: str
    numbers: Mapping[str, float]
    earlier: str = ""

    def __getattr__(self, name):
        numbers = self.__dict__.get("numbers", {})
        if name not in numbers:
            raise AttributeError(f"no threshold {name!r}, only {', '.join(numbers)}")
        return numbers[name]


def settled(intervals):
    """Whether a rule holds that asks for all of several differences to lie below 0.

    Args:
      intervals: `Interval`s.

    Returns:
      True if all lie below 0; False if one lies above; None, which is open, otherwise.
    """
    if any(interval.low > 0 for interval in intervals):
        return False
    return True if all(interval.high < 0 for interval in intervals) else None


def numbered(**claims):
    """The start of a `Claim` for each: a dict claim -> dict of "number", "holds" and "limits";
    claims: (holds, limits) by number."""
    return {
        number: {"number": number, "holds": holds, "limits": limits}
        for number, (holds, limits) in claims.items()
    }


def first_look(**claims):
    """`numbered`, each with its `earlier` rule as "rule", if it has one."""
    return {
        number: start | {"rule": RULES[number].earlier or RULES[number].rule}
        for number, start in numbered(**claims).items()
    }


RULES = {
    "P1": Rule(
        "removing a constant unit, its mean folded, changes nothing",
        "every logit on the plane stays within 1e-5 with the mean folded, and does not without",
        {"change": 1e-5},
    ),
    "P2": Rule(
        "the trained network is confidently right at almost all points",
        "over 95 % of the training points are right, over 90 % with a confidence above 0.95",
        {"right": 0.95, "confident": 0.9, "confidence": 0.95},
    ),
    "P3": Rule(
        "pruning a random half of both layers often puts a large part of the plane in the wrong "
        "class",
        "in most seeds over a tenth more of the disc is in the wrong class than without pruning",
        {"large": 0.1, "often": 0.5},
    ),
    "P4": Rule(
        'fine-tuning repairs it, though the post says "the others just aren\'t" functional',
        "within 0.02 of the full network's accuracy in over three quarters of the seeds",
        {"within": 0.02, "often": 0.75, "functional": 0.95},
    ),
    "P5": Rule(
        "pruning a random half first and training then gives a well-scoring network: the orders do "
        "not commute",
        "at the inferred setting pruning first scores over a tenth higher; in a cell of a sweep at "
        "least a point",
        {"above": 0.95, "higher": 0.1, "higher_in_a_cell": 0.01},
        "the test accuracy is above 0.95, and above that of the other order",
    ),
    "P6": Rule(
        "the kernels of the two orders, plotted against each other, show a dashed diagonal",
        "three pieces are over three times as dense as beside the diagonal, and the gaps less than "
        "twice",
        {"pieces": 3, "gaps": 2},
    ),
    "P7": Rule(
        "the middle dash is on the diagonal to machine precision: weights never touched",
        "over 99 % of the equal pairs in the initial range were touched in neither run",
        {"untouched": 0.99, "equal": 1e-6},
    ),
    "P8": Rule(
        "their distribution is uniform with sharp cut-offs: the initialisation",
        "the untouched weights fill the range up to the cut-offs",
        {"filled": 0.99, "tilt": 0.05},
    ),
    "P9": Rule(
        "the outer dashes are weights that training moved by about ±0.59",
        "over three quarters of the weights in the band saw one gradient, at the first step; over "
        "95 % of all weights that did, in the band or not, moved as Adam's response to it; the "
        "band is within 3 % of 0.59; every predicted move or loss of the band came true",
        {
            "place": 0.59,
            "about": 0.03,
            "within": 0.01,
            "often": 0.75,
            "explained": 0.95,
            "contrast": 3,
            "predicted_within": 0.005,
        },
        "in over three quarters of the seeds the most common shift lies within 1 % of one place, "
        "which is within 3 % of 0.59 and within 1 % of Adam's response to one gradient",
    ),
    "P10": Rule(
        "pruning the half of smallest standard deviation leaves the picture as it was",
        "at the inferred setting, or in a cell of a sweep, it costs less than a point of test "
        "accuracy",
        {
            "cost": 0.01,
            "changed": 0.01,
            "visible": 0.05,
            "often": 0.5,
            "mostly_dead": 0.9,
            "mostly_alive": 0.5,
        },
        "at most 1 % of the map changes visibly in more than half of the seeds",
    ),
    "P11": Rule(
        "dropping the same units first gives a similar picture, slightly different",
        "the orders differ on less than a fifth of the map",
        {"differ": 0.2, "equal": 0.02, "closer": 0.9, "as_much": 0.75},
        "the orders differ on less than a fifth of the map, and more than by pruning alone",
    ),
    "P12": Rule(
        "with std pruning the two kernels correlate significantly, with some difference",
        "the displacements correlate in more than half of the seeds (p < 0.05), and more than "
        "those of strangers",
        {"p": 0.05, "often": 0.5, "below": 0.5, "more": 0.02},
        "the correlation is significant in more than half of the seeds, and below 0.5",
    ),
    "P13": Rule(
        "some units do nothing, and no small change makes them helpful",
        "over 90 % of the units dead in the end have no gradient, and no move of 1 % of their own "
        "weights wakes them",
        {
            "stuck": 0.9,
            "small": 0.01,
            "early": 0.9,
            "early_steps": 20,
            "harmless": 0.01,
            "helpful": 0.01,
        },
        "over 90 % of the dropped units have no gradient and no small move wakes them; random "
        "small moves of them leave the loss alone",
    ),
    "P14": Rule(
        "without the units that do nothing, the remaining ones often end up in similar roles",
        "at least half of the units keep their role, at the inferred setting or, with nine tenths "
        "kept, at 0.001, 0.003 and 0.01",
        {"often": 0.5, "alike": 0.7},
        "more than half of the units that vary in both networks correlate by more than 0.7, and "
        "more than different units do",
    ),
    "P15": Rule(
        "a unit without variance can be pruned from a trained network without effect",
        "on the training points no logit moves by more than 1e-5; elsewhere on the plane such "
        "units can be alive",
        {"change": 1e-5, "often": 0.5, "elsewhere": 0.05},
    ),
    "P16": Rule(
        "pruning a unit of standard deviation X raises the loss by at most KX, K the product of "
        "the operator norms",
        "no change of the loss exceeds its bound",
        {"relative": 1e-4, "absolute": 1e-5, "far": 100},
    ),
    "P17": Rule(
        "a unit of large standard deviation may be ignored by the next layer",
        "such a unit occurs in more than one network in a hundred, and passes on less than a tenth "
        "of what a typical unit does",
        {"large": 0.75, "small": 0.25, "ignored": 0.1, "often": 0.01, "few": 0.05},
    ),
    "P18": Rule(
        "a unit may be actively bad",
        "such a unit occurs in more than one network in a hundred",
        {"large": 0.5, "gain": 0.01, "least": 1e-3, "often": 0.01, "few": 0.05},
    ),
    "P19": Rule(
        "a tiny standard deviation may be amplified by large kernels",
        "such a unit occurs in more than one network in a hundred",
        {"small": 0.25, "large": 0.75, "often": 0.01, "few": 0.05},
    ),
    "F1": Rule(
        "the least varying units say the same thing together: why pruning them can be worse than "
        "chance",
        "at learning rate 0.01 std pruning is worse than chance; what it drops of the first hidden "
        "layer is more coherent than a random half, though smaller unit by unit; taking out what "
        "it has in common helps more than shrinking it; over criteria, in the mean over four "
        "learning rates, coherence ranks the damage, and better than the size of the single units "
        "does, with and without random pruning among them",
        {"rate": 0.01},
    ),
    "F2": Rule(
        "training on with the half that pruning left gains nothing over training as many units "
        "from scratch",
        "in the mean it ends not half a point above training from scratch with as many operations, "
        "whether pruning was by std or random, after learning rate 0.1 or 0.01; each is stopped by "
        "its validation loss, at the learning rate that was best on other seeds",
        {"gain": 0.005},
    ),
    "F3": Rule(
        "units chosen for least squares, and least squares in place of means, need less than half "
        "as many units as the post's pruning",
        "at every learning rate, and for data of 2 to 20 dimensions, less than half as many units "
        "must stay as with the post's pruning",
        {"share": 0.5, "within": 0.01},
    ),
    "F4": Rule(
        "large learning rates leave dead units, small ones redundant units; the second hidden "
        "layer needs few units once the network has learned, in 2 to 20 dimensions",
        "over 40 % of the units are dead at learning rate 0.1, under 20 % at 0.01 and 0.001; both "
        "layers together need as many units at all three (no two differ by a factor of 1.5, here "
        "and below); for spirals the second layer needs as many in 2 to 20 dimensions, more if the "
        "labels are shuffled, and untrained over three times as many in 20; the first needs as "
        "many in the plane, trained or not, and over twice as many in 20 dimensions",
        {"dead": 0.4, "few_dead": 0.2, "alike": 1.5, "error": 1e-3, "grown": 2, "untrained": 3},
    ),
    "F5": Rule(
        "std pruning is harmless because the units that it drops are never active",
        "at learning rate 0.01 each step of planting dead units makes it less harmful, and with "
        "half of each layer planted it costs less than a point; at 0.1, where under a tenth is "
        "never active, it costs more than a point",
        {"cost": 0.01, "planted": 0.5, "never": 0.1},
    ),
    "F6": Rule(
        "pruned carelessly, training first loses; pruned well and made up for, it is level with "
        "pruning first as long as an eighth of the units stays",
        "a random choice with nothing folded, at learning rate 0.1, ends over a point behind at "
        "every count; at its best, on other seeds, training first is within a point of pruning "
        "first at 12 and more units of 100",
        {"loses": 0.01, "level": 0.01, "down_to": 12},
    ),
    "F7": Rule(
        "after random pruning, folded means stop units behind from switching, and cost accuracy",
        "with folded means fewer units behind switch than with deletion, at all learning rates and "
        "counts, and after a hundred steps of training on the mean test accuracy is lower",
        {"steps": 100, "little": 0.05},
    ),
    "F8": Rule(
        "pruning part of the way through training loses to neither order by more than a point",
        "at its best, pruning between the first and the last step ends no more than a point behind "
        "the better order at every count",
        {"within": 0.01},
    ),
}
