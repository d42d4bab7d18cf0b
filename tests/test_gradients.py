"""Any optimizer's response to one gradient, and the record of gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from hypothesis import strategies as st

import prune_utils as pu
from prune_utils.gradients import recording, single_gradient_response

BETAS = st.tuples(st.floats(0.0, 0.98), st.floats(0.5, 0.9999))


def test_single_gradient_response_drives_any_optimizer():
    with jax.numpy_dtype_promotion("standard"):
        np.testing.assert_allclose(
            single_gradient_response(optax.adam, 100), pu.adam_impulse_response(100)[-1], rtol=1e-5
        )
        np.testing.assert_allclose(
            single_gradient_response(lambda rate: optax.sgd(rate, 0.9), 200, 2.0), 20, rtol=1e-5
        )


def test_recording_counts_gradients_and_changes_nothing():
    sequences = {"a": [0, 0, 2, 0, -1], "b": [3, 0, 0, 0, 0], "c": [0, 0, 0, 0, 0]}
    weights = {name: jnp.zeros(1) for name in sequences}
    with jax.numpy_dtype_promotion("standard"):
        watched, plain = recording(optax.adam)(0.1), optax.adam(0.1)
        state, plain_state = watched.init(weights), plain.init(weights)
        for row in zip(*sequences.values()):
            gradients = {name: jnp.array([float(g)]) for name, g in zip(sequences, row)}
            moves, state = watched.update(gradients, state, weights)
            expected, plain_state = plain.update(gradients, plain_state, weights)
            assert moves == expected
    record = state[0]
    seen = {
        name: [
            int(getattr(record, field)[name][0]) for field in ("count", "first", "last", "value")
        ]
        for name in sequences
    }
    assert seen == {"a": [2, 3, 5, 2], "b": [1, 1, 1, 3], "c": [0, 0, 0, 0]}
