"""Pairs of data and network on which the questions of the spiral are asked again."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import jax
import numpy as np

from ..cost import cost_at
from ..models import CNN, MLP, Module, ResNet, Transformer
from ..network import trace
from ..recorded import RECORDED
from ..tasks import spirals

SHARES = (2, 4, 8, 16, 32)  # times fewer operations


@dataclass(frozen=True, eq=False)
class Pair:
    """Data and a network. `steps`: of training in each stage; `rates`: the learning rates that are
    tried; `sizes`: how many points are for training and for validation; `flat`: whether the network
    takes them as vectors."""

    source: str
    network: str
    module: Module
    steps: int
    rates: tuple[float, ...]
    sizes: tuple[int, int]
    flat: bool = False

    @property
    def name(self):
        """Of data and network, for tables and figures."""
        return f"{self.source}, {self.network}"

    def description(self):
        """What a table says of it: dict column -> value."""
        points = (*self.sizes, len(self.data.y) - sum(self.sizes))
        return {
            "points (training, validation, tests)": ", ".join(map(str, points)),
            "steps a stage": self.steps,
            "units of each layer": ", ".join(map(str, self.net.widths)),
            "operations": f"{cost_at(self.net, self.net.widths).operations:,}",
        } | {f"{s} times fewer": ", ".join(map(str, kept)) for s, kept in self.counts.items()}

    @cached_property
    def data(self):
        """All points, a `Dataset`."""
        data = SOURCES[self.source]()
        return data._replace(x=data.x.reshape(len(data.x), -1)) if self.flat else data

    def start(self, key):
        """Initial variables."""
        variables = self.module.init(key, self.data.x[:1])
        return {name: variables[name] for name in ("params", "batch_stats") if name in variables}

    @cached_property
    def net(self):
        """The traced `Network`."""
        x = self.data.x  # made before anything is traced
        shapes = jax.eval_shape(self.start, jax.random.key(0))
        like = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)
        return trace(self.module.apply, like, x)

    @cached_property
    def counts(self):
        """Dict share -> units kept in each layer, the same part of each and at least one; without
        the shares that no part of the units reaches."""
        whole = cost_at(self.net, self.net.widths).operations

        def counts(thousandths):
            return tuple(max(1, round(thousandths * w / 1000)) for w in self.net.widths)

        def operations(thousandths):
            return cost_at(self.net, counts(thousandths)).operations

        parts = range(1, 1001)
        fitting = {s: bisect_right(parts, whole / s, key=operations) for s in SHARES}
        return {share: counts(parts[n - 1]) for share, n in fitting.items() if n > 0}

    @property
    def kept(self):
        """Dict share -> part of all units that is kept."""
        return {share: sum(kept) / sum(self.net.widths) for share, kept in self.counts.items()}


def _spiral():
    """The post's task, as a fixed set of points like the others."""
    return jax.tree.map(np.asarray, spirals(jax.random.key(0), 750))


SOURCES = RECORDED | {"spiral": _spiral}
# Chosen on other seeds, to hold the best rates of whole and of narrow networks. (Notebook 09 counts
# how often an end is chosen.)
USUAL = (3e-3, 1e-2, 3e-2)
LENET = MLP((300, 100, 10))
RESNET = ResNet((8, 16), ((8,), (16,)))
TRANSFORMER = Transformer(32, (4,), 8, (64,))
PAIRS = (
    Pair("spiral", "100-100", MLP((100, 100, 2)), 250, (*USUAL, 1e-1), (200, 300), flat=True),
    Pair("MNIST", "LeNet-300-100", LENET, 125, (1e-3, *USUAL), (3500, 500), flat=True),
    Pair("MNIST-1D", "LeNet-300-100", LENET, 200, USUAL, (2800, 400), flat=True),
    Pair("digits", "convolutions", CNN(), 60, USUAL, (1000, 300)),
    Pair("digits", "residual", RESNET, 60, (*USUAL, 6e-2), (1000, 300)),
    Pair("digits", "transformer", TRANSFORMER, 60, USUAL, (1000, 300)),
)
