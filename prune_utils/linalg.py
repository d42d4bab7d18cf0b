"""Centring, covariance, ridge regression: once."""

import jax
import jax.numpy as jnp


def centred(x):
    """Each column of (n, …) less its mean over n.

    Constant columns come out as exact zeros, which a rounded mean alone would not do.
    """
    x = x - x[:1]
    return x - x.mean(axis=0, keepdims=True)


def wide(dtype):
    """The type to compute statistics of such numbers in: float32 at least."""
    with jax.numpy_dtype_promotion("standard"):
        return jnp.promote_types(dtype, jnp.float32)


def ridge_regression(inputs, targets, ridge):
    """The best affine prediction of targets from inputs, without its intercept.

    By QR of the centred inputs with the ridge as extra rows, so that dead and duplicate columns do
    no harm.

    Args:
      inputs: (rows, inputs).
      targets: (rows, targets).
      ridge: penalty relative to the mean variance of the inputs, above 0.

    Returns:
      Coefficients (inputs, targets).
    """
    x, (rows, width) = centred(inputs), inputs.shape
    y = targets - targets.mean(axis=0, keepdims=True)
    penalty = ridge * jnp.square(x).sum() / width
    # All inputs constant: no 0 / 0. And no ∞, which would turn everything into NaN.
    limits = jnp.finfo(x.dtype)
    penalty = jnp.clip(penalty, limits.tiny, limits.max**0.5)
    q, r = jnp.linalg.qr(jnp.concatenate([x, jnp.sqrt(penalty) * jnp.eye(width, dtype=x.dtype)]))
    return jax.scipy.linalg.solve_triangular(r, q[:rows].T @ y)
