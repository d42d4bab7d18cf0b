"""What the factorial says: whether std pruning is harmless because of dead units."""

from typing import NamedTuple

import jax

from ..statistics import Interval, mean_interval, paired_effect
from .factorial import CELLS, cost
from .rules import RULES


def below_a_point(interval):
    """Whether a cost is surely less than F5's point of accuracy, surely more, or open, in words."""
    point = RULES["F5"].cost
    return "yes" if interval.high < point else "no" if interval.low > point else "open"


def factorial_table(found):
    """A row for each cell; found: dict cell -> `pruned_halves` over seeds."""
    return {
        name: {
            "never active": cell["never"],
            "of what std pruning drops": cell["std_never"],
            "test accuracy, whole": cell["full"],
            "random pruning costs": cost(cell, "random"),
            "std pruning costs": cost(cell),
            "less than a point": below_a_point(mean_interval(cost(cell))),
        }
        for name, cell in found.items()
    }


class Death(NamedTuple):
    """What the factorial says, by `RULES["F5"]`. All but `undecided` are `Interval`s.

    `planted`: at the small learning rate, the share planted dead -> what std pruning costs;
    `steps`: the same, how much less it costs than with the next smaller share; `random`: what
    random pruning costs with half planted; `prevented`: cell -> what std pruning costs, in those of
    the large learning rate where hardly a unit is never active; `undecided`: the names of its other
    cells but plain ReLU; `rate`: how much less std pruning costs at the large learning rate than at
    the small one with |x|, where no unit can die.
    """

    planted: dict[float, Interval]
    steps: dict[float, Interval]
    random: Interval
    prevented: dict[str, Interval]
    undecided: list[str]
    rate: Interval

    @property
    def decides(self):
        """Whether death makes std pruning harmless, and nothing else does."""
        falls = all(step.low > 0 for step in self.steps.values())
        harmless = below_a_point(self.planted[RULES["F5"].planted]) == "yes"
        harmful = [below_a_point(cost) == "no" for cost in self.prevented.values()]
        return falls and harmless and all(harmful) and any(harmful)


def judge_death(found):
    """The `Death` of the factorial; found: dict of `CELLS` -> `pruned_halves` over seeds."""
    f5, costs = RULES["F5"], {name: cost(cell) for name, cell in found.items()}
    dose = {
        cell.planted: name
        for name, cell in CELLS.items()
        if cell.rate == 0.01 and cell.activation is jax.nn.relu
    }
    fast = [name for name, cell in CELLS.items() if cell.rate == 0.1]
    alive = [name for name in fast if mean_interval(found[name]["never"]).high < f5.never]
    return Death(
        planted={share: mean_interval(costs[name]) for share, name in dose.items()},
        steps={
            share: paired_effect(costs[before], costs[dose[share]])[0]
            for share, before in zip(list(dose)[1:], dose.values())
        },
        random=mean_interval(cost(found[dose[f5.planted]], "random")),
        prevented={name: mean_interval(costs[name]) for name in alive},
        undecided=[name for name in fast if name not in (*alive, "0.1, ReLU")],
        rate=paired_effect(costs["0.01, |x|"], costs["0.1, |x|"])[0],
    )


def death_table(death):
    """Rows for `show_table`: the paired differences among the `Death`'s numbers."""
    shares = list(death.planted)
    rows = {
        f"at 0.01, with {b:.0%} planted dead instead of {a:.0%}": {"less": less}
        for (a, b), less in zip(zip(shares, shares[1:]), death.steps.values())
    }
    return rows | {"with |x|, at 0.1 instead of 0.01": {"less": death.rate}}
