"""The arms of one seed side by side: accuracies, outputs, and what pruning changed."""

import jax
import jax.numpy as jnp

from ..chain_pruning import prune
from ..compare import agreement
from ..models import logits, model_of
from ..training import accuracy
from .rules import RULES

ARMS = ("full", "train_prune", "fine_tune", "prune_train")


def arms(experiment, criterion):
    """The parameters of the four arms, as a dict with the names of `ARMS`."""
    branch = experiment.branches[criterion]
    trained = (
        experiment.full.params,
        branch.train_prune,
        branch.fine_tune.params,
        branch.prune_train.params,
    )
    return dict(zip(ARMS, trained, strict=True))


def accuracies(networks, data):
    """`accuracy` of every network in a dict name -> parameters, as a dict name -> scalar."""
    return {name: accuracy(model_of(params), params, data) for name, params in networks.items()}


def outputs(networks, x):
    """`logits` (n, classes) at the points `x` of every network in a dict name -> parameters, as a
    dict."""
    return {name: logits(model_of(params), params, x) for name, params in networks.items()}


def pruning_change(params, acts, keep, x, compensation):
    """The largest change of a logit at the points `x` by `prune`, relative to the largest logit
    there; a scalar."""
    pruned = prune(params, keep, acts, compensation)
    before, after = logits(model_of(params), params, x), logits(model_of(pruned), pruned, x)
    return jnp.abs(after - before).max() / jnp.abs(before).max()


def map_change(first, second, visible=RULES["P10"].visible):
    """How much two maps of two-class logits (n, 2) differ: the shares of points (of another class,
    visibly changed).

    Visibly: the probability of a class changes by more than `visible`.
    """
    chances = [jax.nn.softmax(values)[:, 1] for values in (first, second)]
    return jnp.stack(
        [1 - agreement(first, second), (jnp.abs(chances[0] - chances[1]) > visible).mean()]
    )
