"""Training on after pruning, against training as many units from scratch.

Both are the same training, at the same learning rates and stopped by the same rule.
"""

from functools import partial

import jax
import jax.numpy as jnp

from ..chain_pruning import slice_units
from ..ensemble import run_ensemble
from ..statistics import paired_effect
from .prune_at import Plan, Way, prepare, pruned_states, stopping_places
from .retraining import step_cost
from .stages import chosen_scores, stage_by_stage

AS_MANY = "equal operations"  # the budget of training from scratch that is compared


def tune_or_restart(key, settings, after, scratch, every):
    """One seed: pruned networks trained on, and networks of as many units trained from scratch.

    The whole network takes `settings.train.steps` steps, and what is left of it takes as many
    again, with a fresh optimizer. From scratch start the first units of the same
    initialisation. Checkpoints are chosen by the loss on validation points.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings`; its criteria are not used.
      after: a dict (criterion, learning rate of the whole network) -> learning rates (rates,) to
        try after pruning, as many for each.
      scratch: learning rates (rates,) to try from scratch.
      every: steps between checkpoints, a divisor of the steps.

    Returns:
      (tuned, scratch): a dict like `after` -> `Scores` (rates,), and a dict budget -> `Scores`
      (rates,): with `AS_MANY`, as many as training after pruning and that of the whole
      network take together; with "equal steps", as many as training after pruning takes.
    """
    count, steps = settings.keep_counts[0], settings.train.steps
    ways = tuple(Way(first, steps, name, settings.compensation) for name, first in after)
    plan, model = Plan(steps, every, {count: ways}, {}), settings.small_model
    setup, init, score_key = prepare(key, settings, plan)
    _, stops = stopping_places(settings, setup, init, plan, score_key)
    (pruned, _), *_ = pruned_states(settings, setup, stops, ways, count)

    def curves(start, rates, setup=setup):
        return jax.lax.map(lambda rate: stage_by_stage(model, start, setup, rate)[1], rates)

    found = jax.lax.map(lambda case: curves(*case), (pruned, jnp.array(list(after.values()))))
    first = slice_units(init, (jnp.arange(count),) * len(settings.keep_counts))
    longer = setup._replace(stages=int(setup.stages * (1 + step_cost(init) / step_cost(first))))
    anew, choose = curves(first, jnp.array(scratch), longer), jax.vmap(chosen_scores)
    ends = {AS_MANY: longer.stages, "equal steps": setup.stages}
    return (
        {case: choose(found[i]) for i, case in enumerate(after)},
        {budget: choose(anew[:, : end + 1]) for budget, end in ends.items()},
    )


def over_seeds(keys, settings, after, scratch, every):
    """`tune_or_restart` over seeds, the cases in the order of `after`, which JAX sorts."""
    run = partial(tune_or_restart, after=after, scratch=scratch, every=every)
    tuned, anew = run_ensemble(run, keys, settings)
    return {case: tuned[case] for case in after}, anew


def best_rate(scores, rates):
    """The one of `rates` with the highest mean accuracy in validation; scores: `Scores` (seeds,
    rates)."""
    return rates[int(scores.validation.mean(axis=0).argmax())]


def tuning_gaps(tuned, scratch):
    """How much better training on ends than training from scratch, each at its only learning rate.

    Args:
      tuned, scratch: `tune_or_restart` over seeds.

    Returns:
      A dict budget -> dict (criterion, learning rate of the whole network) -> differences of the
      test accuracy (seeds,).
    """
    return {
        budget: {case: (own.stopped - other.stopped)[:, 0] for case, own in tuned.items()}
        for budget, other in scratch.items()
    }


def case_name(case):
    """A (criterion, learning rate of the whole network) in words."""
    name, first = case
    return f"{name} half, trained at {first:g}"


def validation_table(tuned, scratch, rates):
    """Rows for a table: the mean accuracy in validation at each of the `rates`, and which one is
    chosen; tuned, scratch: `tune_or_restart` over seeds."""
    tried = {case_name(case): scores for case, scores in tuned.items()}
    tried["from scratch"] = scratch[AS_MANY]
    rows = {}
    for name, scores in tried.items():
        chosen = best_rate(scores, rates)
        rows[name] = {
            f"learning rate {rate:g}": f"{value:.4f}{' (chosen)' if rate == chosen else ''}"
            for rate, value in zip(rates, scores.validation.mean(axis=0))
        }
    return rows


def test_table(tuned, scratch):
    """Rows for a table: test accuracy of training on and of training from scratch, each at its only
    learning rate, and their `tuning_gaps`."""

    def row(scores):
        stopped = scores.stopped[:, 0]
        last, failed = scores.last[:, 0], (stopped < 0.9).sum()
        return {"test accuracy": stopped, "at the last step": last, "seeds below 0.9": failed}

    gaps = tuning_gaps(tuned, scratch)
    rows = {
        case_name(case): row(scores)
        | {f"less from scratch, {budget}": gap[case] for budget, gap in gaps.items()}
        for case, scores in tuned.items()
    }
    return rows | {f"from scratch, {budget}": row(scores) for budget, scores in scratch.items()}


def compared(first, second):
    """Two scores of the same seeds, (seeds,) each, as a row of a table: the first less the second,
    and in what share of the seeds the first is better and worse."""
    difference, d, p = paired_effect(first, second)
    better, worse = (first > second).mean(), (first < second).mean()
    return {"difference": difference, "d": d, "p": p, "better": better, "worse": worse}
