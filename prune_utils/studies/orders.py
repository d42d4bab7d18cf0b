"""One seed of the whole experiment, as one pure function."""

import os
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import jax

from .._checks import require
from ..chain_pruning import prune, slice_units, unit_scores
from ..criteria import keep_highest
from ..models import MLP, hidden_activations, init_params
from ..tasks import Spirals, Task
from ..training import Run, TrainConfig, activation_gradients, train
from ..types import Dataset, RandomKey

# How many seeds stand behind every claim of the report; a larger machine can do more.
SEEDS = int(os.environ.get("PRUNE_UTILS_SEEDS") or 256)
# All random numbers of the report follow from this one. The day of the run, never used before.
ROOT = int(os.environ.get("PRUNE_UTILS_ROOT") or 20261126)


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["task", "train"],
    meta_fields=["features", "keep_counts", "criteria", "compensation"],
)
@dataclass(frozen=True)
class Settings:
    """The experiment's settings. The defaults are the report's; notebook 02 gives the evidence for
    each.

    Attributes:
      task: the law of the data, see `TASKS`.
      features: widths of the full network, outputs last.
      keep_counts: units kept in each hidden layer.
      criteria: every pruning criterion to run; all share the one full network.
      compensation: see `prune`.
      train: how every arm is trained.
    """

    task: Task = field(default_factory=Spirals)
    features: tuple[int, ...] = (100, 100, 2)
    keep_counts: tuple[int, ...] = (50, 50)
    criteria: tuple[str, ...] = ("random", "std")
    compensation: str = "mean"
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self):
        # While JAX rebuilds a tree, anything can stand in for the task.
        classes, outputs = getattr(self.task, "classes", 0), self.features[-1]
        require(
            outputs >= classes,
            "features",
            f"an output for each of the {classes} classes, got {outputs}",
        )

    @property
    def model(self):
        """The full network."""
        return MLP(self.features)

    @property
    def small_model(self):
        """The pruned network."""
        return MLP((*self.keep_counts, self.features[-1]))


class Branch(NamedTuple):
    """What follows from one set of kept units.

    `keep`; `init`: the untrained network of the same units; `train_prune`: the trained network,
    pruned; `prune_train`: `init`, trained; `fine_tune`: `train_prune`, trained on with a fresh
    optimizer, as a second call of a training function would; `fine_tune_warm`: the same with the
    full network's optimizer state, sliced.
    """

    keep: tuple
    init: Any
    train_prune: Any
    prune_train: Run
    fine_tune: Run
    fine_tune_warm: Run


class Experiment(NamedTuple):
    """One seed: data, the untrained and the trained full network, its activations, and a `Branch` a
    criterion.

    `stranger` is the control: the same network trained on the same data from an unrelated
    initialisation, `stranger_init`.
    """

    data: Dataset
    test: Dataset
    init: Any
    full: Run
    acts: tuple
    stranger_init: Any
    stranger: Run
    branches: dict[str, Branch]


def run_experiment(key: RandomKey, settings: Settings = Settings()) -> Experiment:
    """Runs every arm of one seed: full, train_prune, prune_train, fine_tune, and the stranger.

    Pure: under `jax.jit` whatever the caller does not use is never computed, so one function serves
    every question.

    Args:
      key: a `jax.random.key`; data, test set, initialisations and random choices all follow from
        it.
      settings: a `Settings`.

    Returns:
      An `Experiment`.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> config = pu.TrainConfig(steps=2)
      >>> settings = pu.Settings(features=(6, 4, 2), keep_counts=(3, 2), train=config)
      >>> branch = pu.run_experiment(jax.random.key(0), settings).branches["std"]
      >>> branch.train_prune["Dense_1"]["kernel"].shape
      (3, 2)
    """
    data_key, test_key, init_key, score_key, stranger_key = jax.random.split(key, 5)
    data, test = settings.task(data_key, test_key)
    model = settings.model
    init, stranger_init = (init_params(model, k, data.x) for k in (init_key, stranger_key))
    full, stranger = (train(model, start, data, settings.train) for start in (init, stranger_init))
    acts = hidden_activations(model, full.params, data.x)
    branches = {
        name: prune_both_ways(
            init, full, data, trained_scores(name, model, full.params, data, score_key), settings
        )
        for name in settings.criteria
    }
    return Experiment(data, test, init, full, acts, stranger_init, stranger, branches)


def trained_scores(criterion, model, params, data, key):
    """`unit_scores` of a trained network by any of the criteria, with what that one needs."""
    acts = hidden_activations(model, params, data.x)
    gradients = activation_gradients(model, params, data) if criterion == "taylor" else None
    return unit_scores(criterion, params, acts, key, gradients=gradients)


def prune_both_ways(init, full, data, scores, settings):
    """Both orders, and training after pruning, for the units with the highest scores.

    Args:
      init: the untrained full network.
      full: its `Run` of training.
      data: the training data, a `Dataset`.
      scores: as from `unit_scores`.
      settings: a `Settings`.

    Returns:
      A `Branch`.
    """
    acts = hidden_activations(settings.model, full.params, data.x)
    keep = keep_highest(scores, settings.keep_counts)
    small_init = slice_units(init, keep)
    pruned = prune(full.params, keep, acts, settings.compensation)
    retrain = partial(train, settings.small_model, data=data, config=settings.train)
    warm = slice_units(full.opt_state, keep)
    return Branch(
        keep,
        small_init,
        pruned,
        retrain(small_init),
        retrain(pruned),
        retrain(pruned, opt_state=warm),
    )
