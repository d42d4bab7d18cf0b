"""The convolution for training is the convolution."""

import jax
import numpy as np
import pytest
from flax import linen as nn

from prune_utils.convolution import windowed

LAYOUT = ("NHWC", "HWIO", "NHWC")


@pytest.mark.parametrize("size", [(3, 3), (1, 1), (2, 5)])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("padding", ["SAME", "VALID", ((1, 0), (2, 3))])
def test_it_is_the_convolution_and_so_are_its_gradients(size, strides, padding):
    x_key, kernel_key, slope_key = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(x_key, (2, 7, 6, 3))
    kernel = jax.random.normal(kernel_key, (*size, 3, 4))

    def expected(x, kernel):
        return jax.lax.conv_general_dilated(x, kernel, strides, padding, dimension_numbers=LAYOUT)

    found, pull = jax.vjp(lambda x, kernel: windowed(x, kernel, strides, padding), x, kernel)
    value, wanted = jax.vjp(expected, x, kernel)
    np.testing.assert_allclose(found, value, atol=1e-5)
    slope = jax.random.normal(slope_key, value.shape)
    for ours, theirs in zip(pull(slope), wanted(slope), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("option", [{"kernel_dilation": 2}, {"feature_group_count": 3}])
def test_what_it_cannot_do_is_refused(option):
    layer = nn.Conv(3, (3, 3), conv_general_dilated=windowed, **option)
    with pytest.raises(ValueError, match="expected a convolution without dilation"):
        layer.init(jax.random.key(0), np.zeros((1, 8, 8, 3), np.float32))
