"""A function analysed once: its graph, its layers, and how large its axes are at any widths."""

from functools import cached_property

import jax
import jax.numpy as jnp

from .._checks import require
from ..table import Concat, UnitTable, leaf_names, solve_widths
from . import atoms
from .analysis import analyse
from .layers import frozen_axes, layer_names, static_axis, unit_atoms
from .program import record
from .reading import reading


class Traced:
    """A function analysed at its full widths.

    Attributes:
      graph: its `Graph`.
      structure: of its result.
      units: for each layer the atom that its units are.
      args: the shapes of its arguments but for the parameters.

    Args:
      function: (params, *args) -> outputs.
      shapes: of the parameters.
      args: the shapes of the others.
      names: of the parameters' leaves.
      table: a `UnitTable`, if the units are known.
    """

    def __init__(self, function, shapes, args, names, table=None):
        program, self.structure = record(function, shapes, *args)
        self.args = args
        if table is None:
            self.graph = analyse(program, names)
            self.units = unit_atoms(self.graph)
        else:
            self.units = [atoms.Atom(width) for width in table.widths]
            seeds = [[_known(axis, self.units) for axis in leaf] for leaf in table.axes]
            self.graph = analyse(program, names, seeds)

    @cached_property
    def readings(self):
        """dict identity of a step -> what its kernel reads, a `Reading`."""
        layers = self.layers
        return {id(site.step): reading(self.graph, site, layers) for site in self.graph.sites}

    @property
    def inputs(self):
        """How many inputs it was traced for: the length of the first axis of their first array."""
        shapes = [leaf.shape for leaf in jax.tree.leaves(self.args)]
        return shapes[0][0] if shapes and shapes[0] and shapes[0][0] else 1

    @property
    def layers(self):
        """dict atom -> layer."""
        return {
            root: layer for layer, unit in enumerate(self.units) for root in atoms.resolve((unit,))
        }

    def axes(self):
        """The axes of all parameters as a `UnitTable` has them."""
        layers = self.layers
        return tuple(
            tuple(static_axis(axis, layers) for axis in axes)
            for axes in self.graph.parameter_axes()
        )

    def sizes(self, table, widths):
        """axis -> number of its entries at these widths.

        Raises:
          ValueError: if the function keeps units from being taken out.
        """
        known = {}
        for layer, unit in enumerate(self.units):
            if widths[layer] == table.widths[layer]:
                continue
            roots, name = atoms.resolve((unit,)), table.names[layer]
            whole = len(roots) == 1 and roots[0].parts is None
            require(whole, "function", f"the units of {name} in one piece, but it divides them")
            reason = roots[0].hard
            require(not reason, "function", f"the units of {name} to be free, but: {reason}")
            known[roots[0]] = widths[layer]
        for layer, unit in enumerate(self.units):
            (root, *_) = atoms.resolve((unit,))
            fits = known.get(root, widths[layer]) == widths[layer]
            require(
                fits, "function", f"{table.names[layer]} apart from other layers, but it ties them"
            )

        def size(axis):
            total = 1
            for root in atoms.resolve(axis):
                if root.parts is None:
                    total *= known.get(root, root.size)
                else:
                    total *= sum(map(size, root.parts))
            return total

        return size


def find_units(apply, params, x):
    """See `trace`: the `Traced` function, its `UnitTable`, and why axes stay whole."""
    shapes, names = shape_of(params), leaf_names(params)
    require(names, "params", "a pytree with at least one array")
    mesh = jax.sharding.get_abstract_mesh()
    if jax.sharding.AxisType.Manual in mesh.axis_types:  # one device's part of a `shard_map`
        mesh = jax.sharding.AbstractMesh((), ())  # what is found holds on any other, too
    try:
        with jax.sharding.use_abstract_mesh(mesh):
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
    wanted = "at least one layer whose units can be taken out; there is none"
    require(widths, "params", f"{wanted} ({listed})")
    table = UnitTable(widths, layer_names(traced, names), traced.axes(), jax.tree.structure(params))
    return traced, table, frozen


def _known(axis, units):
    """An axis of a table in atoms, the units' own where it holds units."""
    result = []
    for part in axis:
        if isinstance(part, Concat):
            result += atoms.concatenate([_known(piece, units) for piece in part.parts])
        else:
            result += atoms.fresh(part.size) if part.layer is None else (units[part.layer],)
    return tuple(result)


def shape_of(tree):
    """The shapes and types of a tree of arrays."""
    avals = jax.tree.map(lambda leaf: leaf if hasattr(leaf, "dtype") else jnp.asarray(leaf), tree)
    return jax.tree.map(
        lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, weak_type=getattr(a, "weak_type", False)),
        avals,
    )
