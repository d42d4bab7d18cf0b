"""Runs functions of one network's parameters at the widths of their arguments."""

from collections import Counter

import jax

from .._checks import concrete, require
from ..table import shapes_at, widths_of
from .evaluation import Evaluator
from .tracing import Traced, shape_of


class Runner:
    """Runs functions of the parameters of a `UnitTable`; each is traced once for its arguments.

    Attributes:
      table: the `UnitTable`.
      names: of the parameters' leaves.
      uses: how often the network reads with each kernel, by its name.

    Args:
      table: the `UnitTable`.
      traced: the network, `Traced`.
    """

    def __init__(self, table, traced):
        self.table, self.names, self._known = table, traced.graph.names, {}
        self.uses = _uses(traced.graph)

    def __call__(self, function, params, args, constants=None, watch=None):
        """The outputs of function(params, *args).

        Args:
          function: (params, *args) -> outputs, pure.
          params: of the structure of the table, at any widths.
          args: whatever else the function takes.
          constants: kernel name -> what to add to what that kernel puts out.
          watch: called as (reading, inputs, run) in place of every kernel that reads, if given.

        Raises:
          ValueError: if the arguments do not fit, or the function ties or mixes what was taken out.
        """
        widths, leaves = widths_of(self.table, params), jax.tree.leaves(params)
        shapes = [
            jax.ShapeDtypeStruct(shape, leaf.dtype, weak_type=leaf.weak_type)
            for shape, leaf in zip(
                shapes_at(self.table, self.table.widths), map(jax.typeof, leaves), strict=True
            )
        ]
        traced = self._traced(function, jax.tree.unflatten(self.table.structure, shapes), args)
        constants = self._placed(traced.graph, constants or {})
        evaluator = Evaluator(traced.graph, traced.sizes(self.table, widths), constants)
        if watch is not None:
            readings = traced.readings
            evaluator.watched = readings
            evaluator.watch = lambda step, *rest: watch(readings[id(step)], *rest)
        outputs = evaluator(*leaves, *jax.tree.leaves(args))
        return jax.tree.unflatten(traced.structure, outputs)

    def _placed(self, graph, constants):
        """Constants by kernel name as constants by step."""
        uses, placed = _uses(graph), {}
        for name in constants:
            kernel = name.partition("#")[0]
            number = graph.program.inputs[self.names.index(kernel)]
            alike = uses[kernel] == self.uses[kernel] or self.uses[kernel] == 1
            alike &= uses[kernel] > 0 or number not in graph.uses
            wanted = "to read with it as the network does, because of its constant"
            require(alike, "function", f"{kernel} {wanted}")
        for site in graph.sites:
            kernel = site.name.partition("#")[0]
            name = kernel if self.uses[kernel] == 1 else site.name
            if name in constants:
                placed[id(site.step)] = constants[name]
        return placed

    def _traced(self, function, shapes, args):
        args = shape_of(args)
        flat, structure = jax.tree.flatten((shapes, args))
        # Both go into the steps.
        precision, mesh = jax.config.jax_default_matmul_precision, jax.sharding.get_abstract_mesh()
        shapes_known = tuple((leaf.shape, leaf.dtype, leaf.weak_type) for leaf in flat)
        key = (function, structure, precision, mesh, shapes_known)
        try:
            if key in self._known:
                return self._known[key]
        except TypeError:  # a function without a hash, such as one that holds arrays
            key = None
        try:
            traced = Traced(function, shapes, args, self.names, self.table)
        except Exception as error:  # the function is the user's and may raise anything
            raise ValueError(f"x: expected what the function takes, it raised {error}") from error
        # not of a trace that will be over
        if key is not None and concrete(traced.graph.program.constants):
            self._known[key] = traced
        return traced


def _uses(graph):
    """How often a graph reads with each kernel, by its name."""
    return Counter(site.name.partition("#")[0] for site in graph.sites)
