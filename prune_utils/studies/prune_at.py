"""Prune at step t: one budget of training, part of it before pruning and the rest after."""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from .._checks import require
from ..chain_pruning import prune, slice_units
from ..criteria import keep_highest
from ..keys import named_key
from ..models import MLP, hidden_activations, init_params
from ..training import accuracy, loss, train
from .orders import trained_scores
from .retraining import step_cost

STOPPED = -1  # a time: where the whole network does best in validation, with no training after
LONGEST = 10  # training from scratch with equal operations takes at most so many budgets of steps


class Way(NamedTuple):
    """One way to a pruned network: the learning rate, the step `at` which to prune (or `STOPPED`),
    the criterion, the compensation."""

    rate: float
    at: int
    criterion: str
    compensation: str


class Plan(NamedTuple):
    """The budget and what to do with it.

    Attributes:
      steps: of training, before and after pruning together.
      every: a network is measured whenever this many steps are done; a divisor of `steps` and of
        every time of pruning.
      ways: a dict number of units kept in every hidden layer -> tuple of `Way`s.
      scratch: a dict number of units -> learning rates at which to train as many from scratch.
    """

    steps: int
    every: int
    ways: dict[int, tuple[Way, ...]]
    scratch: dict[int, tuple[float, ...]]


class Scores(NamedTuple):
    """Accuracies of one training: on the tests at its `last` step; on the tests (`stopped`) and in
    `validation` at the checkpoint where the validation loss was lowest."""

    last: jax.Array
    stopped: jax.Array
    validation: jax.Array


class Setup(NamedTuple):
    """What all trainings of one seed share; `sets` are the validation and the test data."""

    data: tuple
    sets: tuple
    config: object
    stages: int


def prune_at(key, settings, plan):
    """One seed: the network pruned in every way of a plan, and trained to the end of the budget.

    The optimizer's state is pruned with the network, so that training goes on as if nothing else
    had happened. Checkpoints are chosen by the loss on validation points, fresh ones of the task's
    law. Nothing is chosen by the test points.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings`; its criteria, keep counts and compensation are not used.
      plan: a `Plan`.

    Returns:
      (whole, ways, scratch). `whole`: a dict rate -> `Scores` of the whole network. `ways`: a dict
      count -> `Scores` (ways,). `scratch`: a dict count -> `Scores` (rates,) of the first units of
      an unrelated initialisation, trained with as many operations as the whole network takes, or
      for `LONGEST` budgets.
    """
    setup, init, unrelated, score_key = prepare(key, settings, plan)
    rates = sorted({way.rate for ways in plan.ways.values() for way in ways})
    states, measured = jax.lax.map(
        lambda rate: stage_by_stage(settings.model, init, setup, rate), jnp.array(rates)
    )
    ways, scratch = {}, {}
    for count, chosen in plan.ways.items():
        starts = pruned_states(settings, setup, states, measured, rates, chosen, count, score_key)
        run = partial(train_on, small_model(settings, count), setup)
        ways[count] = jax.lax.map(lambda args: run(*args)[1], starts)
    for count, tried in plan.scratch.items():
        first = slice_units(unrelated, (jnp.arange(count),) * (len(settings.features) - 1))
        more = min(step_cost(init) / step_cost(first), LONGEST)
        longer = setup._replace(config=replace(setup.config, steps=int(plan.every * more)))
        train_longer = partial(stage_by_stage, small_model(settings, count), first, longer)
        scratch[count] = jax.lax.map(
            lambda rate: chosen_scores(train_longer(rate)[1]), jnp.array(tried)
        )
    scores = [chosen_scores(curve) for curve in measured]
    return dict(zip(rates, scores, strict=True)), ways, scratch


def prepare(key, settings, plan):
    """(setup, init, unrelated, score_key): what one seed starts with; see `prune_at`."""
    times = {way.at for ways in plan.ways.values() for way in ways} - {STOPPED}
    fits = all(0 <= time <= plan.steps and time % plan.every == 0 for time in times)
    wanted = f"multiples of {plan.every} up to {plan.steps}, or STOPPED"
    require(plan.steps % plan.every == 0 and fits, "plan", f"times that are {wanted}")
    data_key, test_key, init_key, score_key, stranger_key = jax.random.split(key, 5)
    data, test = settings.task(data_key, test_key)
    _, validation = settings.task(data_key, named_key(key, "validation"))
    config = replace(settings.train, steps=plan.every, snapshot_steps=())
    setup = Setup(data, (validation, test), config, plan.steps // plan.every)
    init, unrelated = (init_params(settings.model, k, data.x) for k in (init_key, stranger_key))
    return setup, init, unrelated, score_key


def small_model(settings, count):
    """The network with `count` units in every hidden layer."""
    *hidden, outputs = settings.features
    return MLP((*(count for _ in hidden), outputs))


def stage_by_stage(model, params, setup, rate):
    """Training in stages, measured after each.

    Returns:
      (states, measured): parameters and optimizer state at the start and after every stage, with a
      leading axis of stages + 1; accuracy and loss (stages + 1, sets, 2).
    """
    start = params, setup.config.optimizer(rate).init(params)

    def stage(state, _):
        run = train(
            model, state[0], setup.data, replace(setup.config, learning_rate=rate), state[1]
        )
        return (run.params, run.opt_state), (run.params, run.opt_state)

    _, later = jax.lax.scan(stage, start, length=setup.stages)
    states = jax.tree.map(lambda first, rest: jnp.concatenate([first[None], rest]), start, later)
    return states, jax.lax.map(lambda p: measure(model, p, setup.sets), states[0])


def measure(model, params, sets):
    """Accuracy and loss on several data sets: (sets, 2)."""
    return jnp.stack([jnp.stack([f(model, params, d) for f in (accuracy, loss)]) for d in sets])


def chosen_scores(measured):
    """The `Scores` of a training measured (checkpoints, 2, 2) in validation and tests."""
    best = measured[:, 0, 1].argmin()
    return Scores(measured[-1, 1, 0], measured[best, 1, 0], measured[best, 0, 0])


def pruned_states(settings, setup, states, measured, rates, ways, count, key):
    """Where training goes on after pruning in each of `ways`.

    Returns:
      (state, rate, left), each with a leading axis over the ways: (parameters, optimizer state),
      the learning rate, and how many stages of training are left.
    """
    best = measured[:, :, 0, 1].argmin(axis=1)
    kinds = list(dict.fromkeys((way.criterion, way.compensation) for way in ways))
    order, found = [], []
    for criterion, rung in kinds:
        own = [
            i
            for i, way in enumerate(ways)
            if (way.criterion, way.compensation) == (criterion, rung)
        ]
        place = [rates.index(ways[i].rate) for i in own]
        stage = [
            best[row] if ways[i].at == STOPPED else ways[i].at // setup.config.steps
            for i, row in zip(own, place)
        ]

        def pruned(where, criterion=criterion, rung=rung):
            params, opt_state = jax.tree.map(lambda leaf: leaf[where[0], where[1]], states)
            scores = trained_scores(criterion, settings.model, params, setup.data, key)
            acts = hidden_activations(settings.model, params, setup.data.x)
            keep = keep_highest(scores, (count,) * len(acts))
            return prune(params, keep, acts, rung), slice_units(opt_state, keep)

        found.append(jax.lax.map(pruned, (jnp.array(place), jnp.stack(jnp.asarray(stage)))))
        order += own
    back = jnp.argsort(jnp.array(order))
    state = jax.tree.map(lambda *parts: jnp.concatenate(parts)[back], *found)
    left = [0 if way.at == STOPPED else setup.stages - way.at // setup.config.steps for way in ways]
    return state, jnp.array([way.rate for way in ways]), jnp.array(left)


def train_on(model, setup, state, rate, left):
    """The last `left` stages of training: (parameters, `Scores`)."""

    def stage(carry, index):
        def go(carry):
            (params, opt_state), best, lowest, _ = carry
            config = replace(setup.config, learning_rate=rate)
            run = train(model, params, setup.data, config, opt_state)
            now = measure(model, run.params, setup.sets)
            better = now[0, 1] < lowest
            best, lowest = jnp.where(better, now[:, 0], best), jnp.where(better, now[0, 1], lowest)
            return (run.params, run.opt_state), best, lowest, now[1, 0]

        return jax.lax.cond(index >= setup.stages - left, go, lambda carry: carry, carry), None

    first = measure(model, state[0], setup.sets)
    carry = state, first[:, 0], first[0, 1], first[1, 0]
    (last, best, _, accurate), _ = jax.lax.scan(stage, carry, jnp.arange(setup.stages))
    return last[0], Scores(accurate, best[1], best[0])
