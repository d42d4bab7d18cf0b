"""Random keys by name."""

import zlib

import jax

from .types import RandomKey


def named_key(key: RandomKey, name: str) -> RandomKey:
    """A key for one purpose, so that no two purposes share one and none needs a number.

    Args:
      key: a `jax.random.key`.
      name: what the new key is for; another name gives an unrelated key, the same in every process.

    Returns:
      A `jax.random.key`.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> key = jax.random.key(0)
      >>> bool(pu.named_key(key, "data") == pu.named_key(key, "test"))
      False
    """
    return jax.random.fold_in(key, zlib.crc32(name.encode()))
