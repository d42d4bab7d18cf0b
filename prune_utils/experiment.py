"""One seed of the whole experiment, as one pure function."""

import os
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import jax

from ._checks import require
from .criteria import keep_highest, unit_scores
from .data import Dataset, spirals
from .models import MLP, hidden_activations, init_params
from .pruning import prune, slice_units
from .training import Run, TrainConfig, activation_gradients, train

# How many seeds stand behind every claim of the report; a larger machine can do more.
SEEDS = int(os.environ.get("PRUNE_UTILS_SEEDS") or 256)


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["turns", "noise", "train"],
    meta_fields=[
        "points_per_arm",
        "arms",
        "test_points_per_arm",
        "features",
        "keep_counts",
        "criteria",
        "compensation",
    ],
)
@dataclass(frozen=True)
class Settings:
    """The experiment's settings. The defaults are the report's; notebook 02 gives the evidence for each.

    Attributes:
      points_per_arm, arms, turns, noise: the data, see `spirals`.
      test_points_per_arm: size of the fresh test set, of the same law.
      features: widths of the full network, outputs last.
      keep_counts: units kept in each hidden layer.
      criteria: every pruning criterion to run; all share the one full network.
      compensation: see `prune`.
      train: how every arm is trained.
    """

    points_per_arm: int = 100
    arms: int = 2
    turns: float = 1.0
    noise: float = 0.02
    test_points_per_arm: int = 1000
    features: tuple[int, ...] = (100, 100, 2)
    keep_counts: tuple[int, ...] = (50, 50)
    criteria: tuple[str, ...] = ("random", "std")
    compensation: str = "mean"
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self):
        classes = self.features[-1]
        require(classes >= self.arms, "features", f"an output for each of the {self.arms} arms, got {classes}")

    def draw(self, key, points_per_arm):
        """Data of this law, a `Dataset`."""
        return spirals(key, points_per_arm, arms=self.arms, turns=self.turns, noise=self.noise)

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

    `keep`; `init`: the untrained network of the same units; `train_prune`: the trained network, pruned; `prune_train`:
    `init`, trained; `fine_tune`: `train_prune`, trained on with a fresh optimizer, as a second call of a training
    function would; `fine_tune_warm`: the same with the full network's optimizer state, sliced.
    """

    keep: tuple
    init: Any
    train_prune: Any
    prune_train: Run
    fine_tune: Run
    fine_tune_warm: Run


class Experiment(NamedTuple):
    """One seed: data, the untrained and the trained full network, its activations, and a `Branch` a criterion.

    `stranger` is the control: the same network trained on the same data from an unrelated initialisation,
    `stranger_init`.
    """

    data: Dataset
    test: Dataset
    init: Any
    full: Run
    acts: tuple
    stranger_init: Any
    stranger: Run
    branches: dict[str, Branch]


def run_experiment(key, settings=Settings()):
    """Runs every arm of one seed: full, train_prune, prune_train, fine_tune, and the stranger.

    Pure: under `jax.jit` whatever the caller does not use is never computed, so one function serves every question.

    Args:
      key: a `jax.random.key`; data, test set, initialisations and random choices all follow from it.
      settings: a `Settings`.

    Returns:
      An `Experiment`.
    """
    data_key, test_key, init_key, score_key, stranger_key = jax.random.split(key, 5)
    data = settings.draw(data_key, settings.points_per_arm)
    test = settings.draw(test_key, settings.test_points_per_arm)
    model = settings.model
    init, stranger_init = (init_params(model, k, data.x) for k in (init_key, stranger_key))
    full, stranger = (train(model, start, data, settings.train) for start in (init, stranger_init))
    acts = hidden_activations(model, full.params, data.x)
    branches = {
        name: prune_both_ways(init, full, data, trained_scores(name, model, full.params, data, score_key), settings)
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
    return Branch(keep, small_init, pruned, retrain(small_init), retrain(pruned), retrain(pruned, opt_state=warm))
