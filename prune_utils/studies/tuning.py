"""Fine-tuning against training from scratch, at several budgets of steps."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..statistics import judge, mean_interval, paired_effect
from .orders import run_experiment
from .retraining import learning_curves


class Plan(NamedTuple):
    """When to measure and at which learning rates: `steps` and `rates` after pruning,
    `scratch_steps` and `scratch_rates` from scratch; the last of the steps ends the training."""

    steps: tuple[int, ...]
    rates: tuple[float, ...]
    scratch_steps: tuple[int, ...]
    scratch_rates: tuple[float, ...]


def tune_or_restart(key, settings, cases, plan):
    """Test accuracy of pruned networks trained on, and of the same units trained from their initial
    weights.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings`; each case sets its criterion and the learning rate before pruning.
      cases: a dict criterion -> the learning rate at which the whole network was trained.
      plan: a `Plan`.

    Returns:
      A dict criterion -> (tuned, scratch): (rates, 1 + steps), the first before any step, and
      (scratch_rates, scratch_steps).
    """
    curves, model = {}, settings.small_model
    for name, rate in cases.items():
        trained = replace(settings.train, learning_rate=rate)
        e = run_experiment(key, replace(settings, criteria=(name,), train=trained))
        branch = e.branches[name]
        short = replace(settings.train, snapshot_steps=(0, *plan.steps))
        long = replace(
            settings.train, steps=plan.scratch_steps[-1], snapshot_steps=plan.scratch_steps
        )
        tuned = learning_curves(model, branch.train_prune, e.data, e.test, short, plan.rates)
        scratch = learning_curves(model, branch.init, e.data, e.test, long, plan.scratch_rates)
        curves[name] = tuned, scratch
    return curves


def tuning_gaps(curves, budgets):
    """Fine-tuning less training from scratch at the first of its learning rates, at every budget.

    Args:
      curves: `tune_or_restart` over seeds.
      budgets: a dict name -> index of the scratch step to compare with the end of fine-tuning.

    Returns:
      (gaps, real): dicts (criterion, budget) -> (rates, seeds), and -> (rates,), whether the mean
      differs from zero, all of them judged together.
    """
    gaps = {
        (name, budget): (tuned[:, :, -1] - scratch[:, :1, index]).T
        for name, (tuned, scratch) in curves.items()
        for budget, index in budgets.items()
    }
    real = judge(np.array(list(gaps.values())), 0) != 0
    return gaps, dict(zip(gaps, real, strict=True))


def compared(first, second):
    """Two scores of the same seeds, (seeds,) each, as a row of a table: the first less the second,
    and in what share of the seeds the first is better and worse."""
    difference, d, p = paired_effect(first, second)
    better, worse = (first > second).mean(), (first < second).mean()
    return {"difference": difference, "d": d, "p": p, "better": better, "worse": worse}


def tuned_table(curves, plan):
    """Where fine-tuning ends, a row for each case and learning rate: the accuracy, and how many
    seeds stay below 0.9."""
    return {
        f"{name}, fine-tuned at {rate}": {
            "test accuracy": last,
            "seeds below 0.9": (last < 0.9).sum(),
        }
        for name, (tuned, _) in curves.items()
        for rate, last in zip(plan.rates, tuned[:, :, -1].T, strict=True)
    }


def scratch_table(curves, plan, budgets):
    """Training from scratch, a row for each case and learning rate, a column for each budget (see
    `tuning_gaps`)."""
    return {
        f"{name}, from scratch at {rate}": {
            f"{plan.scratch_steps[index]} steps ({budget})": mean_interval(curve[:, index])
            for budget, index in budgets.items()
        }
        for name, (_, scratch) in curves.items()
        for rate, curve in zip(plan.scratch_rates, np.moveaxis(scratch, 1, 0), strict=True)
    }
