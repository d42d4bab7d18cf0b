"""The one way to slice by a table of units."""

import jax
import jax.numpy as jnp

from ._checks import require, require_indices
from .table import layers_of, leaf_names, positions, shapes_at, solve_widths


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
    """Every part of a tree that has the structure of the parameters, or of one collection of them,
    restricted to the kept units.

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
      ValueError: if the tree holds nothing like the parameters, or a part that has their structure
        but not their shapes, or `keep` does not fit.
    """
    parts, found = [table, *collections(table)], []

    def part_like(node):
        structure = jax.tree.structure(node)
        return next((part for part in parts if part.structure == structure), None)

    def cut(node):
        part = part_like(node)
        bare = all(jnp.size(leaf) == 1 for leaf in jax.tree.leaves(node))  # a number a parameter
        if part is None or bare:
            return node
        widths = part_widths(part, node)
        require_indices(keep, widths, "keep")
        found.append(node)
        leaves, axes = jax.tree.leaves(node), part.at(widths).axes
        cut_leaves = [slice_leaf(leaf, own, keep) for leaf, own in zip(leaves, axes, strict=True)]
        return jax.tree.unflatten(part.structure, cut_leaves)

    result = jax.tree.map(cut, tree, is_leaf=lambda node: part_like(node) is not None)
    require_parts(found, tree)
    return result


def collections(table):
    """The tables of the first branches of the parameters, such as {"params": …, "batch_stats": …},
    that have a structure of their own.
    """
    children, start, result = table.structure.children(), 0, []
    for child in children:
        axes = table.axes[start : start + child.num_leaves]
        start += child.num_leaves
        alone = sum(child == other for other in children) == 1 and child.num_nodes > 1
        result += [table._replace(axes=axes, structure=child)] if alone else []
    return result


def part_widths(table, node):
    """The widths at which an array of every leaf fits the table, leading axes aside; where the
    arrays do not tell, the table's.
    """
    leaves, names = jax.tree.leaves(node), leaf_names(node)
    shapes = [
        jnp.shape(leaf)[max(jnp.ndim(leaf) - len(axes), 0) :]
        for leaf, axes in zip(leaves, table.axes, strict=True)
    ]
    solved = solve_widths(table.axes, shapes, len(table.widths))
    pairs = zip(solved, table.widths, strict=True)
    widths = tuple(whole if width is None else width for width, whole in pairs)
    for shape, wanted, name in zip(shapes, shapes_at(table, widths), names, strict=True):
        require(shape == wanted, f"tree[{name}]", f"shape {wanted}, as the parameter, got {shape}")
    return widths


def require_parts(found, tree):
    """Raises ValueError unless parts to slice were found, or the tree holds bare numbers only, as
    the state of plain SGD does.
    """
    bare = all(jnp.ndim(leaf) == 0 for leaf in jax.tree.leaves(tree))
    wanted = "a pytree with the structure and shapes of the parameters, or one that holds such"
    require(found or bare, "tree", wanted)
