"""What makes up for half of the units on recorded data, before and after fine-tuning."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..criteria import keep_highest
from .best_order import KINDS
from .beyond import SEEN, WELL, Setup, measured
from .pairs import Pair
from .pictures import half_of, optimizer_of, train_on, training_mode

# Numbers of inputs to choose units and fit by; all, if there are fewer.
CALIBRATION = (32, 128, SEEN)


class Setting(NamedTuple):
    """One seed of a pair, at one learning rate."""

    pair: Pair
    setup: Setup
    rate: jax.Array

    @property
    def seen(self):
        """What criteria and compensations look at."""
        return self.setup.data.x[:SEEN]

    def accuracy(self, variables):
        """Of a network at any widths, on the test points."""
        return measured(self.pair.net, variables, self.setup.sets[1:])[0, 0]

    def fitted(self, variables, batches):
        """The variables after training on these batches, from a fresh optimizer."""
        apply = self.pair.net.adapt(training_mode(self.pair.module))
        optimizer = optimizer_of(self.rate, len(batches))
        state = variables, optimizer.init(variables["params"])
        return train_on(apply, optimizer, state, batches, self.setup.data)[0]


def each(function, trees):
    """Dict name -> function of the tree of that name, compiled once; the trees of a dict are of the
    same shapes."""
    together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees.values())
    found = jax.lax.map(function, together)
    return {name: jax.tree.map(lambda leaf: leaf[i], found) for i, name in enumerate(trees)}


def tuned(setting, pruned):
    """Dict kind of `KINDS` -> test accuracies before and after fine-tuning for as many steps as a
    stage has; pruned: dict compensation -> dict criterion -> variables."""

    def both(variables):
        after = setting.fitted(variables, setting.setup.batches[-1])
        return each(setting.accuracy, {"before": variables, "after": after})

    return each(both, {(name, rung): pruned[rung][name] for name, rung in KINDS})


def calibrated(setting, full):
    """Test accuracies (numbers,) of half of the units, chosen well and made up for on as many
    inputs as `CALIBRATION` says."""
    net, seen = setting.pair.net, setting.seen
    numbers = np.minimum(CALIBRATION, len(seen))
    places = jnp.arange(np.lcm.reduce(numbers))

    def on(number):
        # Repeated inputs change no mean and no covariance, and one program serves all numbers.
        return setting.accuracy(chosen_well(net, full, seen[places % number], half_of(net)))

    return jax.lax.map(on, jnp.array(numbers))


def quartered(setting, full):
    """The test accuracy with a quarter of the units, chosen well and made up for."""
    net = setting.pair.net
    quarter = tuple(max(width // 4, 1) for width in net.widths)
    return setting.accuracy(chosen_well(net, full, setting.seen, quarter))


def chosen_well(net, full, x, counts):
    """A trained network with so many units, chosen and made up for as in `WELL`."""
    criterion, compensation = WELL
    keep = keep_highest(net.scores(criterion, full, x), counts)
    return net.prune(full, keep, x, compensation)
