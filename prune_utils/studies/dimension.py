"""How many units a network needs: a matter of its training, or of the dimension of its inputs?"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..chain_pruning import prune, unit_scores
from ..criteria import keep_highest
from ..elimination import KINDS, unit_kinds
from ..keys import named_key
from ..models import hidden_activations, init_params, logits, model_of
from ..statistics import Interval, mean_interval
from ..training import accuracy, train
from .kinds import alike
from .reach import WITHIN, beyond_share, must_stay
from .rules import RULES

ARMS = ("untrained", "shuffled", "trained")
# Ways to prune: a criterion and a compensation.
WAYS = {"best": ("unexplained", "least_squares"), "post": ("std", "mean")}


def needs(params, data, counts):
    """What one network of hidden layers of one width needs, on its training points.

    Args:
      params: a chain of Dense layers.
      data: a `Dataset`.
      counts: numbers of units, each kept in every hidden layer.

    Returns:
      A dict. "needed" (layers,): how many units of each layer, see `unit_kinds`; "dead" (layers,):
      their share; "full": accuracy; and for each of `WAYS` the accuracy after pruning (counts,),
      and, as "best error", by what share of their variance the logits then are off (counts,).
    """
    model = model_of(params)
    acts, whole = hidden_activations(model, params, data.x), logits(model, params, data.x)
    kinds = jnp.stack(unit_kinds(params, acts, RULES["F4"].error))

    def pruned(way):
        criterion, compensation = WAYS[way]
        scores = unit_scores(criterion, params, acts)
        for count in counts:
            small = prune(params, keep_highest(scores, (count,) * len(acts)), acts, compensation)
            outputs = logits(model_of(small), small, data.x)
            off = (outputs - whole).var(axis=0).sum() / whole.var(axis=0).sum()
            yield (outputs.argmax(axis=1) == data.y).mean(), off

    found = {way: jnp.stack([jnp.stack(pair) for pair in pruned(way)], axis=1) for way in WAYS}
    return {
        "needed": (kinds == KINDS.index("needed")).sum(axis=1),
        "dead": (kinds == KINDS.index("dead")).mean(axis=1),
        "full": (whole.argmax(axis=1) == data.y).mean(),
        "best": found["best"][0],
        "best error": found["best"][1],
        "post": found["post"][0],
    }


def needs_of_arms(key, settings, counts):
    """`needs` of one network untrained, trained on shuffled labels, and trained.

    Args:
      key: a `jax.random.key`.
      settings: a `Settings`.
      counts: as for `needs`.

    Returns:
      (arms, test): `needs` with a leading axis over `ARMS`; and the trained network's accuracy on
      fresh points.
    """
    data, test = settings.task(named_key(key, "data"), named_key(key, "test"))
    model = settings.model
    start = init_params(model, named_key(key, "init"), data.x)
    shuffled = jax.random.permutation(named_key(key, "labels"), data.y)

    def learned(y):
        return train(model, start, data._replace(y=y), settings.train).params

    labels = jnp.stack([data.y, shuffled, data.y])
    params = jax.tree.map(
        lambda first, rest: jnp.concatenate([first[None], rest]),
        start,
        jax.lax.map(learned, labels[1:]),
    )
    # One program for all arms.
    found = jax.lax.map(
        lambda arm: needs(arm[0], data._replace(y=arm[1]), counts), (params, labels)
    )
    trained = jax.tree.map(lambda leaf: leaf[ARMS.index("trained")], params)
    return found, accuracy(model, trained, test)


def needed(arms):
    """The units needed of `needs` over (seeds, arms): a dict of `ARMS` -> (seeds, layers)."""
    return {arm: arms["needed"][:, index] for index, arm in enumerate(ARMS)}


def stay(arms, counts, width):
    """How many units must stay in each layer: a dict of (seeds,).

    Trained: for an accuracy within a point, and trained on shuffled labels, for each of `WAYS`;
    and in all arms for logits that are off by at most a hundredth of their variance, the best way.

    Args:
      arms: `needs` over (seeds, arms).
      counts: numbers of kept units, falling.
      width: of the whole network.
    """
    good = {way: arms[way] >= arms["full"][..., None] - WITHIN for way in WAYS}
    good["logits"] = arms["best error"] <= 0.01

    def found(measure, arm):
        return must_stay(good[measure][:, ARMS.index(arm)], counts, width)

    accuracies = {f"{arm}, {way}": found(way, arm) for arm in ARMS[1:] for way in WAYS}
    return accuracies | {f"{arm}, logits": found("logits", arm) for arm in ARMS}


class DimensionEvidence(NamedTuple):
    """Of spirals that vary in several dimensions.

    `first`, `last`: how many units the first and the last hidden layer need, a dict arm -> dict
    dimension -> `Interval`; `rules`: F4's, a dict part -> list of `Interval`s, see `settled`.
    """

    first: dict[str, dict[int, Interval]]
    last: dict[str, dict[int, Interval]]
    rules: dict[str, list[Interval]]


def dimension_evidence(found):
    """The `DimensionEvidence` of a dict dimension, rising -> `needed`."""
    f4, low, high = RULES["F4"], min(found), max(found)
    first, last = (
        {arm: {d: table[arm][:, layer] for d, table in found.items()} for arm in ARMS}
        for layer in (0, -1)
    )
    trained, shuffled = last["trained"], last["shuffled"]
    both = ("untrained", "trained")
    rules = {
        "second layer, trained: as many in all dimensions": alike(list(trained.values())),
        "second layer, shuffled labels: more in each": [
            mean_interval(trained[d] - shuffled[d]) for d in found
        ],
        "second layer, untrained: over three times as many in the highest": [
            mean_interval(f4.untrained * trained[high] - last["untrained"][high])
        ],
        "first layer: as many in the plane, trained or not": alike([first[a][low] for a in both]),
        "first layer: over twice as many in the highest": [
            mean_interval(f4.grown * first[arm][low] - first[arm][high]) for arm in both
        ],
    }

    def intervals(layer):
        return {
            arm: {d: mean_interval(v) for d, v in table.items()} for arm, table in layer.items()
        }

    return DimensionEvidence(intervals(first), intervals(last), rules)


def beyond(found):
    """`beyond_share` of a trained network, for each of several `stay`: a list of `Interval`s."""
    return [beyond_share(one["trained, best"], one["trained, post"]) for one in found]
