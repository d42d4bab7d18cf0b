"""Which weights saw which gradients, and whether that explains how far they moved."""

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..adam import ADAM_FORMS, adam_as, adam_impulse_response, single_gradient_displacements
from ..keys import named_key
from ..models import init_params
from ..types import Dataset
from .gradients import gradient_history
from .orders import run_experiment
from .rules import RULES
from .variants import numbered_optimizer

LONE = "one, at step 1"


def random_half_history(key, settings, activation=jax.nn.relu, redraw=False):
    """`gradient_history` of prune_train of a random half; with another activation, if given. If
    `redraw`, which may be traced, its weights are drawn anew, by He's normal law."""
    e = run_experiment(key, settings)
    model, init = settings.small_model.clone(activation=activation), e.branches["random"].init
    he = model.clone(kernel_init=jax.nn.initializers.he_normal())
    drawn = init_params(he, named_key(key, "other network"), e.data.x)
    init = jax.tree.map(partial(jnp.where, redraw), drawn, init)
    return gradient_history(model, init, e.data, settings.train)


def other_history(key, settings, number, adam, redraw, optimizers):
    """`random_half_history` of a training by one of the `ADAM_FORMS`, of which a dict `adam` gives
    b1, b2 and eps, or by one of the `optimizers`, which are numbered on behind them and have
    settings of their own. All but `optimizers` may be traced, so that others compile nothing."""
    every = [*(adam_as(form, **adam) for form in ADAM_FORMS), *optimizers]
    train = replace(settings.train, optimizer=numbered_optimizer(every, number))
    return random_half_history(key, replace(settings, train=train), redraw=redraw)


def cluster_history(key, config, model):
    """`gradient_history` of another network on other data: 60 points around each of four random
    centres in ten dimensions."""
    centre_key, point_key, init_key = jax.random.split(key, 3)
    centres = 1.5 * jax.random.normal(centre_key, (4, 10))
    labels = jnp.repeat(jnp.arange(4, dtype=jnp.int32), 60)
    data = Dataset(centres[labels] + jax.random.normal(point_key, (240, 10)), labels)
    return gradient_history(model, init_params(model, init_key, data.x), data, config)


def kernel_path(key, settings, steps):
    """The first kernel between hidden layers of a random half: in prune_train after each of the
    `steps`, (steps, inputs, units), and in train_prune, (inputs, units)."""
    filmed = replace(settings, train=replace(settings.train, snapshot_steps=steps))
    branch = run_experiment(key, filmed).branches["random"]
    return branch.prune_train.snapshots["Dense_1"]["kernel"], branch.train_prune["Dense_1"][
        "kernel"
    ]


def gradient_classes(kernel):
    """The weights by the number of gradients they saw: a dict name -> bool, of the kernel's shape.

    Args:
      kernel: a layer of `gradient_history`, over any number of seeds.
    """
    count, first = kernel["count"], kernel["first"]
    return {
        "no gradient": count == 0,
        LONE: (count == 1) & (first == 1),
        "one, later": (count == 1) & (first > 1),
        "2 gradients": count == 2,
        "3 gradients": count == 3,
        "four or more": count > 3,
    }


def few_classes(classes):
    """`gradient_classes` for a figure: those with two gradients or more are one class."""
    more = {"2 gradients", "3 gradients", "four or more"}
    few = {name: mask for name, mask in classes.items() if name not in more}
    return few | {"two or more": np.any([classes[name] for name in more], axis=0)}


class Explanation(NamedTuple):
    """Arrays of the kernel's shape: |displacement| in learning rates, `size`; whether it lies
    `in_band`; whether it is `explained`."""

    size: Any
    in_band: Any
    explained: Any


def explain_moves(kernel, rate, steps, tolerance=RULES["P9"].within):
    """Which weights moved as Adam answers to the one gradient they saw, or to none.

    Args:
      kernel: a layer of `gradient_history`, over any number of seeds, of a training by Adam.
      rate, steps: its learning rate and its length.
      tolerance: relative to the predicted displacement.

    Returns:
      An `Explanation`. `in_band`: within `tolerance` of the answer to a lone gradient at step 1;
      `explained`: at most one gradient, and within `tolerance` of the answer to one at that step,
      for those at step 1 to one of that size.
    """
    size, single = np.abs(kernel["move"]) / rate, kernel["count"] == 1
    lone = gradient_classes(kernel)[LONE]
    expected = np.zeros_like(size)
    for step in np.unique(kernel["first"][single]):
        answer = float(adam_impulse_response(steps, int(step))[-1])
        expected[single & (kernel["first"] == step)] = answer
    if lone.any():
        expected[lone] = np.abs(single_gradient_displacements(kernel["value"][lone], steps))
    total = float(adam_impulse_response(steps)[-1])
    return Explanation(
        size,
        np.abs(size - total) < tolerance * total,
        (kernel["count"] <= 1) & (np.abs(size - expected) <= tolerance * expected),
    )


def share_by_seed(mask, of=None):
    """The share of the weights (seeds, inputs, units) in a mask, seed by seed; of those in the mask
    `of` only, if given (0 where there is none)."""
    if of is None:
        return mask.mean(axis=(1, 2))
    return (mask & of).sum(axis=(1, 2)) / np.maximum(of.sum(axis=(1, 2)), 1)


def describe_classes(classes, moves):
    """The rows of a table: of each of the `gradient_classes`, its share of the weights by seed, its
    median `Explanation.size`, and the shares of it in the band and explained."""
    return {
        name: {
            "share of the weights": share_by_seed(mask),
            "median displacement (learning rates)": np.median(moves.size[mask]),
            "in the band": moves.in_band[mask].mean(),
            "explained": moves.explained[mask].mean(),
        }
        for name, mask in classes.items()
        if mask.any()
    }


def spread(mask, count):
    """The flat indices of about `count` weights of a mask, evenly spread."""
    chosen = np.flatnonzero(mask)
    return chosen[:: max(1, len(chosen) // count)]
