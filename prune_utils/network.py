"""Units taken out of any JAX function, and made up for."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np

from . import atoms, graph, surgery
from ._checks import concrete, require, require_finite, require_indices
from .evaluation import Evaluator
from .reading import reading
from .surgery import UnitTable, leaf_names
from .tracing import Traced, shape_of


@partial(jax.tree_util.register_dataclass, data_fields=["params", "constants"], meta_fields=[])
@dataclass
class WithConstants:
    """Parameters of a pruned network with constants for the kernels that have no bias behind them.

    Attributes:
      params: of the structure of the user's own.
      constants: kernel name -> array, added to what that kernel puts out.
    """

    params: Any
    constants: dict[str, jax.Array]


def unwrapped(params):
    """(parameters, constants) of what `Network.prune` returns."""
    return (params.params, params.constants) if isinstance(params, WithConstants) else (params, {})


def trace(apply, params, x):
    """Finds the units of a network: everything that can be taken out of a function, whatever library it is written in.

    The function is traced to its jaxpr, every axis of every array is followed through it, and what stays free, sits in
    a parameter and is read by a kernel is a layer of units: hidden units, channels, attention heads. What cannot be
    followed stays whole, and `frozen` says why: never wrong, at worst unpruned.

    Args:
      apply: (params, x) -> outputs, pure: `module.apply` of Flax, `lambda p, x: eqx.combine(p, static)(x)`, …
      params: any pytree of arrays; batch statistics belong to it.
      x: an input like those to come (any pytree, of any batch size; shapes are enough).

    Returns:
      A `Network`.

    Raises:
      ValueError: if `apply` cannot be traced, or no unit can be taken out; the message lists the reasons.

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
        raise ValueError(f"apply: expected {expected}; it raised {type(error).__name__}: {error}") from error
    leaves = [leaf.shape for leaf in jax.tree.leaves(shapes)]
    while True:  # what the shapes of smaller parameters would not tell apart stays whole
        widths = surgery.solve_widths(traced.axes(), leaves, len(traced.units))
        if None not in widths:
            break
        last = max(layer for layer, width in enumerate(widths) if width is None)
        atoms.freeze((traced.units.pop(last),), "stands only beside other units in one axis")
    frozen = _frozen(traced, names)
    listed = "; ".join(f"{axis}: {reason}" for axis, reason in frozen.items())
    require(widths, "params", f"at least one layer whose units can be taken out; there is none ({listed})")
    table = UnitTable(widths, _layer_names(traced, names), traced.axes(), jax.tree.structure(params))
    return Network(apply, table, frozen, traced)


def _frozen(traced, names):
    """Every axis of a parameter of which something cannot be taken out, with the reason."""
    frozen, units = {}, set(traced.units)
    for name, axes in zip(names, graph.parameter_axes(traced.graph), strict=True):
        for place, axis in enumerate(axes):
            held = [atom for atom in atoms.leaves(axis) if atom not in units]
            reasons = dict.fromkeys(atom.reason or "no kernel reads it" for atom in held)
            if reasons:
                frozen[f"{name}[{place}]"] = ", ".join(reasons)
    return frozen


def _layer_names(traced, names):
    """A name for each layer: the module of the first parameter that puts its units out."""
    found = traced.graph
    first = {}
    for step, operand in found.producers:
        source = found.source_of(step.inputs[operand])
        if source is not None:
            leaf = found.program.inputs.index(source)
            for place, axis in enumerate(found.axes[step.inputs[operand]]):
                for atom in atoms.leaves(axis):
                    first.setdefault(atom, (names[leaf], place))
    for name, axes in zip(names, graph.parameter_axes(found), strict=True):
        for place, axis in enumerate(axes):
            for atom in atoms.leaves(axis):
                first.setdefault(atom, (name, place))
    places = [first[unit] for unit in traced.units]
    modules = [(name.removeprefix("params/").rpartition("/")[0] or name, place) for name, place in places]
    times = Counter(module for module, _ in modules)
    result = [module if times[module] == 1 else f"{module}[{place}]" for module, place in modules]
    seen = Counter()
    for index, name in enumerate(result):
        seen[name] += 1
        result[index] = name if result.count(name) == 1 else f"{name}.{seen[name]}"
    return tuple(result)


class Network:
    """A function whose units can be taken out; made by `trace`.

    Attributes:
      widths: the number of units of every layer, in the order in which data meets them.
      names: the layers' names.
      frozen: every axis of a parameter that stays whole, with the reason: dict "leaf[axis]" -> sentence.
      table: the `UnitTable`.
    """

    def __init__(self, function, table, frozen, traced):
        self.function, self.table, self.frozen = function, table, frozen
        self.traced, self._known = traced, {}
        layers = traced.layers
        self.readings = {
            id(site.step): reading(traced.graph, site, layers) for site in traced.graph.sites
        }

    widths = property(lambda self: self.table.widths)
    names = property(lambda self: self.table.names)

    def apply(self, params, x):
        """The traced function at the widths of these parameters: any batch size, under jit, grad, vmap.

        Args:
          params: the network's own, what `prune` or `slice` made of them, or what training made of that.
          x: as for the traced function.

        Raises:
          ValueError: if `params` are not the network's at any widths, or the function does not take this `x`.
        """
        return self.adapt(self.function)(params, x)

    def adapt(self, function):
        """Another function of the same parameters, such as the network in training mode, at the widths of its arguments.

        Args:
          function: (params, *args) -> outputs, pure.

        Returns:
          A function with the same arguments. It raises ValueError if it ties or mixes units that were taken out.
        """

        def adapted(params, *args):
            evaluator, leaves = self.evaluator(function, params, args)
            outputs = evaluator(*leaves, *jax.tree.leaves(args))
            return jax.tree.unflatten(evaluator.structure, outputs)

        return adapted

    def evaluator(self, function, params, args, watched=(), watch=None):
        """(`Evaluator`, leaves of the parameters) for these arguments; see `Evaluator` for the others."""
        params, constants = unwrapped(params)
        widths, leaves = surgery.widths_of(self.table, params), jax.tree.leaves(params)
        shapes = [
            jax.ShapeDtypeStruct(shape, jax.typeof(leaf).dtype)
            for shape, leaf in zip(surgery.shapes_at(self.table, self.widths), leaves, strict=True)
        ]
        traced = self._traced(function, jax.tree.unflatten(self.table.structure, shapes), shape_of(args))
        evaluator = Evaluator(
            traced.graph, traced.sizes(self.table, widths), constants, watched, watch
        )
        evaluator.structure = traced.structure
        return evaluator, leaves

    def _traced(self, function, shapes, args):
        flat, structure = jax.tree.flatten((shapes, args))
        key = (function, structure, *((leaf.shape, leaf.dtype, leaf.weak_type) for leaf in flat))
        if key not in self._known:
            try:
                traced = Traced(function, shapes, args, self.traced.graph.names, self.table)
            except Exception as error:
                raise ValueError(f"x: expected what the function takes, it raised {error}") from error
            if not concrete(traced.graph.program.constants):  # of a trace that will be over
                return traced
            self._known[key] = traced
        return self._known[key]

    def slice(self, tree, keep):
        """A tree restricted to the kept units, see `slice_tree`: parameters, gradients, Adam's moments."""
        if isinstance(tree, WithConstants):
            return WithConstants(surgery.slice_tree(self.table, tree.params, keep), tree.constants)
        return surgery.slice_tree(self.table, tree, keep)
