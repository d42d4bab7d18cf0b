"""Both orders on recorded data and larger networks: one budget of training, pruned in the course
of it."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ..criteria import keep_highest
from ..keys import named_key
from ..recorded import split
from .pictures import draw_batches, optimizer_of, train_on, training_mode

BATCH = 32
STAGES = 4  # of the budget; a network is pruned between two
SEEN = 512  # training points, without labels, that criteria and compensations look at
CURVE = 4  # times fewer operations, where every stage is tried
# What every order chooses from: a random choice with nothing folded, and the report's best.
CARELESS, WELL = ("random", "none"), ("unexplained", "least_squares")


class Way(NamedTuple):
    """When to prune (after how many stages), by which criterion, with which compensation."""

    at: int
    criterion: str
    compensation: str


def times_at(share):
    """After how many stages pruning is tried at a share of the operations: none and all, and one in
    between, or at `CURVE` every one."""
    return tuple(range(STAGES + 1)) if share == CURVE else (0, STAGES // 2, STAGES)


def ways_at(share):
    """The `Way`s that are tried at a share of the operations; each order has the same two kinds."""
    return tuple(Way(at, *kind) for kind in (CARELESS, WELL) for at in times_at(share))


class Setup(NamedTuple):
    """What all trainings of a seed share: training data, validation and test data, and which
    points every step sees (stages, steps, `BATCH`)."""

    data: tuple
    sets: tuple
    batches: jax.Array

    @property
    def budget(self):
        """The number of steps of all stages."""
        return self.batches.shape[0] * self.batches.shape[1]


def prepare(key, data, pair):
    """(setup, starts): the `Setup` of one seed, and initial variables of two networks, with a
    leading axis: the seed's own and a stranger's."""
    own, *sets = split(named_key(key, "data"), data, pair.sizes)
    steps = jax.random.split(named_key(key, "batches"), (STAGES, pair.steps))
    batches = draw_batches(steps, len(own.y), BATCH)
    keys = jnp.stack([named_key(key, name) for name in ("start", "stranger")])
    return Setup(own, tuple(sets), batches), jax.lax.map(pair.start, keys)


def stage_of(apply, setup, rate, steps=None):
    """A stage of training at a learning rate, which falls within so many steps, by default the
    budget: (which, state) -> the state after it."""
    optimizer = optimizer_of(rate, setup.budget if steps is None else steps)

    def stage(index, state):
        return train_on(apply, optimizer, state, setup.batches[index], setup.data)

    return stage


def measured(net, variables, sets):
    """Accuracy and loss on each of several data sets: (sets, 2)."""
    x, y = (jnp.concatenate(parts) for parts in zip(*sets, strict=True))  # compiled once
    outputs = net.apply(variables, x)
    losses = optax.softmax_cross_entropy_with_integer_labels(outputs, y)
    right = (outputs.argmax(axis=-1) == y).astype(losses.dtype)
    scores = jnp.stack([right, losses], axis=1)
    ends = np.cumsum([len(data.y) for data in sets])
    return jnp.stack([part.mean(axis=0) for part in jnp.split(scores, ends[:-1])])


def train_whole(pair, setup, starts):
    """The whole network, trained at every learning rate of the pair, and then a stranger, at the
    rate with which the network has the lowest loss in validation.

    Args:
      pair: a `Pair`.
      setup, starts: see `prepare`.

    Returns:
      (rate, states, ends, stranger): that rate; variables and optimizer states (rates, stages + 1,
      …) of the whole network, at the start and after every stage; its accuracy and loss in
      validation and tests (rates, 2, 2); the stranger's variables after training.
    """
    module, rates = training_mode(pair.module), jnp.array(pair.rates)

    def train(best, case):
        which, rate = case
        rate = jnp.where(which == 0, rate, best[1])
        stage, start = stage_of(module, setup, rate), jax.tree.map(lambda leaf: leaf[which], starts)

        def step(state, index):
            state = stage(index, state)
            return state, state

        first = start, optimizer_of(rate, setup.budget).init(start["params"])
        last, later = jax.lax.scan(step, first, jnp.arange(STAGES))
        states = jax.tree.map(lambda one, more: jnp.concatenate([one[None], more]), first, later)
        ends = measured(pair.net, last[0], setup.sets)
        better = ends[0, 1] < best[0]  # never, if the training diverged
        best = jax.tree.map(partial(jnp.where, better), (ends[0, 1], rate), best)
        return best, (states, ends)

    cases = jnp.arange(len(rates) + 1) // len(rates), jnp.append(rates, 0.0)
    (_, rate), (states, ends) = jax.lax.scan(train, (jnp.inf, rates[0]), cases)
    own = jax.tree.map(lambda leaf: leaf[:-1], states)
    return rate, own, ends[:-1], jax.tree.map(lambda leaf: leaf[-1, -1], states[0])


def prune_anywhere(key, pair, setup, states):
    """One seed: the network pruned in all `ways_at` all shares, and trained to the end.

    Args:
      key: a `jax.random.key`, the seed; random choices follow from it.
      pair: a `Pair`.
      setup: its `Setup`.
      states: of the whole network at every learning rate, see `train_whole`.

    Returns:
      Dict share -> accuracy and loss in validation and tests of the pruned networks, at the end of
      the budget (ways, rates, 2, 2).
    """
    net, seen, kinds = pair.net, setup.data.x[:SEEN], (CARELESS, WELL)
    apply, rates = net.adapt(training_mode(pair.module)), jnp.array(pair.rates)
    states = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), states)
    noise = named_key(key, "scores")
    scores = [
        jax.lax.map(lambda variables: net.scores(name, variables, seen, noise), states[0])
        for name, _ in kinds
    ]
    scores = jax.tree.map(lambda *own: jnp.stack(own), *scores)
    prune = [partial(net.prune, x=seen, compensation=compensation) for _, compensation in kinds]

    # All in one loop: what would be handed from one to the next is every leaf of every network.
    def finish(way, counts):
        kind, at, rate = way
        place = rate * (STAGES + 1) + at
        variables, moments = jax.tree.map(lambda leaf: leaf[place], states)
        keep = keep_highest(jax.tree.map(lambda leaf: leaf[kind, place], scores), counts)
        small = jax.lax.switch(kind, prune, variables, keep)
        stage = stage_of(apply, setup, rates[rate])
        small, _ = jax.lax.fori_loop(at, STAGES, stage, (small, net.slice(moments, keep)))
        return measured(net, small, setup.sets)

    found = {}
    for share, counts in pair.counts.items():
        axes = jnp.arange(len(kinds)), jnp.array(times_at(share)), jnp.arange(len(rates))
        ways = [part.ravel() for part in jnp.meshgrid(*axes, indexing="ij")]
        ends = jax.lax.map(partial(finish, counts=counts), ways)
        found[share] = ends.reshape(-1, len(rates), *ends.shape[1:])
    return found
