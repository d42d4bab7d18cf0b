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
from .stages import Setup, chosen_scores, lowest, stage_by_stage, train_on

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
    """The whole network where it is pruned: `places`, a list of (rate, at); `criteria`, a list;
    with a leading axis over the places `states`, (parameters, optimizer state); `scores`, with
    leading axes over criteria and places."""

    places: list[tuple[float, int]]
    criteria: list[str]
    states: tuple
    scores: tuple


def prune_at(key, settings, plan):
    """One seed: the network pruned in every way of a plan, and trained to the end of the budget.

    The optimizer's state is pruned with the network, so that training goes on as if nothing else
    had happened. Checkpoints are chosen by the loss on validation points, fresh ones of the task's
    law. Nothing is chosen by the test points, if the task draws these by its second key.

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
    ways = {c: finish(settings, setup, stops, w, c)[1] for c, w in plan.ways.items()}
    longer = {}
    for count, chosen in plan.longer.items():
        small = slice_units(init, (jnp.arange(count),) * (len(settings.features) - 1))
        budgets = min(step_cost(init) / step_cost(small), LONGEST)
        extended = setup._replace(stages=int(setup.stages * budgets))
        longer[count] = finish(settings, extended, stops, chosen, count)[1]
    return whole, ways, longer


def finished(key, settings, plan, stranger=False):
    """One seed: (data, networks), the training data, and a dict count -> parameters at the chosen
    checkpoint, with a leading axis over `plan.ways[count]`; of the stranger's initialisation if
    asked for."""
    setup, init, score_key = prepare(key, settings, plan, stranger)
    _, stops = stopping_places(settings, setup, init, plan, score_key)
    ways = plan.ways.items()
    return setup.data, {c: finish(settings, setup, stops, w, c)[0] for c, w in ways}


def finish(settings, setup, stops, ways, count):
    """Pruning and training on in each of `ways`: (parameters, `Scores`), each with a leading axis
    over them."""
    *hidden, outputs = settings.features
    small = MLP((*(count for _ in hidden), outputs))
    starts = pruned_states(settings, setup, stops, ways, count)
    return jax.lax.map(lambda args: train_on(small, setup, *args), starts)


def prepare(key, settings, plan, stranger=False):
    """(setup, init, score_key): what one seed starts with; see `prune_at`, `finished`."""
    times = {way.at for ways in plan.ways.values() for way in ways} - {STOPPED}
    late = [way for ways in plan.longer.values() for way in ways if way.at != 0]
    require(not late, "plan", f"only ways that prune before training in `longer`, got {late}")
    fits = all(0 <= time <= plan.steps and time % plan.every == 0 for time in times)
    wanted = f"multiples of {plan.every} up to {plan.steps}, or STOPPED"
    require(plan.steps % plan.every == 0 and fits, "plan", f"times that are {wanted}")
    data_key, test_key, init_key, score_key, stranger_key = jax.random.split(key, 5)
    data, test = settings.task(data_key, test_key)
    _, validation = settings.task(data_key, named_key(key, "validation"))
    config = replace(settings.train, steps=plan.every, snapshot_steps=())
    setup = Setup(data, (validation, test), config, plan.steps // plan.every)
    start = stranger_key if stranger else init_key
    return setup, init_params(settings.model, start, data.x), score_key


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
    best = lowest(measured[:, :, 0, 1])
    places = sorted({(way.rate, way.at) for way in every})
    row = jnp.array([rates.index(rate) for rate, _ in places])
    stage = [
        best[rates.index(rate)] if at == STOPPED else at // setup.config.steps
        for rate, at in places
    ]
    chosen = jax.tree.map(lambda leaf: leaf[row, jnp.asarray(stage)], states)
    criteria, scores = sorted({way.criterion for way in every}), []
    for criterion in criteria:
        score = partial(trained_scores, criterion, settings.model, data=setup.data, key=key)
        scores.append(jax.lax.map(score, chosen[0]))
    scores = jax.tree.map(lambda *leaves: jnp.stack(leaves), *scores)
    whole = {rate: chosen_scores(curve) for rate, curve in zip(rates, measured, strict=True)}
    return whole, Stops(places, criteria, chosen, scores)


def pruned_states(settings, setup, stops, ways, count):
    """Where training goes on after pruning in each of `ways`.

    Returns:
      (state, rate, left), each with a leading axis over the ways: (parameters, optimizer state),
      the learning rate, and how many stages of training are left.
    """
    order, found = [], []
    for rung in dict.fromkeys(way.compensation for way in ways):
        own = [i for i, way in enumerate(ways) if way.compensation == rung]

        def pruned(where, rung=rung):
            place, criterion = where
            params, opt_state = jax.tree.map(lambda leaf: leaf[place], stops.states)
            scores = jax.tree.map(lambda leaf: leaf[criterion, place], stops.scores)
            acts = hidden_activations(settings.model, params, setup.data.x)
            keep = keep_highest(scores, (count,) * len(acts))
            return prune(params, keep, acts, rung), slice_units(opt_state, keep)

        places = [stops.places.index((ways[i].rate, ways[i].at)) for i in own]
        criteria = [stops.criteria.index(ways[i].criterion) for i in own]
        found.append(jax.lax.map(pruned, (jnp.array(places), jnp.array(criteria))))
        order += own
    back = jnp.argsort(jnp.array(order))
    state = jax.tree.map(lambda *parts: jnp.concatenate(parts)[back], *found)
    left = [0 if way.at == STOPPED else setup.stages - way.at // setup.config.steps for way in ways]
    return state, jnp.array([way.rate for way in ways]), jnp.array(left)
