"""In what share of the settings a claim holds, and which variable of the setting decides it."""

from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

import jax
import numpy as np
import scipy.stats

from ..statistics import Interval, mean_interval
from .claim_checks import learned, verdicts
from .one_split import best_split, better, held_out, splits
from .rules import RULES
from .variants import INITIALISATIONS, OPTIMIZERS

FEW = 10
DEAD = "share of dead units"  # follows from a setting, and is no part of it


@dataclass(frozen=True)
class Robustness:
    """Of one claim.

    `share` of the settings asked in which it holds. The `variable` with the best split, and in
    `words` where the claim holds. How often the best split of one half of the settings is `right`
    on the other half; the same of the `majority`, the control, and of splits by the share of dead
    units, `by_death`. `p`, `p_death`: see `better`, of a split and of a split by death over the
    control; `judge_robustness` adjusts them over all claims. `decides`, `death_decides`: whether
    they are below 0.05 then. `inferred`:
    whether the claim holds at the inferred setting, None if it is not asked there."""

    share: Interval
    variable: str
    words: str
    right: float
    majority: float
    by_death: float
    p: float
    p_death: float
    inferred: bool | None
    decides: bool = False
    death_decides: bool = False


def robustness(holds, variables, groups, inferred):
    """The `Robustness` of one claim at the settings where it is asked.

    Args:
      holds: (settings,), 1, 0, or NaN where it is not asked.
      variables: a dict name -> (settings,), `DEAD` among them.
      groups: (settings,), which half each setting belongs to.
      inferred: the same as one of `holds`.
    """
    asked = np.isfinite(holds)
    true, groups = holds[asked] == 1, groups[asked]
    every = splits({name: values[asked] for name, values in variables.items()})
    settings, deaths = every.of(lambda name: name != DEAD), every.of(lambda name: name == DEAD)
    place, inside = best_split(settings.inside, true)
    right, majority = held_out(settings.inside, true, groups)
    by_death, _ = held_out(deaths.inside, true, groups)
    return Robustness(
        share=mean_interval(true),
        variable=settings.variables[place],
        words=settings.words[place][inside],
        right=float(right.mean()),
        majority=float(majority.mean()),
        by_death=float(by_death.mean()),
        p=better(right, majority),
        p_death=better(by_death, majority),
        inferred=bool(inferred) if np.isfinite(inferred) else None,
    )


def setting_variables(shape, values, measured):
    """All that varies between settings, and `DEAD`: a dict name -> (settings,)."""
    fixed = asdict(shape) | {"batch": "all" if shape.batch is None else str(shape.batch)}
    number = len(values.rate)
    laws, optimizers = np.array(list(INITIALISATIONS)), np.array(list(OPTIMIZERS))
    return {
        **{name: np.full(number, value) for name, value in fixed.items()},
        "turns": values.turns,
        "noise": values.noise,
        "initialisation": laws[values.law],
        "optimizer": optimizers[values.optimizer],
        "learning rate": values.rate,
        "place of the learning rate": values.place,
        DEAD: measured["whole"]["dead"].mean(axis=1),
    }


class Sweep(NamedTuple):
    """All settings in a row.

    `variables`, see `setting_variables`; whether the whole network `learned`; `groups`, which half
    of its shape's settings each belongs to; `verdicts`, a dict claim -> (settings,), NaN where it
    is not asked."""

    variables: dict[str, np.ndarray]
    learned: np.ndarray
    groups: np.ndarray
    verdicts: dict[str, np.ndarray]


def judge_settings(swept):
    """The `Sweep` of what `sweep_settings` found."""
    tables, good, groups, judged = [], [], [], []
    for shape, (values, measured) in swept.items():
        tables.append(setting_variables(shape, values, measured))
        good.append(learned(measured))
        groups.append(np.arange(len(values.rate)) % 2)
        judged.append(verdicts(shape, values.optimizer == 0, values.rate, measured))
    return Sweep(
        {name: np.concatenate([table[name] for table in tables]) for name in tables[0]},
        np.concatenate(good),
        np.concatenate(groups),
        {
            claim: np.concatenate(
                [own.get(claim, np.full(len(g), np.nan)) for own, g in zip(judged, groups)]
            )
            for claim in RULES
            if any(claim in own for own in judged)
        },
    )


def judge_inferred(found):
    """The `verdicts` of all networks of a sweep with the ranges `INFERRED` together."""
    ((shape, (values, measured)),) = found.items()
    pooled = jax.tree.map(lambda leaf: leaf.reshape(1, -1, *leaf.shape[2:]), measured)
    return verdicts(shape, values.optimizer[:1] == 0, values.rate[:1], pooled)


def judge_robustness(sweep, inferred):
    """A dict claim -> `Robustness`, for a `Sweep` and the verdicts of `judge_inferred`; without
    claims that fewer than `FEW` settings can be asked. The p-values of all are adjusted together
    (Benjamini and Hochberg 1995)."""
    found = {
        claim: robustness(holds, sweep.variables, sweep.groups, inferred[claim][0])
        for claim, holds in sweep.verdicts.items()
        if np.isfinite(holds).sum() >= FEW
    }
    adjusted = scipy.stats.false_discovery_control(
        [p for row in found.values() for p in (row.p, row.p_death)]
    ).reshape(-1, 2)
    return {
        claim: replace(row, p=p, p_death=p_death, decides=p < 0.05, death_decides=p_death < 0.05)
        for (claim, row), (p, p_death) in zip(found.items(), adjusted.tolist(), strict=True)
    }
