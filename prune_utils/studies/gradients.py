"""Which gradients the weights see in a training, and how far it moves them."""

from dataclasses import replace

import jax.numpy as jnp

from ..chain import chain, hidden_widths
from ..compare import displacement
from ..gradients import recording
from ..models import hidden_activations
from ..training import accuracy, train
from .units import dead_over_time, idleness


def gradient_history(model, init, data, config):
    """How every kernel between hidden layers moves in training, and which gradients each of its
    weights saw.

    Args:
      model, init, data, config: as for `train`.

    Returns:
      A dict: "accuracy" on the training data; "dead": `dead_over_time` at `config.snapshot_steps`;
      "idle at start", "idle": `idleness` of all units before training and after it; and for every
      layer but the first and the last a dict under its name: "init", the untrained kernel; "move",
      its displacement; "count", "first", "last" and "value", see `GradientRecord`.
    """
    run = train(model, init, data, replace(config, optimizer=recording(config.optimizer)))
    record, _ = run.opt_state
    every = tuple(map(jnp.arange, hidden_widths(init)))

    def idle(params):
        return idleness(model, params, data, hidden_activations(model, params, data.x), every)

    history = {
        "idle at start": idle(init),
        "idle": idle(run.params),
        "accuracy": accuracy(model, run.params, data),
        "dead": dead_over_time(model, run.snapshots, data.x) if config.snapshot_steps else (),
    }
    for name in chain(init)[1:-1]:
        history[name] = {
            field: getattr(record, field)[name]["kernel"]
            for field in ("count", "first", "last", "value")
        }
        history[name] |= {
            "init": init[name]["kernel"],
            "move": displacement(run.params[name]["kernel"], init[name]["kernel"]),
        }
    return history
