"""What Adam does to a weight that sees few gradients, and which optimizer fits a given move."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..adam import adam_impulse_response, adam_response, single_gradient_displacements
from ..gradients import single_gradient_response

ROUND_RATES = np.array([digit * 10.0**power for power in range(-4, 1) for digit in (1, 2, 5)])


class Responses(NamedTuple):
    """Displacements in learning rates, against the first gradient.

    `over_time`: step of the gradient -> (81,), after 0 to 80 steps; `arrivals`: the step `when` the
    gradient comes -> (arrivals,), 300 steps on; `by_size`: (ε, form of Adam) -> (sizes,), against
    the `sizes` of the gradient; `by_ratio`: number of gradients, from the first step on ->
    (ratios,), against the `ratios` of all later ones to the first.
    """

    over_time: dict
    when: Any
    arrivals: Any
    sizes: Any
    by_size: dict
    ratios: Any
    by_ratio: dict


def responses(steps):
    """The `Responses` of Adam after a training of `steps` steps."""
    when = np.unique(np.logspace(0, 4, 40).astype(int))
    sizes, ratios = np.logspace(-10, -2, 40), np.linspace(-2, 2, 81)
    forms = ((1e-8, "corrected"), (1e-7, "corrected"), (1e-7, "keras"))
    return Responses(
        over_time={
            step: np.concatenate([[0], adam_impulse_response(80, step)]) for step in (1, 3, 10, 30)
        },
        when=when,
        arrivals=np.array([adam_impulse_response(10300, int(s))[s + 299] for s in when]),
        sizes=sizes,
        by_size={
            (eps, form): single_gradient_displacements(sizes, steps, eps=eps, form=form)
            for eps, form in forms
        },
        ratios=ratios,
        by_ratio={length: equal_gradients(length, ratios, steps) for length in (2, 3, 4)},
    )


def equal_gradients(length, ratios, steps):
    """Adam's answer after `steps` steps to `length` gradients from the first step on, the later
    ones all the given multiple of the first: (ratios,)."""
    later = jnp.asarray(ratios, jnp.float32)[:, None]
    gradients = jnp.zeros((len(later), steps)).at[:, 0].set(1.0).at[:, 1:length].set(later)
    return np.asarray(jax.vmap(adam_response)(gradients)[:, -1])


def late_limit(b1=0.9, b2=0.999):
    """Where Adam moves a weight by one gradient long after the first step: Σ_k of the steps without
    bias correction, in learning rates."""
    return (1 - b1) / np.sqrt(1 - b2) / (1 - b1 / np.sqrt(b2))


def decayed_response(steps, decay):
    """Adam's answer to one gradient at step 1 if every step also takes the share `decay` off the
    move so far, in learning rates: Σ_k u_k (1 − decay)^(steps − k)."""
    moves = np.diff(np.asarray(adam_impulse_response(steps)), prepend=0)
    return float((moves * (1 - decay) ** np.arange(steps - 1, -1, -1)).sum())


def fitting_rates(optimizers, move, steps):
    """The round learning rate at which each optimizer's answer to a lone gradient at step 1 is
    nearest to a given move.

    Args:
      optimizers: dict name -> optimizer, as in `TrainConfig`.
      move: the displacement to explain.
      steps: length of the training.

    Returns:
      A dict name -> dict, the best first: "answer" in learning rates; "wanted", the learning rate
      that gives exactly `move`; "rate", of `ROUND_RATES` the nearest in logarithm; "band", the move
      there; "error", relative to `move`.
    """
    rows = {}
    for name, optimizer in optimizers.items():
        answer = float(single_gradient_response(optimizer, steps))
        rate = ROUND_RATES[np.abs(np.log(ROUND_RATES * answer / move)).argmin()]
        band = rate * answer
        rows[name] = {
            "answer": answer,
            "wanted": move / answer,
            "rate": rate,
            "band": band,
            "error": band / move - 1,
        }
    return dict(sorted(rows.items(), key=lambda item: abs(item[1]["error"])))
