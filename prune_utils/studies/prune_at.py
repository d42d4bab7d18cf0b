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
from .orders import trained_scores
from .retraining import step_cost
from .stages import Setup, chosen_scores, stage_by_stage, train_on

STOPPED = -1  # a time: where the whole network does best in validation, with no training after
LONGEST = 10  # training with equal operations takes at most so many budgets of steps


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
      longer: a dict number of units -> `Way`s that prune before training, and then train with as
        many operations as the whole network's training takes, or for `LONGEST` budgets.
    """

    steps: int
    every: int
    ways: dict[int, tuple[Way, ...]]
    longer: dict[int, tuple[Way, ...]]


class Stops(NamedTuple):
    """The whole network where it is pruned: `places`, a list of (rate, at); with a leading axis
    over them `states`, (parameters, optimizer state), and `scores`, a dict criterion -> scores."""

    places: list[tuple[float, int]]
    states: tuple
    scores: dict[str, tuple]


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
      (whole, ways, longer). `whole`: a dict rate -> `Scores` of the whole network; `ways` and
      `longer`: dicts count -> `Scores` (ways,).
    """
    setup, init, score_key = prepare(key, settings, plan)
    whole, stops = stopping_places(settings, setup, init, plan, score_key)

    def finish(count, ways, setup):
        run = partial(train_on, small_model(settings, count), setup)
        starts = pruned_states(settings, setup, stops, ways, count)
        return jax.lax.map(lambda args: run(*args)[1], starts)

    ways = {count: finish(count, chosen, setup) for count, chosen in plan.ways.items()}
    longer = {}
    for count, chosen in plan.longer.items():
        small = slice_units(init, (jnp.arange(count),) * (len(settings.features) - 1))
        budgets = min(step_cost(init) / step_cost(small), LONGEST)
        longer[count] = finish(count, chosen, setup._replace(stages=int(setup.stages * budgets)))
    return whole, ways, longer


def finished(key, settings, plan, count):
    """One seed: (data, params), the training data and what each of `plan.ways[count]` ends with,
    with a leading axis over them."""
    setup, init, score_key = prepare(key, settings, plan)
    _, stops = stopping_places(settings, setup, init, plan, score_key)
    starts = pruned_states(settings, setup, stops, plan.ways[count], count)
    run = partial(train_on, small_model(settings, count), setup)
    return setup.data, jax.lax.map(lambda args: run(*args)[0], starts)


def prepare(key, settings, plan):
    """(setup, init, score_key): what one seed starts with; see `prune_at`."""
    times = {way.at for ways in plan.ways.values() for way in ways} - {STOPPED}
    late = [way for ways in plan.longer.values() for way in ways if way.at != 0]
    require(not late, "plan", f"only ways that prune before training in `longer`, got {late}")
    fits = all(0 <= time <= plan.steps and time % plan.every == 0 for time in times)
    wanted = f"multiples of {plan.every} up to {plan.steps}, or STOPPED"
    require(plan.steps % plan.every == 0 and fits, "plan", f"times that are {wanted}")
    data_key, test_key, init_key, score_key, _ = jax.random.split(key, 5)
    data, test = settings.task(data_key, test_key)
    _, validation = settings.task(data_key, named_key(key, "validation"))
    config = replace(settings.train, steps=plan.every, snapshot_steps=())
    setup = Setup(data, (validation, test), config, plan.steps // plan.every)
    return setup, init_params(settings.model, init_key, data.x), score_key


def small_model(settings, count):
    """The network with `count` units in every hidden layer."""
    *hidden, outputs = settings.features
    return MLP((*(count for _ in hidden), outputs))


def stopping_places(settings, setup, init, plan, key):
    """The whole network, trained at every rate of a plan, and what is needed to prune it there.

    Returns:
      (whole, stops): `Scores` by rate, and the `Stops`.
    """
    every = [way for part in (plan.ways, plan.longer) for ways in part.values() for way in ways]
    rates = sorted({way.rate for way in every})
    states, measured = jax.lax.map(
        lambda rate: stage_by_stage(settings.model, init, setup, rate), jnp.array(rates)
    )
    best = measured[:, :, 0, 1].argmin(axis=1)
    places = sorted({(way.rate, way.at) for way in every})
    row = jnp.array([rates.index(rate) for rate, _ in places])
    stage = [
        best[rates.index(rate)] if at == STOPPED else at // setup.config.steps
        for rate, at in places
    ]
    chosen = jax.tree.map(lambda leaf: leaf[row, jnp.asarray(stage)], states)
    scores = {}
    for criterion in sorted({way.criterion for way in every}):
        score = partial(trained_scores, criterion, settings.model, data=setup.data, key=key)
        scores[criterion] = jax.lax.map(score, chosen[0])
    whole = {rate: chosen_scores(curve) for rate, curve in zip(rates, measured, strict=True)}
    return whole, Stops(places, chosen, scores)


def pruned_states(settings, setup, stops, ways, count):
    """Where training goes on after pruning in each of `ways`.

    Returns:
      (state, rate, left), each with a leading axis over the ways: (parameters, optimizer state),
      the learning rate, and how many stages of training are left.
    """
    order, found = [], []
    for criterion, rung in dict.fromkeys((way.criterion, way.compensation) for way in ways):
        own = [
            i
            for i, way in enumerate(ways)
            if (way.criterion, way.compensation) == (criterion, rung)
        ]

        def pruned(place, criterion=criterion, rung=rung):
            (params, opt_state), scores = jax.tree.map(
                lambda leaf: leaf[place], (stops.states, stops.scores[criterion])
            )
            acts = hidden_activations(settings.model, params, setup.data.x)
            keep = keep_highest(scores, (count,) * len(acts))
            return prune(params, keep, acts, rung), slice_units(opt_state, keep)

        places = [stops.places.index((ways[i].rate, ways[i].at)) for i in own]
        found.append(jax.lax.map(pruned, jnp.array(places)))
        order += own
    back = jnp.argsort(jnp.array(order))
    state = jax.tree.map(lambda *parts: jnp.concatenate(parts)[back], *found)
    left = [0 if way.at == STOPPED else setup.stages - way.at // setup.config.steps for way in ways]
    return state, jnp.array([way.rate for way in ways]), jnp.array(left)
