"""Adam's answers to few gradients: the closed form against optax, and by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, strategies as st

import prune_utils as pu
from prune_utils.adam import ADAM_FORMS, adam_as, adam_response, single_gradient_displacements

BETAS = st.tuples(st.floats(0.0, 0.98), st.floats(0.5, 0.9999))


def driven(optimizer, gradients):
    """The displacement of one weight against its gradients, at a learning rate of one, by the
    optimizer itself."""
    with jax.numpy_dtype_promotion("standard"):
        transformation, weight = optimizer(1.0), jnp.zeros(())
        state, path = transformation.init(weight), []
        update = jax.jit(transformation.update)
        for gradient in gradients:
            move, state = update(jnp.float32(gradient), state, weight)
            weight = weight + move
            path.append(-float(weight))
    return np.array(path)


def test_one_gradient_at_the_first_step_moves_six_learning_rates():
    curve = np.asarray(pu.adam_impulse_response(1000))
    np.testing.assert_allclose(curve[0], 1, rtol=1e-5)
    np.testing.assert_allclose(curve[-1], 6.0055, rtol=1e-4)
    assert (np.diff(curve) >= -1e-6).all()


def test_the_sum_is_the_formula_of_the_docstring():
    b1, b2, s, steps = 0.8, 0.99, 4, 60
    t = np.arange(1, steps + 1, dtype=np.float64)
    terms = (
        (1 - b1)
        / np.sqrt(1 - b2)
        * (b1 / np.sqrt(b2)) ** (t - s)
        * np.sqrt(1 - b2**t)
        / (1 - b1**t)
    )
    expected = np.cumsum(np.where(t >= s, terms, 0))
    np.testing.assert_allclose(
        pu.adam_impulse_response(steps, s, b1, b2, eps=0.0), expected, rtol=1e-4
    )


def test_late_gradients_reach_the_limit_without_bias_correction():
    limit = 0.1 / np.sqrt(0.001) / (1 - 0.9 / np.sqrt(0.999))
    np.testing.assert_allclose(
        pu.adam_impulse_response(500, form="uncorrected")[-1], limit, rtol=1e-3
    )
    np.testing.assert_allclose(pu.adam_impulse_response(10_000, 9_500)[-1], limit, rtol=1e-3)


@given(BETAS, st.integers(1, 30), st.floats(-6, 2), st.floats(-9, -2), st.booleans())
def test_a_single_gradient_agrees_with_optax(betas, first_step, size, eps, negative):
    (b1, b2), gradient, eps = betas, (-1 if negative else 1) * 10.0**size, 10.0**eps
    gradients = np.zeros(40, np.float32)
    gradients[first_step - 1] = gradient
    expected = driven(lambda rate: optax.adam(rate, b1, b2, eps), gradients)
    curve = pu.adam_impulse_response(40, first_step, b1, b2, eps, gradient)
    np.testing.assert_allclose(curve, expected, rtol=2e-3, atol=1e-6)


@given(st.lists(st.floats(-3, 3, width=32), min_size=12, max_size=12), BETAS)
def test_any_gradients_agree_with_optax(gradients, betas):
    b1, b2 = betas
    expected = driven(lambda rate: optax.adam(rate, b1, b2, 1e-3), gradients)
    np.testing.assert_allclose(
        adam_response(jnp.array(gradients), b1, b2, 1e-3), expected, rtol=2e-3, atol=2e-4
    )


@pytest.mark.parametrize("form", ADAM_FORMS)
def test_an_optimizer_of_each_form_moves_as_its_response(form):
    gradients = np.random.default_rng(1).normal(size=15).astype(np.float32) * 1e-3
    optimizer = adam_as(form, b1=0.8, b2=0.98, eps=1e-4)
    response = adam_response(jnp.asarray(gradients), 0.8, 0.98, 1e-4, form)
    np.testing.assert_allclose(driven(optimizer, gradients), response, rtol=1e-3, atol=1e-5)


def test_the_corrected_form_is_optax_adam():
    gradients = np.random.default_rng(2).normal(size=15).astype(np.float32)
    np.testing.assert_allclose(
        driven(adam_as("corrected"), gradients), driven(optax.adam, gradients), rtol=1e-5
    )


def test_without_epsilon_a_weight_without_gradient_stays():
    np.testing.assert_array_equal(driven(adam_as("corrected", eps=0.0), [0.0, 0.0]), [0, 0])


def test_forms_differ_as_their_papers_say():
    first = {form: float(pu.adam_impulse_response(1, eps=0.0, form=form)[0]) for form in ADAM_FORMS}
    np.testing.assert_allclose(first["corrected"], 1, rtol=1e-5)
    np.testing.assert_allclose(first["keras"], 1, rtol=1e-5)  # without ε the two are the same
    np.testing.assert_allclose(first["adamd"], 0.1, rtol=1e-4)  # m uncorrected: a tenth
    np.testing.assert_allclose(first["uncorrected"], 0.1 / np.sqrt(0.001), rtol=1e-4)


def test_single_gradient_displacements_interpolates_the_responses():
    gradients = np.array([[1e-3, -1e-6], [3e-8, -2e-7]])
    expected = [
        [float(pu.adam_impulse_response(50, gradient=g)[-1]) for g in row] for row in gradients
    ]
    np.testing.assert_allclose(single_gradient_displacements(gradients, 50), expected, rtol=1e-3)
    assert (np.sign(expected) == np.sign(gradients)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pu.adam_impulse_response(0), "steps: expected an integer of at least 1"),
        (
            lambda: pu.adam_impulse_response(5, first_step=6),
            "first_step: expected an integer from 1 to 5, got 6",
        ),
        (lambda: pu.adam_impulse_response(5, b1=1.0), "b1: expected a number from 0 to below 1"),
        (lambda: pu.adam_impulse_response(5, b2=-0.1), "b2: expected a number from 0 to below 1"),
        (
            lambda: pu.adam_impulse_response(5, form="mine"),
            "form: expected one of corrected, keras",
        ),
        (lambda: adam_response(jnp.zeros((2, 2))), r"gradients: expected shape \(steps,\)"),
        (lambda: adam_as("mine"), "form: expected one of"),
        (lambda: adam_as("corrected", eps=-1.0), "eps: expected a number of at least 0"),
        (
            lambda: pu.adam_impulse_response(5, gradient=0.0),
            "gradient: expected a number that is not zero",
        ),
        (
            lambda: single_gradient_displacements([0.0, 1.0], 5),
            "gradients: expected at least one number",
        ),
        (
            lambda: single_gradient_displacements([1.0], 0),
            "steps: expected an integer of at least 1",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
