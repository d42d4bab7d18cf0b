"""A convolution of pictures that is trained fast on a CPU."""

import jax
import jax.numpy as jnp
import numpy as np

from ._checks import require


def windowed(
    x, kernel, strides, padding, *, lhs_dilation=(1,), rhs_dilation=(1,), feature_group_count=1, **_
):
    """What Flax's `Conv` computes on pictures, without dilation or groups, as one matrix product
    with all windows.

    XLA takes the gradient of a convolution by its kernel as a convolution with a window of the
    picture's size. Within a loop its code for CPUs is slow at that: with small pictures a step of
    training takes five times as long.

    Args:
      x: (n, height, width, channels).
      kernel: (rows, columns, channels, outputs).
      strides: two numbers.
      padding: "SAME", "VALID", or a pair of numbers for height and for width.

    Returns:
      (n, height, width, outputs).

    Raises:
      ValueError: for a dilation, or several groups.
    """
    plain = {*lhs_dilation, *rhs_dilation, feature_group_count} == {1}
    require(plain, "conv_general_dilated", "a convolution without dilation and in one group")
    sizes = x.shape[1:3]
    if isinstance(padding, str):
        padding = jax.lax.padtype_to_pads(sizes, kernel.shape[:2], strides, padding)
    padded = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    last = [length - size for length, size in zip(padded.shape[1:3], kernel.shape[:2], strict=True)]

    def moved(*corner):
        rows, columns = (
            slice(start, start + end + 1, step)
            for start, end, step in zip(corner, last, strides, strict=True)
        )
        return padded[:, rows, columns]

    windows = jnp.stack([moved(*corner) for corner in np.ndindex(*kernel.shape[:2])], axis=3)
    kernel = kernel.reshape(-1, *kernel.shape[2:])
    return jnp.tensordot(windows, kernel, axes=2)
