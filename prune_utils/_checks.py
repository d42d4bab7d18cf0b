"""Argument checks shared by the public functions.

Shapes and lengths are always checked. Values (NaN, indices) can only be read outside a trace, so
under `jax.jit` and `jax.vmap` these checks pass: there an index out of range yields NaN, which is
loud enough.
"""

import jax
import jax.numpy as jnp
import numpy as np


def require(condition, argument, expected):
    """Raises ValueError naming the argument and what was expected of it, unless the condition
    holds.
    """
    if not condition:
        raise ValueError(f"{argument}: expected {expected}")


def read_bounded(path, largest, opened=open):
    """The bytes of a file; ValueError if they are more than `largest`. `opened`: like `open`."""
    with opened(path, "rb") as file:
        content = file.read(largest + 1)
    require(len(content) <= largest, "path", f"at most {largest} bytes in {path}")
    return content


def concrete(tree):
    """Whether every leaf has a value that can be looked at (is not being traced)."""
    return not any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(tree))


def require_finite(tree, argument):
    """Raises ValueError if any number in the tree is NaN or infinite; random keys are none."""
    if concrete(tree):
        leaves = [leaf for leaf in jax.tree.leaves(tree) if not is_key(leaf)]
        # in NumPy, because within `jax.jit` JAX traces operations on concrete arrays, too
        finite = all(np.isfinite(np.asarray(leaf)).all() for leaf in leaves)
        require(finite, argument, "finite numbers only")


def is_key(value):
    """Whether a value is an array of `jax.random.key`s."""
    return jnp.issubdtype(getattr(value, "dtype", None), jax.dtypes.prng_key)


def require_indices(keep, widths, argument):
    """Raises ValueError unless `keep` holds one non-empty set of distinct indices for each
    width.
    """
    require(
        isinstance(keep, (tuple, list)) and len(keep) == len(widths),
        argument,
        f"one index array for each of the {len(widths)} layers",
    )
    for layer, (indices, width) in enumerate(zip(keep, widths, strict=True)):
        name = f"{argument}[{layer}]"
        dtype = getattr(indices, "dtype", type(indices).__name__)
        shape = getattr(indices, "shape", "")
        is_indices = (
            isinstance(indices, (jax.Array, np.ndarray))
            and jnp.issubdtype(dtype, jnp.integer)
            and len(shape) == 1
        )
        require(is_indices, name, f"a 1-D integer array, got {dtype}{shape}")
        require(0 < shape[0] <= width, name, f"between 1 and {width} indices, got {shape[0]}")
        if concrete(indices):
            values = np.asarray(indices)
            within = values.min() >= 0 and values.max() < width
            require(within, name, f"indices from 0 to {width - 1}")
            require(len(np.unique(values)) == len(values), name, "no index twice")
