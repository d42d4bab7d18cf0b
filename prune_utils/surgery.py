"""The one way to slice by a table of units."""

import jax
import jax.numpy as jnp

from ._checks import require, require_indices
from .table import layers_of, positions, shapes_at, solve_widths


def slice_leaf(leaf, axes, keep):
    """One array restricted to the kept units; leading axes beyond those of the table, of stacks,
    stay.
    """
    extra = leaf.ndim - len(axes)
    for place, axis in enumerate(axes):
        if layers_of(axis):
            leaf = jnp.take(leaf, positions(axis, keep), axis=extra + place)
    return leaf


def slice_tree(table, tree, keep):
    """Every part of a tree that has the structure of the parameters, restricted to the kept units.

    Works on parameters, on anything of their shape (gradients, Adam's moments), on any pytree that
    holds such parts (the optax state of Adam, SGD and the like), and on stacks of them with
    leading axes (snapshots). What is no such part, such as a step count, passes through.

    Args:
      table: a `UnitTable`.
      tree: the pytree.
      keep: one index array (kept,) for each layer.

    Returns:
      The same structure, smaller.

    Raises:
      ValueError: if the tree holds nothing like the parameters, or `keep` does not fit.
    """
    found = []

    def cut(node):
        if jax.tree.structure(node) != table.structure:
            return node
        leaves = jax.tree.leaves(node)
        shapes = [
            jnp.shape(leaf)[max(jnp.ndim(leaf) - len(axes), 0) :]
            for leaf, axes in zip(leaves, table.axes)
        ]
        widths = solve_widths(table.axes, shapes, len(table.widths))
        if None in widths or shapes != shapes_at(table, widths):
            return node
        here = table.at(widths)
        require_indices(keep, widths, "keep")
        found.append(node)
        return jax.tree.unflatten(
            table.structure,
            [slice_leaf(leaf, axes, keep) for leaf, axes in zip(leaves, here.axes, strict=True)],
        )

    def is_part(node):
        return jax.tree.structure(node) == table.structure

    result = jax.tree.map(cut, tree, is_leaf=is_part)
    require_parts(found, tree)
    return result


def require_parts(found, tree):
    """Raises ValueError unless parts to slice were found, or the tree holds bare numbers only, as
    the state of plain SGD does.
    """
    bare = all(jnp.ndim(leaf) == 0 for leaf in jax.tree.leaves(tree))
    wanted = "a pytree with the structure and shapes of the parameters, or one that holds such"
    require(found or bare, "tree", wanted)
