"""Any optimizer's response to one gradient, and a record of the gradients that every weight saw."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax


def single_gradient_response(optimizer, steps, gradient=1.0):
    """How far any optax optimizer moves a weight that sees one gradient, at the first of `steps`
    steps.

    Args:
      optimizer: learning rate -> optax.GradientTransformation, taken at a learning rate of 1.
      steps, gradient: as for `adam_impulse_response`.

    Returns:
      A scalar, against the gradient.
    """
    transformation, weight = optimizer(1.0), jnp.zeros(())

    def update(carry, gradient):
        weight, state = carry
        move, state = transformation.update(gradient, state, weight)
        return (weight + move, state), None

    start = (weight, transformation.init(weight))
    return -jax.lax.scan(update, start, jnp.zeros(steps).at[0].set(gradient))[0][0]


class GradientRecord(NamedTuple):
    """What gradients every weight has seen: `step` so far; params-shaped `count` of those that were
    not zero, the step of
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
            return GradientRecord(
                jnp.zeros((), jnp.int32), zeros, zeros, zeros, jax.tree.map(jnp.zeros_like, params)
            )

        def update(gradients, state, params=None):
            step = state.step + 1
            some = jax.tree.map(lambda g: g != 0, gradients)
            count = jax.tree.map(lambda count, g: count + g.astype(jnp.int32), state.count, some)
            new = jax.tree.map(lambda count, g: (count == 1) & g, count, some)
            first = jax.tree.map(lambda old, n: jnp.where(n, step, old), state.first, new)
            last = jax.tree.map(lambda old, g: jnp.where(g, step, old), state.last, some)
            value = jax.tree.map(
                lambda old, n, g: jnp.where(n, g, old), state.value, new, gradients
            )
            return gradients, GradientRecord(step, count, first, last, value)

        return optax.GradientTransformation(init, update)

    return lambda learning_rate: optax.chain(record(), optimizer(learning_rate))
