"""Fine-tuning against training from scratch, at several budgets of steps."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..statistics import judge
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
