"""Optimizers made to be looked into: Adam in its several forms, any optimizer's answer to one gradient, and a record of gradients."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from .theory import ADAM_FORMS, check_adam


def adam_as(form, b1=0.9, b2=0.999, eps=1e-8):
    """Adam in one of `ADAM_FORMS`, as a function of the learning rate for `TrainConfig.optimizer`."""
    check_adam(b1, b2, eps, form)

    def optimizer(learning_rate):
        def init(params):
            zeros = jax.tree.map(jnp.zeros_like, params)
            return optax.ScaleByAdamState(jnp.zeros((), jnp.int32), zeros, zeros)

        def update(gradients, state, params=None):
            count = state.count + 1
            m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state.mu, gradients)
            v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * jnp.square(g), state.nu, gradients)
            c1, c2 = 1 - b1**count, 1 - b2**count

            def move(m, v):
                return jnp.where(m == 0, 0, -learning_rate * ADAM_FORMS[form](m, v, c1, c2, eps))  # not 0 / 0 if ε is 0

            moves = jax.tree.map(move, m, v)
            return moves, optax.ScaleByAdamState(count, m, v)

        return optax.GradientTransformation(init, update)

    return optimizer


def lone_answer(optimizer, steps, gradient=1.0):
    """How far any optax optimizer moves a weight, against the gradient, that sees one gradient at the first of `steps` steps.

    Args:
      optimizer: learning rate -> optax.GradientTransformation, taken at a learning rate of 1.
      steps, gradient: as for `adam_impulse_response`.

    Returns:
      A scalar.
    """
    transformation, weight = optimizer(1.0), jnp.zeros(())

    def update(carry, gradient):
        weight, state = carry
        move, state = transformation.update(gradient, state, weight)
        return (weight + move, state), None

    start = (weight, transformation.init(weight))
    return -jax.lax.scan(update, start, jnp.zeros(steps).at[0].set(gradient))[0][0]


class GradientRecord(NamedTuple):
    """What gradients every weight has seen: `step` so far; params-shaped `count` of those that were not zero, the step of
    the `first` and of the `last` of them (0: none), and the `value` of the first."""

    step: jax.Array
    count: optax.Params
    first: optax.Params
    last: optax.Params
    value: optax.Params


def recording(optimizer):
    """The optimizer with a `GradientRecord` beside it: its state becomes (record, state).

    Args:
      optimizer: learning rate -> optax.GradientTransformation, as in `TrainConfig`.

    Returns:
      A function like it.
    """

    def record():
        def init(params):
            zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, jnp.int32), params)
            return GradientRecord(jnp.zeros((), jnp.int32), zeros, zeros, zeros, jax.tree.map(jnp.zeros_like, params))

        def update(gradients, state, params=None):
            step = state.step + 1
            some = jax.tree.map(lambda g: g != 0, gradients)
            count = jax.tree.map(lambda count, g: count + g.astype(jnp.int32), state.count, some)
            new = jax.tree.map(lambda count, g: (count == 1) & g, count, some)
            first = jax.tree.map(lambda old, n: jnp.where(n, step, old), state.first, new)
            last = jax.tree.map(lambda old, g: jnp.where(g, step, old), state.last, some)
            value = jax.tree.map(lambda old, n, g: jnp.where(n, g, old), state.value, new, gradients)
            return gradients, GradientRecord(step, count, first, last, value)

        return optax.GradientTransformation(init, update)

    return lambda learning_rate: optax.chain(record(), optimizer(learning_rate))
