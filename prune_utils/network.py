"""Units taken out of any JAX function, and made up for."""

from functools import partial

import jax

from . import atoms, cost, surgery
from ._checks import concrete, require
from .evaluation import Evaluator
from .naming import frozen_axes, layer_names
from .pruning import WithConstants, prune_network, unwrapped
from .scoring import network_scores
from .table import UnitTable, leaf_names, shapes_at, solve_widths, widths_of
from .tracing import Traced, number_of, shape_of


def trace(apply, params, x):
    """Finds the units of a network: everything that can be taken out of a function, whatever
    library it is written in.

    The function is traced to its jaxpr, every axis of every array is followed through it, and what
    stays free, sits in a parameter and is read by a kernel is a layer of units: hidden units,
    channels, attention heads. What cannot be followed stays whole, and `frozen` says why: never
    wrong, at worst unpruned.

    Args:
      apply: (params, x) -> outputs, pure: `module.apply` of Flax, `lambda p, x: eqx.combine(p,
        static)(x)`, …
      params: any pytree of arrays; batch statistics belong to it.
      x: an input like those to come (any pytree, of any batch size; shapes are enough).

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
    shapes, names = shape_of(params), leaf_names(params)
    require(names, "params", "a pytree with at least one array")
    try:
        traced = Traced(apply, shapes, [shape_of(x)], names)
    except Exception as error:  # the function is the user's and may raise anything
        expected = "a function (params, x) that JAX can trace for these params and this x"
        raise ValueError(
            f"apply: expected {expected}; it raised {type(error).__name__}: {error}"
        ) from error
    leaves = [leaf.shape for leaf in jax.tree.leaves(shapes)]
    while True:  # what the shapes of smaller parameters would not tell apart stays whole
        widths = solve_widths(traced.axes(), leaves, len(traced.units))
        if None not in widths:
            break
        last = max(layer for layer, width in enumerate(widths) if width is None)
        atoms.freeze((traced.units.pop(last),), "stands only beside other units in one axis")
    frozen = frozen_axes(traced, names)
    listed = "; ".join(f"{axis}: {reason}" for axis, reason in frozen.items())
    require(
        widths,
        "params",
        f"at least one layer whose units can be taken out; there is none ({listed})",
    )
    table = UnitTable(widths, layer_names(traced, names), traced.axes(), jax.tree.structure(params))
    return Network(apply, table, frozen, traced, number_of(x))


class Network:
    """A function whose units can be taken out; made by `trace`.

    Attributes:
      widths: the number of units of every layer, in the order in which data meets them.
      names: the layers' names.
      frozen: every axis of a parameter that stays whole, with the reason: dict "leaf[axis]" ->
        sentence.
      table: the `UnitTable`.
    """

    def __init__(self, function, table, frozen, traced, inputs):
        self.function, self.table, self.frozen = function, table, frozen
        self.traced, self._known, self.inputs = traced, {}, inputs
        self._compiled = {}

    widths = property(lambda self: self.table.widths)
    names = property(lambda self: self.table.names)

    def apply(self, params, x):
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

    def adapt(self, function):
        """Another function of the same parameters, such as the network in training mode, at the
        widths of its arguments.

        Args:
          function: (params, *args) -> outputs, pure.

        Returns:
          A function with the same arguments. It raises ValueError if it ties or mixes units that
          were taken out.
        """

        return lambda params, *args: self._run(function, params, args)

    def _run(self, function, params, args, watch=None):
        """The function's outputs; watch(reading, inputs, run), if given, is called in place of
        every kernel that reads.
        """
        params, constants = unwrapped(params)
        widths, leaves = widths_of(self.table, params), jax.tree.leaves(params)
        shapes = [
            jax.ShapeDtypeStruct(shape, jax.typeof(leaf).dtype)
            for shape, leaf in zip(shapes_at(self.table, self.widths), leaves, strict=True)
        ]
        traced = self._traced(function, jax.tree.unflatten(self.table.structure, shapes), args)
        evaluator = Evaluator(traced.graph, traced.sizes(self.table, widths), constants)
        if watch is not None:
            readings = traced.readings
            evaluator.watched = readings
            evaluator.watch = lambda step, *rest: watch(readings[id(step)], *rest)
        outputs = evaluator(*leaves, *jax.tree.leaves(args))
        return jax.tree.unflatten(traced.structure, outputs)

    def watch(self, params, x, watch):
        """Runs the network and calls watch(reading, inputs, run) in place of every kernel that
        reads, a `Reading`.
        """
        return self._run(self.function, params, (x,), watch)

    def _traced(self, function, shapes, args):
        args = shape_of(args)
        flat, structure = jax.tree.flatten((shapes, args))
        key = (function, structure, *((leaf.shape, leaf.dtype, leaf.weak_type) for leaf in flat))
        if key not in self._known:
            try:
                traced = Traced(function, shapes, args, self.traced.graph.names, self.table)
            except Exception as error:
                raise ValueError(
                    f"x: expected what the function takes, it raised {error}"
                ) from error
            if not concrete(traced.graph.program.constants):  # of a trace that will be over
                return traced
            self._known[key] = traced
        return self._known[key]

    def compiled(self, function, *static):
        """function(network, *static, …), compiled once for the network and these arguments."""
        if (function, static) not in self._compiled:
            self._compiled[function, static] = jax.jit(partial(function, self, *static))
        return self._compiled[function, static]

    def slice(self, tree, keep):
        """A tree restricted to the kept units, see `slice_tree`: parameters, gradients, Adam's
        moments.
        """
        own, constants = unwrapped(tree)
        small = surgery.slice_tree(self.table, own, keep)
        if not constants:
            return small
        widths, cut = widths_of(self.table, own), {}
        for reading in self.traced.readings.values():
            if reading.name in constants:
                value = constants[reading.name]
                axes = [
                    axis if size > 1 else ()
                    for axis, size in zip(reading.at(widths).outputs, value.shape)
                ]
                cut[reading.name] = surgery.slice_leaf(value, axes, keep)
        return WithConstants(small, cut)

    def prune(self, params, keep, x=None, compensation="least_squares", *, ridge=1e-6):
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

    def scores(self, criterion, params, x=None, key=None, *, loss=None):
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

    def keep_within(self, scores, share, of="operations", multiple=1):
        """How many units each layer keeps within one budget, shared out by score over all layers.

        Scores are made comparable by each layer's root mean square, and the lowest go first.

        Args:
          scores: as from `scores`, a tuple of (width,).
          share: of the whole network's cost that may stay, above 0, at most 1.
          of: what the budget counts, "operations" or "parameters".
          multiple: widths are rounded up to multiples of this (8 is what hardware wants), within
            the budget.

        Returns:
          A count for each layer, for `keep_highest`.

        Raises:
          ValueError: if the scores do not fit, or the smallest network costs more.
        """
        return cost.keep_within(self, scores, share, of, multiple)

    def cost(self, params):
        """The `Cost` of the network at the widths of these parameters: parameters, operations an
        input.
        """
        return cost.cost_at(self, widths_of(self.table, unwrapped(params)[0]))

    def compare(self, params, small, x):
        """Before and after: dict "parameters", "operations" (an input), "latency" (ms for x) ->
        (before, after).

        The latency is the least of 30 calls of the compiled function, both networks in turn.
        """
        calls = [partial(jax.jit(self.apply), tree, x) for tree in (params, small)]
        before, after = (self.cost(tree) for tree in (params, small))
        times = tuple(1000 * seconds for seconds in cost.latencies(calls))
        return {
            **{name: (getattr(before, name), getattr(after, name)) for name in cost.Cost._fields},
            "latency": times,
        }

    def __str__(self):
        return cost.table_of(self)
