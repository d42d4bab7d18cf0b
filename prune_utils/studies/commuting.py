"""What the claims about both orders rest on, and their verdicts: numbers in, conditions out."""

from typing import NamedTuple

from ..statistics import Interval, mean_interval, paired_effect
from .rules import RULES, numbered

PAIRS = ("orders", "orders of strangers", "other data")


class Evidence(NamedTuple):
    """What both orders of many seeds say at one setting.

    `first`: what pruning a random half first scores, test accuracy; `gains`: how much higher that
    is than pruning it last, and `effect`, the same as Cohen's d; `level`: the same difference with
    std pruning; `loses`: how much std pruning of the trained network costs;
    `map` and `data`: a criterion -> the commutator of the classes on the map, and of their
    probabilities on data. With std pruning, by the names of `PAIRS`:
    `apart`, on what share of the map the pair differs; `significant`, in what share of the seeds
    its displacements correlate more than with the units permuted; `same`, how well a unit's roles
    correlate. `alike`: the share of units that keep their role in both orders. `moves`: a
    (criterion, pair) -> correlation of displacements; `kernel`: a criterion -> that of the orders'
    kernels; `than_random`: how much closer the displacements are with std pruning.
    """

    first: Interval
    gains: Interval
    effect: float
    level: Interval
    loses: Interval
    map: dict[str, Interval]
    data: dict[str, Interval]
    apart: dict[str, Interval]
    significant: dict[str, float]
    same: dict[str, Interval]
    alike: Interval
    moves: dict[tuple[str, str], Interval]
    kernel: dict[str, Interval]
    than_random: Interval


def evidence(orders, ratios, roles):
    """The `Evidence` of `both_orders` over seeds, its `commutators` and its `kept_roles`."""
    (std, std_scores), (random, random_scores) = orders["std"], orders["random"]
    first, last = (random_scores[arm][:, 0] for arm in ("prune_train", "train_prune"))
    whole, std_first, std_last = (
        std_scores[arm][:, 0] for arm in ("full", "prune_train", "train_prune")
    )
    gains, effect, _ = paired_effect(first, last)
    return Evidence(
        first=mean_interval(first),
        gains=gains,
        effect=effect,
        level=mean_interval(std_first - std_last),
        loses=paired_effect(whole, std_last)[0],
        map=ratios["map"]["orders"],
        data=ratios["probability"]["orders"],
        apart={pair: mean_interval(std[pair]["map"]) for pair in PAIRS},
        significant={pair: (std[pair]["p"] < RULES["P12"].p).mean() for pair in PAIRS},
        same={pair: mean_interval(roles["std", pair]["same"]) for pair in PAIRS},
        alike=mean_interval(roles["std", "orders"]["alike"]),
        moves={
            (name, pair): mean_interval(1 - pairs[pair]["moves"])
            for name, (pairs, _) in orders.items()
            for pair in PAIRS
        },
        kernel={
            name: mean_interval(1 - pairs["orders"]["kernel"])
            for name, (pairs, _) in orders.items()
        },
        than_random=paired_effect(random["orders"]["moves"], std["orders"]["moves"])[0],
    )


def post_verdicts(found, marks, gone, frame, slow):
    """Whether the post's claims hold, and in what way only in part.

    Args:
      found: the `Evidence` at the inferred setting.
      marks: `claim_marks` of the sweep, each (counts, rates).
      gone: the share of the units dropped by std pruning that are dead, (counts, rates).
      frame: (row, column) of the post's setting in them.
      slow: how many of the first columns have a small learning rate.

    Returns:
      A dict claim -> dict of "number", "holds" and "limits", as for `Claim`.
    """
    row, _ = frame
    p5, p10, p11, p12, p14 = (RULES[number] for number in ("P5", "P10", "P11", "P12", "P14"))
    at_slow = {number: set(cells[row, :slow]) for number, cells in marks.items()}
    ruinous = (
        found.loses.high < p10.cost
        and at_slow["P10"] == {-1}
        and gone[frame] > p10.mostly_dead
        and gone[row, :slow].max() < p10.mostly_alive
    )
    commutes = found.map["std"]
    elsewhere = _elsewhere(at_slow["P11"])
    where = next((words for words, so in elsewhere.items() if so), "")
    begun, *ended = where.partition(";")  # what the strangers say comes between
    as_strangers = f"{begun}, {{}} unrelated networks{''.join(ended)}"
    remembered = found.moves["std", "orders"].low > found.moves["std", "orders of strangers"].high
    small_cuts = found.alike.high < p14.often and set(marks["P14"][0, :slow]) == {1}
    return numbered(
        P5=(found.gains.low > p5.higher, _elsewhere(at_slow["P5"])),
        P10=(
            found.loses.high < p10.cost,
            {"only where many units are dead": ruinous} | _elsewhere(at_slow["P10"]),
        ),
        P11=(
            found.apart["orders"].high < p11.differ,
            {
                as_strangers.format("and more than for"): commutes.high < p11.closer,
                as_strangers.format("but as much for"): commutes.low > p11.as_much
                and commutes.high < 1 / p11.as_much,
            }
            | elsewhere,
        ),
        P12=(
            found.significant["orders"] > p12.often and remembered,
            {
                ", and more than with random pruning": found.than_random.low > 0,
                ", but less than with random pruning": found.than_random.high < 0,
            },
        ),
        P14=(
            found.alike.low > p14.often or small_cuts,
            {"for small cuts in gently trained networks, not at the inferred setting": small_cuts},
        ),
    )


def _elsewhere(marks):
    """In what way a claim that holds at the inferred setting holds in other cells; marks: theirs,
    a set. A cell that the seeds leave open speaks neither for the claim nor against it."""
    return {
        "at the inferred setting": -1 in marks,
        "at the inferred setting; elsewhere it is open": 0 in marks,
    }
