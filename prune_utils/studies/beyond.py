"""Both orders on recorded data and larger networks: one budget of training, pruned in the course
of it."""

from functools import partial
from itertools import product
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from ..criteria import keep_highest
from ..keys import named_key
from ..recorded import split
from .pictures import optimizer_of, right, train_on, training_mode

BATCH = 32
STAGES = 4  # of the budget; a network is pruned between two
SEEN = 512  # training points, without labels, that criteria and compensations look at
CURVE = 4  # where every stage is tried
# What every order chooses from: a random choice with nothing folded, and the report's best.
CARELESS, WELL = ("random", "none"), ("unexplained", "least_squares")


class Way(NamedTuple):
    """When to prune (after how many stages), by which criterion, with which compensation."""

    at: int
    criterion: str
    compensation: str


def ways_at(share):
    """The `Way`s that are tried at a share of the operations: each order has the same two kinds; in
    between there is one step, or at `CURVE` every one."""
    between = range(1, STAGES) if share == CURVE else (STAGES // 2,)
    return tuple(Way(at, *kind) for at in (0, *between, STAGES) for kind in (CARELESS, WELL))


class Setup(NamedTuple):
    """What all trainings of a seed share: training data, validation and test data, a key for every
    step (stages, steps)."""

    data: tuple
    sets: tuple
    steps: jax.Array


def prepare(key, data, pair):
    """(setup, start): the `Setup` of one seed, and initial variables."""
    own, *sets = split(named_key(key, "data"), data, pair.sizes)
    steps = jax.random.split(named_key(key, "batches"), (STAGES, pair.steps))
    return Setup(own, tuple(sets), steps), pair.start(named_key(key, "start"))


def by_stages(apply, setup, state, rate, at=0):
    """Training from stage `at` on: (state, states), the last, and those after every stage."""
    optimizer = optimizer_of(rate, setup.steps.size)

    def stage(state, args):
        index, keys = args
        run = partial(train_on, apply, optimizer, keys=keys, data=setup.data, batch=BATCH)
        state = jax.lax.cond(index >= at, run, lambda state: state, state)
        return state, state

    return jax.lax.scan(stage, state, (jnp.arange(STAGES), setup.steps))


def measured(net, variables, sets):
    """Accuracy and loss in validation and tests: (2, 2)."""

    def both(data):
        outputs = net.apply(variables, data.x)
        losses = optax.softmax_cross_entropy_with_integer_labels(outputs, data.y)
        return jnp.stack([right(outputs, data), losses.mean()])

    return jnp.stack([both(data) for data in sets])


def prune_anywhere(key, data, pair):
    """One seed: the network pruned in all `ways_at` all shares, and trained to the end.

    Args:
      key: a `jax.random.key`; the split, the start, the batches and random choices follow from it.
      data: the pair's.
      pair: a `Pair`.

    Returns:
      (whole, found): accuracy and loss in validation and tests (rates, 2, 2) of the whole network;
      dict share -> the same after pruning and at the end (ways, rates, 2, 2, 2).
    """
    setup, start = prepare(key, data, pair)
    rates, module = jnp.array(pair.rates), training_mode(pair.module)

    def trained(rate):
        first = start, optimizer_of(rate, setup.steps.size).init(start["params"])
        _, later = by_stages(module, setup, first, rate)
        return jax.tree.map(lambda one, more: jnp.concatenate([one[None], more]), first, later)

    states = jax.lax.map(trained, rates)
    ends = jax.tree.map(lambda leaf: leaf[:, -1], states[0])
    whole = jax.lax.map(lambda variables: measured(pair.net, variables, setup.sets), ends)
    states = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), states)
    seen, own = setup.data.x[:SEEN], named_key(key, "scores")
    scores = {
        name: jax.lax.map(lambda variables: pair.net.scores(name, variables, seen, own), states[0])
        for name, _ in (CARELESS, WELL)
    }
    return whole, {
        share: _finished(pair, setup, states, scores, share, counts)
        for share, counts in pair.counts.items()
    }


def _finished(pair, setup, states, scores, share, counts):
    """What `prune_anywhere` finds at one share; states, scores: with a leading axis over places,
    stages within rates."""
    ways = ways_at(share)
    net, seen = pair.net, setup.data.x[:SEEN]
    tried = [(way, place) for way, place in product(ways, range(len(pair.rates)))]
    order, found = [], []
    for rung in dict.fromkeys(way.compensation for way in ways):
        own = [i for i, (way, _) in enumerate(tried) if way.compensation == rung]
        places = [tried[i][1] * (STAGES + 1) + tried[i][0].at for i in own]

        def pruned(args, rung=rung):
            place, own = args
            variables, moments = jax.tree.map(lambda leaf: leaf[place], states)
            keep = keep_highest(own, counts)
            return net.prune(variables, keep, seen, rung), net.slice(moments, keep)

        chosen = [
            jax.tree.map(lambda leaf: leaf[place], scores[tried[i][0].criterion])
            for i, place in zip(own, places, strict=True)
        ]
        chosen = jax.tree.map(lambda *leaves: jnp.stack(leaves), *chosen)
        found.append(jax.lax.map(pruned, (jnp.array(places), chosen)))
        order += own
    back = jnp.argsort(jnp.array(order))
    starts = jax.tree.map(lambda *parts: jnp.concatenate(parts)[back], *found)
    rates = jnp.array([pair.rates[place] for _, place in tried])
    apply = net.adapt(training_mode(pair.module))

    def finish(args):
        state, rate, at = args
        (variables, _), _ = by_stages(apply, setup, state, rate, at)
        return jnp.stack([measured(net, v, setup.sets) for v in (state[0], variables)])

    ends = jax.lax.map(finish, (starts, rates, jnp.array([way.at for way, _ in tried])))
    return ends.reshape(len(ways), len(pair.rates), *ends.shape[1:])
