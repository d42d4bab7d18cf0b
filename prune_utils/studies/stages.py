"""Training in stages of some steps, measured after each, so that the best one can be chosen."""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..training import accuracy, loss, train


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


def lowest(losses):
    """The place of the lowest along the last axis; what is not a number is not low."""
    return jnp.where(jnp.isnan(losses), jnp.inf, losses).argmin(axis=-1)


def chosen_scores(measured):
    """The `Scores` of a training measured (checkpoints, 2, 2) in validation and tests."""
    best = lowest(measured[:, 0, 1])
    return Scores(measured[-1, 1, 0], measured[best, 1, 0], measured[best, 0, 0])


def train_on(model, setup, state, rate, left):
    """The last `left` stages of training: (parameters, `Scores`), those of the checkpoint with the
    lowest validation loss."""
    config = replace(setup.config, learning_rate=rate)

    def stage(carry, index):
        def go(carry):
            (params, opt_state), best, least, _ = carry
            run = train(model, params, setup.data, config, opt_state)
            now = measure(model, run.params, setup.sets)
            better = now[0, 1] < least
            best = jax.tree.map(partial(jnp.where, better), (run.params, now[:, 0]), best)
            least = jnp.where(better, now[0, 1], least)
            return (run.params, run.opt_state), best, least, now[1, 0]

        return jax.lax.cond(index >= setup.stages - left, go, lambda carry: carry, carry), None

    first = measure(model, state[0], setup.sets)
    carry = state, (state[0], first[:, 0]), first[0, 1], first[1, 0]
    (_, (params, best), _, accurate), _ = jax.lax.scan(stage, carry, jnp.arange(setup.stages))
    return params, Scores(accurate, best[1], best[0])
