"""How many units a network needs: a matter of its training, or of the dimension of its inputs?"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..chain_pruning import prune, unit_scores
from ..criteria import keep_highest
from ..elimination import KINDS, unit_kinds
from ..keys import named_key
from ..models import hidden_activations, init_params, logits, model_of
from ..statistics import Interval, mean_interval
from ..tasks import Dataset, spirals
from ..training import accuracy, train
from ..types import Number
from .reach import WITHIN, must_stay

ARMS = ("untrained", "shuffled", "trained")
# Ways to prune: a criterion and a compensation.
WAYS = {"best": ("unexplained", "least_squares"), "post": ("std", "mean")}


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["dimension", "noise", "blobs"],
    meta_fields=["inputs", "points_per_class", "test_points_per_class"],
)
@dataclass(frozen=True)
class InDimensions:
    """Two classes that vary in some dimensions of a larger space, turned at random.

    The network has the same inputs always; only the dimension of the data in them differs. Another
    dimension compiles nothing.

    Attributes:
      dimension: in how many dimensions the data vary, 2 to `inputs`.
      noise: for spirals, the standard deviation in each dimension beyond the plane.
      blobs: whether the classes are round Gaussian clusters with Gaussian centres, instead of the
        report's spirals in a plane.
      inputs, points_per_class, test_points_per_class: how many.
    """

    dimension: Number
    noise: Number = 0.1
    blobs: Number | bool = False
    inputs: int = 20
    points_per_class: int = 100
    test_points_per_class: int = 1000

    @property
    def classes(self):
        return 2

    def __call__(self, data_key, test_key):
        def normal(key, name, rows):
            return jax.random.normal(named_key(key, name), (rows, self.inputs))

        varies = (jnp.arange(self.inputs) < self.dimension).astype(jnp.float32)
        turn = jnp.linalg.qr(normal(data_key, "turn", self.inputs))[0]
        centres = 1.5 * normal(data_key, "centres", 2)

        def draw(key, points):
            flat = spirals(key, points)
            noise = normal(key, "noise", len(flat.y))
            spiral = (self.noise * noise).at[:, :2].set(flat.x)
            x = jnp.where(self.blobs, centres[flat.y] + noise, spiral)
            return Dataset((x * varies[None, :]) @ turn, flat.y)

        return draw(data_key, self.points_per_class), draw(test_key, self.test_points_per_class)


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
    kinds = jnp.stack(unit_kinds(params, acts))

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
    """Of spirals that vary in several dimensions; each a dict dimension -> `Interval`.

    `first`, `last`: a dict arm -> how many units the first and the last hidden layer need. `rules`:
    a dict of bools, what the report's finding says, part by part.
    """

    first: dict[str, dict[int, Interval]]
    last: dict[str, dict[int, Interval]]
    rules: dict[str, bool]


def dimension_evidence(needed):
    """The `DimensionEvidence` of a dict dimension, rising -> (seeds, arms, layers) needed units."""
    first, last = (
        {
            arm: {d: mean_interval(table[:, i, layer]) for d, table in needed.items()}
            for i, arm in enumerate(ARMS)
        }
        for layer in (0, -1)
    )
    low, high = min(needed), max(needed)
    means = [interval.mean for interval in last["trained"].values()]
    pair = [first[arm][low].mean for arm in ("untrained", "trained")]
    rules = {
        "the trained last layer needs as many in all dimensions": max(means) < 1.5 * min(means),
        "more without training": last["untrained"][high].low > 3 * last["trained"][high].high,
        "more with shuffled labels": all(
            last["shuffled"][d].low > last["trained"][d].high for d in needed
        ),
        "the first layer needs as many in the plane": max(pair) < 1.5 * min(pair),
        "and more in more dimensions": all(
            first[arm][high].low > 2 * first[arm][low].high for arm in ("untrained", "trained")
        ),
    }
    return DimensionEvidence(first, last, rules)


def fewer(found):
    """Whether, in each of several `stay`, less than half as many units must stay of a trained
    network the best way as the post's, by the intervals."""
    pairs = [[mean_interval(one[f"trained, {way}"]) for way in WAYS] for one in found]
    return all(best.high < post.low / 2 for best, post in pairs)
