"""Closed forms: what Adam does to a weight that sees few gradients. The derivation is in notebook 06."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ._checks import concrete, require
from .evidence import half_sample_mode

# How a step follows from the two running means m and v after t steps. Bias correction divides m by c1 = 1 - b1^t and
# v by c2 = 1 - b2^t; the forms differ in where ε stands and in what is corrected.
ADAM_FORMS = {
    "corrected": lambda m, v, c1, c2, eps: (m / c1) / (jnp.sqrt(v / c2) + eps),  # Kingma and Ba's algorithm 1; PyTorch, optax
    "keras": lambda m, v, c1, c2, eps: (m / c1) * jnp.sqrt(c2) / (jnp.sqrt(v) + eps),  # their section 2; TensorFlow, Keras
    "adamd": lambda m, v, c1, c2, eps: m * jnp.sqrt(c2) / (jnp.sqrt(v) + eps),  # St John 2021: v alone is corrected
    "uncorrected": lambda m, v, c1, c2, eps: m / (jnp.sqrt(v) + eps),
}


def adam_response(gradients, b1=0.9, b2=0.999, eps=1e-8, form="corrected"):
    """How far Adam moves one weight that sees these gradients, in learning rates, against the gradient.

    With gradients g₁, g₂, … the running means are m_t = (1 − b1) Σ b1^(t−i) g_i and v_t = (1 − b2) Σ b2^(t−i) g_i²
    (Kingma and Ba 2015), and the weight moves by a step of one of `ADAM_FORMS` each time.

    Args:
      gradients: (steps,), the gradient at each step from the first; zeros are steps without one.
      b1, b2, eps: Adam's settings, 0 ≤ b1, b2 < 1; eps = 0 is the limit ε → 0.
      form: a name in `ADAM_FORMS`.

    Returns:
      (steps,): the total displacement after each step over the learning rate; positive where the gradient is.
    """
    _check(b1, b2, eps, form)
    gradients = jnp.asarray(gradients, jnp.float32)
    require(gradients.ndim == 1 and len(gradients) > 0, "gradients", f"shape (steps,), got {gradients.shape}")
    return _response(gradients, b1, b2, eps, form)


@partial(jax.jit, static_argnames="form")
def _response(gradients, b1, b2, eps, form):
    step = jnp.arange(1.0, len(gradients) + 1)

    def running_mean(values, decay):
        def advance(mean, value):
            mean = decay * mean + (1 - decay) * value
            return mean, mean

        return jax.lax.scan(advance, jnp.zeros_like(values[0]), values)[1]

    # A gradient's square can leave float32, so all are measured in units of the largest.
    scale = jnp.maximum(jnp.abs(gradients).max(), jnp.finfo(jnp.float32).tiny)
    m, v = running_mean(gradients / scale, b1), running_mean(jnp.square(gradients / scale), b2)
    # 1 - b^t loses its digits in float32 while b^t is near 1.
    c1, c2 = -jnp.expm1(step * jnp.log(b1)), -jnp.expm1(step * jnp.log(b2))
    return jnp.cumsum(jnp.where(m == 0, 0, ADAM_FORMS[form](m, v, c1, c2, eps / scale)))  # not 0 / 0 if ε is 0


def adam_impulse_response(steps, first_step=1, b1=0.9, b2=0.999, eps=1e-8, gradient=1.0, form="corrected"):
    """How far Adam moves a weight that sees one gradient and never another: the origin of the post's ±0.59.

    With the one gradient g at step s, step t ≥ s is, k = t − s steps later and for ε → 0, sign(g) times

        (1 − b1) / √(1 − b2) · (b1 / √b2)^k · √(1 − b2^t) / (1 − b1^t)

    learning rates: the size of g cancels. The sum from s = 1 on tends to 6.0055 for Adam's defaults; for late s, where the
    corrections have faded, to 31.8.

    Args:
      steps: length of the training.
      first_step: the step at which the gradient comes, from 1 to `steps`.
      b1, b2, eps, form: as for `adam_response`.
      gradient: g, not zero; matters only where it is not large against ε.

    Returns:
      (steps,): the total displacement after each step over the learning rate, against the gradient.

    Raises:
      ValueError: if `first_step` is out of range, b1 or b2 are not in [0, 1), or the form is unknown.
    """
    _check_steps(steps)
    within = isinstance(first_step, (int, np.integer)) and 1 <= first_step <= steps
    require(within, "first_step", f"an integer from 1 to {steps}, got {first_step!r}")
    require(not concrete(gradient) or gradient != 0, "gradient", "a number that is not zero")
    return adam_response(jnp.zeros(steps).at[first_step - 1].set(gradient), b1, b2, eps, form)


def adam_as(form, b1=0.9, b2=0.999, eps=1e-8):
    """Adam in one of `ADAM_FORMS`, as a function of the learning rate for `TrainConfig.optimizer`."""
    _check(b1, b2, eps, form)

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


def lone_displacements(gradients, steps, b1=0.9, b2=0.999, eps=1e-8, form="corrected"):
    """`adam_impulse_response` after `steps` steps to one gradient at the first, for many gradients at once.

    Args:
      gradients: any array of finite numbers, none zero.
      steps, b1, b2, eps, form: as for `adam_impulse_response`.

    Returns:
      Displacements over the learning rate, of the shape of `gradients`, with their signs. Interpolated between 400
      sizes of the gradient.
    """
    _check_steps(steps)
    gradients = np.asarray(gradients)
    given = gradients.size > 0 and np.isfinite(gradients).all() and (gradients != 0).all()
    require(given, "gradients", "at least one number, all finite and none zero")
    size = np.log(np.abs(gradients))
    sizes = np.linspace(size.min(), size.max(), 400)
    impulses = jnp.zeros((400, steps)).at[:, 0].set(np.exp(sizes))
    answers = jax.vmap(partial(adam_response, b1=b1, b2=b2, eps=eps, form=form))(impulses)[:, -1]
    return np.sign(gradients) * np.interp(size, sizes, answers)


def sharpest_band(moves, width=0.01, smallest=0.005):
    """The narrow range of |displacement| that stands out most from what lies beside it.

    Counts displacements in bins of the relative `width`, and compares each bin with the ten bins beside it (the two next
    to it left out). A bin counts only if it holds the share `smallest` of the weights, and at least 50: of fewer, some stand out by
    chance.

    Args:
      moves: displacements, any array of finite numbers, not all zero.
      width: of a bin, relative to the displacement.
      smallest: share of all weights that a bin must hold.

    Returns:
      (position, contrast, share): the most common |displacement| in and next to the bin; how many times as many it holds as the mean bin
      beside it; its share of all weights. (nan, 0, 0) if no bin holds enough.
    """
    size = np.abs(np.asarray(moves, np.float64).ravel())
    moved, found = size[size > 0], (float("nan"), 0.0, 0.0)
    for offset in (0, 0.5):  # or an edge could cut the band in two
        bins = np.floor(np.log(moved) / width + offset).astype(int)
        bins += 6 - bins.min()
        counts = np.bincount(bins, minlength=bins.max() + 7)
        beside = np.mean([np.roll(counts, away) for away in range(-6, 7) if abs(away) > 1], axis=0)
        contrast = np.where(counts >= max(smallest * size.size, 50), counts / np.maximum(beside, 1), 0)
        best = contrast.argmax()
        if contrast[best] > found[1]:
            around = moved[np.abs(bins - best) <= 1]
            found = half_sample_mode(around), float(contrast[best]), int(counts[best]) / size.size
    return found


def _check_steps(steps):
    require(isinstance(steps, (int, np.integer)) and steps >= 1, "steps", f"an integer of at least 1, got {steps!r}")


def _check(b1, b2, eps, form):
    require(not concrete(eps) or eps >= 0, "eps", f"a number of at least 0, got {eps!r}")
    require(form in ADAM_FORMS, "form", f"one of {', '.join(ADAM_FORMS)}, got {form!r}")
    for name, decay in (("b1", b1), ("b2", b2)):
        require(isinstance(decay, jax.Array) or 0 <= decay < 1, name, f"a number from 0 to below 1, got {decay!r}")
