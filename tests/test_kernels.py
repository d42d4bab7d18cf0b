"""The kernels of both orders, against plain NumPy or by hand."""

import jax
import jax.numpy as jnp
import numpy as np
from conftest import forward

from prune_utils.roles import same_roles
from prune_utils.studies.kernels import kernel_pair


def test_kernel_pair_holds_the_kernel_of_both_orders(e):
    branch = e.branches["std"]
    pair = kernel_pair(jax.random.key(1), branch, e.data)
    kernels = [
        np.asarray(p["Dense_1"]["kernel"])
        for p in (branch.init, branch.train_prune, branch.prune_train.params)
    ]
    for name, kernel in zip(("init", "train_prune", "prune_train"), kernels, strict=True):
        np.testing.assert_array_equal(pair[name], kernel)
    init, first, second = (kernel.ravel() for kernel in kernels)
    np.testing.assert_allclose(pair["r"], np.corrcoef(first, second)[0, 1], atol=1e-5)
    np.testing.assert_allclose(
        pair["r_moves"], np.corrcoef(first - init, second - init)[0, 1], atol=1e-5
    )
    np.testing.assert_allclose(pair["r_init"], np.corrcoef(init, second)[0, 1], atol=1e-5)
    assert pair["null"].shape == (20,) and 0 < pair["p"] <= 1
    start = [np.asarray(layer) for layer in forward(branch.init, e.data.x)[0]]
    np.testing.assert_array_equal(pair["apart"], (start[0] > 0).astype(int).T @ (start[1] > 0) == 0)
    np.testing.assert_array_equal(pair["asleep"], (start[1] == 0).all(axis=0))


def test_same_roles_compares_units_that_vary_in_both():
    wave, ramp = jnp.array([0.0, 1.0, 0.0, 1.0]), jnp.array([0.0, 1.0, 2.0, 3.0])
    still = jnp.full(4, 0.1)
    first = (jnp.stack([wave, ramp, ramp, still], axis=1),)
    second = (jnp.stack([3 * wave + 1, ramp, wave, ramp], axis=1),)
    same, others = same_roles(first, second, 0.7)
    # the third changed its role, the fourth does not vary in the first
    np.testing.assert_allclose(same, 2 / 3)
    # first in one and third in the other; third in one and second in the other
    np.testing.assert_allclose(others, 2 / 6)
    assert np.isnan(same_roles((still[:, None],), (wave[:, None],), 0.7)[0])
