"""What slicing must equal: the original with everything zeroed that reads the dropped units."""

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from conftest import assert_close


def halves(net, seed=0, share=0.6):
    """Random units to keep of every layer, in random order."""
    rng = np.random.default_rng(seed)
    return tuple(
        rng.permutation(width)[: max(1, int(width * share))].astype(np.int32)
        for width in net.widths
    )


def reading_axes(name, shape):
    """The axes along which a parameter reads, from its name and shape, as its library has it."""
    name = name.replace("/value", "")
    last = name.rpartition("/")[2]
    if last in ("weight", "mid", "heads"):  # outputs first
        return (1,)
    if last in ("bias", "scale", "mean", "var", "b", "stack") and len(shape) < 3:
        return ()
    if last == "embedding":
        return (1,)
    if "/out/" in name and len(shape) == 3:  # of attention: heads, entries, features
        return (0, 1)
    if len(shape) == 4:  # a convolution
        return (2,)
    return (0,) if len(shape) > 1 else ()


def masked(net, params, keep, axes_of=reading_axes):
    """The parameters with zeros where a dropped unit is read.

    What survives along every axis is seen by slicing arrays that hold their own indices.
    """

    def mask(path, leaf):
        survivors, name = next(kept), jax.tree_util.keystr(path, simple=True, separator="/")
        for axis in axes_of(name, leaf.shape):
            indices = np.unique(np.asarray(survivors[axis]))
            shape = [-1 if place == axis else 1 for place in range(leaf.ndim)]
            stays = np.isin(np.arange(leaf.shape[axis]), indices).reshape(shape)
            leaf = np.where(stays, leaf, np.zeros((), leaf.dtype))
        return leaf

    def numbered(axis):
        def number(leaf):
            if axis >= leaf.ndim:
                return np.zeros(leaf.shape, np.int32)
            shape = [-1 if place == axis else 1 for place in range(leaf.ndim)]
            numbers = np.arange(leaf.shape[axis], dtype=np.int32).reshape(shape)
            return np.broadcast_to(numbers, leaf.shape)

        return jax.tree.leaves(net.slice(jax.tree.map(number, params), keep))

    most = max(leaf.ndim for leaf in jax.tree.leaves(params))
    kept = iter(list(zip(*(numbered(axis) for axis in range(most)), strict=True)))
    return jax.tree_util.tree_map_with_path(mask, params)


@lru_cache(maxsize=8)
def compiled(function):
    """One compiled function for all calls of a test."""
    return jax.jit(function)


@lru_cache(maxsize=8)
def graded(apply):
    """(params, x) -> (outputs, gradients of a curved loss by every floating-point parameter)."""

    def run(params, x):
        leaves, structure = jax.tree.flatten(params)
        real = [jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in leaves]

        def loss(chosen):
            chosen = iter(chosen)
            merged = [next(chosen) if own else leaf for own, leaf in zip(real, leaves, strict=True)]
            out = apply(jax.tree.unflatten(structure, merged), x)
            return sum(jnp.sum(jnp.sin(part)) for part in jax.tree.leaves(out)), out

        chosen = [leaf for own, leaf in zip(real, leaves, strict=True) if own]
        found, out = jax.grad(loss, has_aux=True)(chosen)
        found = iter(found)
        merged = [next(found) if own else leaf * 0 for own, leaf in zip(real, leaves, strict=True)]
        return out, jax.tree.unflatten(structure, merged)

    return jax.jit(run)


def assert_slicing_is_masking(net, apply, params, x, keep, axes_of=reading_axes, tolerance=1e-4):
    """Outputs and gradients of the sliced network are those of the masked original."""
    small = net.slice(params, keep)
    out, gradients = graded(apply)(masked(net, params, keep, axes_of), x)
    out_small, gradients_small = graded(net.apply)(small, x)
    assert_close(out_small, out, tolerance)
    largest = max(np.abs(leaf).max(initial=0) for leaf in jax.tree.leaves(gradients))
    expected = net.slice(gradients, keep)
    assert jax.tree.structure(gradients_small) == jax.tree.structure(expected)
    pairs = zip(jax.tree.leaves(gradients_small), jax.tree.leaves(expected), strict=True)
    for actual, wanted in pairs:
        np.testing.assert_allclose(actual, wanted, rtol=0, atol=tolerance * max(largest, 1e-30))
