"""Units taken out of any JAX function, and made up for."""

from collections.abc import Callable
from functools import partial

import jax
from jaxtyping import PyTree

from . import cost
from .engine.running import Runner
from .engine.tracing import find_units
from .pruning import prune_network, slice_network, unwrapped
from .scoring import network_scores
from .table import widths_of
from .types import Inputs, Integer, Keep, Number, Params, PerUnit, RandomKey, Scores


def trace(apply: Callable, params: Params, x: Inputs) -> "Network":
    """Finds the units of a network: everything that can be taken out of a function, whatever
    library it is written in.

    The function is traced to its jaxpr, every axis of every array is followed through it, and what
    stays free, sits in a parameter and is read by a kernel is a layer of units: hidden units,
    channels, attention heads. What cannot be followed stays whole, and `frozen` says why: never
    wrong, at worst unpruned.

    Args:
      apply: (params, x) -> outputs, pure: `module.apply` of Flax Linen, `jax.vmap(eqx.combine(p,
        static))(x)` of p and x with Equinox, `nnx.merge(graphdef, p)(x)` with NNX, …
      params: any pytree of arrays; batch statistics belong to it.
      x: inputs like those to come (any pytree; shapes are enough). Their first axis counts the
        inputs, as many as you like.

    Returns:
      A `Network`.

    Raises:
      ValueError: if `apply` cannot be traced, or no unit can be taken out; the message lists the
        reasons.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> def apply(params, x):
      ...     return jax.nn.relu(x @ params["in"]) @ params["out"]
      >>> params = {"in": jnp.ones((3, 8)), "out": jnp.ones((8, 2))}
      >>> pu.trace(apply, params, jnp.ones((1, 3))).widths
      (8,)
    """
    traced, table, frozen = find_units(apply, params, x)
    return Network(apply, table, frozen, traced)


class Network:
    """A function whose units can be taken out; made by `trace`. `print` shows its layers.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> def apply(params, x):
      ...     return jax.nn.relu(x @ params["in"] + params["bias"]) @ params["out"]
      >>> params = {"in": jnp.ones((3, 8)), "bias": jnp.arange(8.0), "out": jnp.ones((8, 2))}
      >>> x = jax.random.normal(jax.random.key(0), (50, 3))
      >>> net = pu.trace(apply, params, x)
      >>> keep = pu.keep_highest(net.scores("std", params, x), counts=[4])
      >>> small = net.prune(params, keep, x, compensation="mean")
      >>> small["out"].shape, net.apply(small, x).shape
      ((4, 2), (50, 2))

    Attributes:
      widths: the number of units of every layer, in the order in which data meets them.
      names: the layers' names.
      frozen: every axis of a parameter that stays whole, with the reason: dict "leaf[axis]" ->
        sentence.
      table: the `UnitTable`.
    """

    def __init__(self, function, table, frozen, traced):
        self.function, self.table, self.frozen, self.traced = function, table, frozen, traced
        self._run, self._compiled = Runner(table, traced), {}

    widths = property(lambda self: self.table.widths)
    names = property(lambda self: self.table.names)

    def apply(self, params: Params, x: Inputs) -> PyTree:
        """The traced function at the widths of these parameters: any batch size, under jit, grad,
        vmap.

        Args:
          params: the network's own, what `prune` or `slice` made of them, or what training made of
            that.
          x: as for the traced function.

        Raises:
          ValueError: if `params` are not the network's at any widths, or the function does not
            take this `x`.
        """
        return self.adapt(self.function)(params, x)

    def adapt(self, function: Callable) -> Callable:
        """Another function of the same parameters, such as the network in training mode, at the
        widths of its arguments.

        Args:
          function: (params, *args) -> outputs, pure.

        Returns:
          A function with the same arguments. It raises ValueError if it ties or mixes units that
          were taken out.
        """

        def adapted(params, *args):
            own, constants = unwrapped(params)
            return self._run(function, own, args, constants)

        return adapted

    def watch(self, params, x, watch):
        """Runs the network and calls watch(reading, inputs, run) in place of every kernel that
        reads, a `Reading`.
        """
        own, constants = unwrapped(params)
        return self._run(self.function, own, (x,), constants, watch)

    def compiled(self, function, *static):
        """function(network, *static, …), compiled once for the network and these arguments."""
        if (function, static) not in self._compiled:
            self._compiled[function, static] = jax.jit(partial(function, self, *static))
        return self._compiled[function, static]

    def slice(self, tree: PyTree, keep: Keep) -> PyTree:
        """A tree restricted to the kept units: parameters, gradients, an optax state that holds
        Adam's moments, of the whole tree of parameters or of one collection in it ("params").

        Args:
          tree: any pytree with such parts, also in stacks with leading axes. What is no such part,
            such as a step count, passes through.
          keep: one index array (kept,) for each layer.

        Raises:
          ValueError: if the tree holds no such part or one of other shapes, or `keep` does not fit.
        """
        return slice_network(self, tree, keep)

    def prune(
        self,
        params: Params,
        keep: Keep,
        x: Inputs | None = None,
        compensation: str = "least_squares",
        *,
        ridge: Number = 1e-6,
    ) -> Params:
        """Takes out all units but the kept ones, and makes up for them in the kernels that read
        them.

        A layer may have several readers. For each, what it read is replaced by its best prediction
        from the kept units (see `COMPENSATIONS`). That is folded into its kernel, and into the
        first additive parameter behind: a bias, or the running mean of a batch normalisation.
        Pixels and tokens are rows of the regression. A convolution with padding reads constants
        wrongly at its borders, so the constant is fitted on what it puts out. Layers are treated in
        the order of the data, on what the kept units do in the network as pruned so far. A kernel
        that is shared or computed from several parameters gets the constant only.

        Args:
          params: the network's parameters, at any widths.
          keep: for every layer the indices of the units to keep, as from `keep_highest`.
          x: inputs to look at the units on, a few hundred; labels are not needed. "none" needs
            none.
          compensation: a name in `COMPENSATIONS`.
          ridge: penalty of "least_squares" relative to the mean variance of the kept units, above
            0.

        Returns:
          Parameters of the same structure, smaller; a `WithConstants` around them if some kernel
          has no additive parameter behind it.

        Raises:
          ValueError: if `params`, `keep` or `x` do not fit or are not finite, or there is no such
            compensation.
        """
        return prune_network(self, params, keep, x, compensation, ridge)

    def scores(
        self,
        criterion: str,
        params: Params,
        x: Inputs | None = None,
        key: RandomKey | None = None,
        *,
        loss: Callable | None = None,
    ) -> PerUnit:
        """A score for every unit; the higher, the more worth keeping.

        Args:
          criterion: a name in `CRITERIA`.
          params: the network's parameters, at any widths.
          x: inputs to look at the units on; "random" and "incoming" need none.
          key: a `jax.random.key`, for "random".
          loss: outputs -> scalar, for "taylor".

        Returns:
          A tuple of (width,) arrays, one for each layer.

        Raises:
          ValueError: for an unknown criterion, a missing `x`, `key` or `loss`, or numbers that are
            not finite.
        """
        return network_scores(self, criterion, params, x, key, loss)

    def keep_within(
        self, scores: Scores, share: Number, of: str = "operations", multiple: Integer = 1
    ) -> tuple[int, ...]:
        """How many units each layer keeps within one budget, shared out by score over all layers.

        Scores are made comparable by each layer's root mean square, and the lowest go first.

        Args:
          scores: as from `scores`, a tuple of (width,).
          share: of the cost of the network that the scores are of, above 0, at most 1.
          of: what the budget counts, "operations" or "parameters".
          multiple: widths are multiples of this (8 is what hardware wants), or a layer's whole.
            Coarse multiples can leave part of the budget unused.

        Returns:
          A count for each layer, for `keep_highest`.

        Raises:
          ValueError: if the scores do not fit, or the smallest network costs more.
        """
        return cost.keep_within(self, scores, share, of, multiple)

    def cost(self, params: Params) -> cost.Cost:
        """The `Cost` of the network at the widths of these parameters: parameters, operations an
        input.
        """
        own, constants = unwrapped(params)
        found = cost.cost_at(self, widths_of(self.table, own))
        more = sum(value.size for value in constants.values())
        return found._replace(parameters=found.parameters + more)

    def compare(self, params: Params, small: Params, x: Inputs) -> dict[str, tuple]:
        """Before and after: dict "parameters", "operations" (an input), "latency" (ms for x) ->
        (before, after).

        The latency is the median of 30 calls of the compiled function, both networks in turn.
        """
        return cost.compare(self, params, small, x)

    def __repr__(self):
        layers = zip(self.names, self.widths, strict=True)
        return f"Network({', '.join(f'{name}: {width}' for name, width in layers)})"

    def __str__(self):
        return cost.table_of(self)
