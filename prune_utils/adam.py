"""Adam in its several forms, and closed forms of what it does to a weight that sees few gradients.

The derivation is in notebook 06.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from ._checks import concrete, require
from .types import Integer, Number

# How a step follows from the two running means m and v after t steps. Bias correction divides m by
# c1 = 1 - b1^t and v by c2 = 1 - b2^t; the forms differ in where ε stands and in what is corrected.
ADAM_FORMS = {
    # Kingma and Ba's algorithm 1; PyTorch, optax
    "corrected": lambda m, v, c1, c2, eps: (m / c1) / (jnp.sqrt(v / c2) + eps),
    # their section 2; TensorFlow, Keras
    "keras": lambda m, v, c1, c2, eps: (m / c1) * jnp.sqrt(c2) / (jnp.sqrt(v) + eps),
    # St John 2021: v alone is corrected
    "adamd": lambda m, v, c1, c2, eps: m * jnp.sqrt(c2) / (jnp.sqrt(v) + eps),
    "uncorrected": lambda m, v, c1, c2, eps: m / (jnp.sqrt(v) + eps),
}


def adam_response(gradients, b1=0.9, b2=0.999, eps=1e-8, form="corrected"):
    """How far Adam moves one weight that sees these gradients, in learning rates, against the
    gradient.

    With gradients g₁, g₂, … the running means are m_t = (1 − b1) Σ b1^(t−i) g_i and v_t = (1 − b2)
    Σ b2^(t−i) g_i² (Kingma and Ba 2015), and the weight moves by a step of one of `ADAM_FORMS` each
    time.

    Args:
      gradients: (steps,), the gradient at each step from the first; zeros are steps without one.
      b1, b2, eps: Adam's settings, 0 ≤ b1, b2 < 1; eps = 0 is the limit ε → 0.
      form: a name in `ADAM_FORMS`.

    Returns:
      (steps,): the total displacement after each step over the learning rate; positive where the
      gradient is.
    """
    _check_adam(b1, b2, eps, form)
    gradients = jnp.asarray(gradients, jnp.float32)
    require(
        gradients.ndim == 1 and len(gradients) > 0,
        "gradients",
        f"shape (steps,), got {gradients.shape}",
    )
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
    # not 0 / 0 if ε is 0
    return jnp.cumsum(jnp.where(m == 0, 0, ADAM_FORMS[form](m, v, c1, c2, eps / scale)))


def adam_impulse_response(
    steps: Integer,
    first_step: Integer = 1,
    b1: Number = 0.9,
    b2: Number = 0.999,
    eps: Number = 1e-8,
    gradient: Number = 1.0,
    form: str = "corrected",
) -> Float[Array, " steps"]:
    """How far Adam moves a weight that sees one gradient and never another: the origin of the
    post's ±0.59.

    With the one gradient g at step s, step t ≥ s is, k = t − s steps later and for ε → 0, sign(g)
    times

        (1 − b1) / √(1 − b2) · (b1 / √b2)^k · √(1 − b2^t) / (1 − b1^t)

    learning rates: the size of g cancels. The sum from s = 1 on tends to 6.0055 for Adam's
    defaults; for late s, where the corrections have faded, to 31.8.

    Args:
      steps: length of the training.
      first_step: the step at which the gradient comes, from 1 to `steps`.
      b1, b2, eps, form: as for `adam_response`.
      gradient: g, not zero; matters only where it is not large against ε.

    Returns:
      (steps,): the total displacement after each step over the learning rate, against the gradient.

    Raises:
      ValueError: if `first_step` is out of range, b1 or b2 are not in [0, 1), or the form is
        unknown.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> print(f"{pu.adam_impulse_response(1000)[-1]:.4f}")
      6.0055
    """
    _check_steps(steps)
    within = isinstance(first_step, (int, np.integer)) and 1 <= first_step <= steps
    require(within, "first_step", f"an integer from 1 to {steps}, got {first_step!r}")
    require(not concrete(gradient) or gradient != 0, "gradient", "a number that is not zero")
    return adam_response(jnp.zeros(steps).at[first_step - 1].set(gradient), b1, b2, eps, form)


def single_gradient_displacements(gradients, steps, b1=0.9, b2=0.999, eps=1e-8, form="corrected"):
    """`adam_impulse_response` after `steps` steps to one gradient at the first, for many gradients
    at once.

    Args:
      gradients: any array of finite numbers, none zero.
      steps, b1, b2, eps, form: as for `adam_impulse_response`.

    Returns:
      Displacements over the learning rate, of the shape of `gradients`, with their signs.
      Interpolated between 400 sizes of the gradient.
    """
    _check_steps(steps)
    gradients = np.asarray(gradients)
    given = gradients.size > 0 and np.isfinite(gradients).all() and (gradients != 0).all()
    require(given, "gradients", "at least one number, all finite and none zero")
    size = np.log(np.abs(gradients))
    sizes = np.linspace(size.min(), size.max(), 400)
    impulses = jnp.zeros((400, steps)).at[:, 0].set(np.exp(sizes))
    responses = jax.vmap(partial(adam_response, b1=b1, b2=b2, eps=eps, form=form))(impulses)[:, -1]
    return np.sign(gradients) * np.interp(size, sizes, responses)


def adam_as(form, b1=0.9, b2=0.999, eps=1e-8):
    """Adam in one of `ADAM_FORMS`, as a function of the learning rate for
    `TrainConfig.optimizer`."""
    _check_adam(b1, b2, eps, form)

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
                # not 0 / 0 if ε is 0
                return jnp.where(m == 0, 0, -learning_rate * ADAM_FORMS[form](m, v, c1, c2, eps))

            moves = jax.tree.map(move, m, v)
            return moves, optax.ScaleByAdamState(count, m, v)

        return optax.GradientTransformation(init, update)

    return optimizer


def _check_steps(steps):
    require(
        isinstance(steps, (int, np.integer)) and steps >= 1,
        "steps",
        f"an integer of at least 1, got {steps!r}",
    )


def _check_adam(b1, b2, eps, form):
    require(not concrete(eps) or eps >= 0, "eps", f"a number of at least 0, got {eps!r}")
    require(form in ADAM_FORMS, "form", f"one of {', '.join(ADAM_FORMS)}, got {form!r}")
    for name, decay in (("b1", b1), ("b2", b2)):
        require(
            isinstance(decay, jax.Array) or 0 <= decay < 1,
            name,
            f"a number from 0 to below 1, got {decay!r}",
        )
