"""Runs functions of one network's parameters at the widths of their arguments."""

import jax

from .._checks import concrete
from ..table import shapes_at, widths_of
from .evaluation import Evaluator
from .tracing import Traced, shape_of


class Runner:
    """Runs functions of the parameters of a `UnitTable`; each is traced once for its arguments.

    Attributes:
      table: the `UnitTable`.
      names: of the parameters' leaves.
    """

    def __init__(self, table, names):
        self.table, self.names, self._known = table, names, {}

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
            jax.ShapeDtypeStruct(shape, jax.typeof(leaf).dtype)
            for shape, leaf in zip(shapes_at(self.table, self.table.widths), leaves, strict=True)
        ]
        traced = self._traced(function, jax.tree.unflatten(self.table.structure, shapes), args)
        evaluator = Evaluator(traced.graph, traced.sizes(self.table, widths), constants)
        if watch is not None:
            readings = traced.readings
            evaluator.watched = readings
            evaluator.watch = lambda step, *rest: watch(readings[id(step)], *rest)
        outputs = evaluator(*leaves, *jax.tree.leaves(args))
        return jax.tree.unflatten(traced.structure, outputs)

    def _traced(self, function, shapes, args):
        args = shape_of(args)
        flat, structure = jax.tree.flatten((shapes, args))
        key = (function, structure, *((leaf.shape, leaf.dtype, leaf.weak_type) for leaf in flat))
        if key not in self._known:
            try:
                traced = Traced(function, shapes, args, self.names, self.table)
            except Exception as error:  # the function is the user's and may raise anything
                raise ValueError(
                    f"x: expected what the function takes, it raised {error}"
                ) from error
            if not concrete(traced.graph.program.constants):  # of a trace that will be over
                return traced
            self._known[key] = traced
        return self._known[key]
