from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest import assert_close, assert_identical, differs, forward, random_params, stacked, take

import prune_utils as pu
from prune_utils.training import activation_gradients

MODEL = pu.MLP((6, 4, 2))
DATA = pu.Dataset(*jax.device_get(pu.spirals(jax.random.key(0), 10)))
PARAMS = random_params(np.random.default_rng(0), (2, 6, 4, 2))


def config(steps, **changes):
    return pu.TrainConfig(**{"learning_rate": 0.01, "steps": steps, **changes})


def softmax(outputs):
    e = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_loss_is_the_mean_cross_entropy_and_accuracy_the_fraction_of_right_classes():
    probability = softmax(forward(PARAMS, DATA.x)[1])
    expected = -np.log(probability[np.arange(20), DATA.y]).mean()
    assert_close(pu.loss(MODEL, PARAMS, DATA), expected)
    assert float(pu.accuracy(MODEL, PARAMS, DATA)) == pytest.approx(
        (probability.argmax(axis=1) == DATA.y).mean()
    )


def test_defaults_are_the_reports():
    assert pu.TrainConfig() == pu.TrainConfig(
        learning_rate=0.1, steps=1000, optimizer=optax.adam, snapshot_steps=()
    )


# Full-batch training equals the same calls of optax in a Python loop; the tolerance is for five
# steps in float32.

OPTIMIZERS = {
    "adam": optax.adam,
    "sgd": optax.sgd,
    "momentum": partial(optax.sgd, momentum=0.9),
    "adamw": partial(optax.adamw, weight_decay=0.1),
}


@jax.jit
@jax.value_and_grad
def cross_entropy(params, data):
    v = data.x
    for i in range(3):
        v = v @ params[f"Dense_{i}"]["kernel"] + params[f"Dense_{i}"]["bias"][None, :]
        v = jnp.where(v > 0, v, 0.0) if i < 2 else v
    return -jnp.take_along_axis(jax.nn.log_softmax(v), data.y[:, None], axis=1).mean()


apply_updates = jax.jit(optax.apply_updates)


def python_loop(params, data, optimizer, steps):
    """(params, losses before each step, optimizer state) of a training by hand."""

    update, state, losses = jax.jit(optimizer.update), optimizer.init(params), []
    for _ in range(steps):
        value, gradient = cross_entropy(params, data)
        with jax.numpy_dtype_promotion("standard"):
            updates, state = update(gradient, state, params)
        params = apply_updates(params, updates)
        losses.append(value)
    return params, np.stack(losses), state


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_under_vmap_equals_a_python_loop(name):
    optimizer = OPTIMIZERS[name]
    stack = stacked(
        *(random_params(np.random.default_rng(seed), (2, 6, 4, 2)) for seed in range(3))
    )
    runs = jax.vmap(lambda params: pu.train(MODEL, params, DATA, config(5, optimizer=optimizer)))(
        stack
    )
    for i in range(3):
        run = take(runs, i)
        params, losses, state = python_loop(take(stack, i), DATA, optimizer(0.01), 5)
        assert_close(run.params, params, 1e-4)
        assert_close(run.loss, losses, 1e-5)
        assert_close(run.opt_state, state, 1e-3)


def test_loss_is_recorded_before_each_step():
    run = pu.train(MODEL, PARAMS, DATA, config(3))
    assert run.loss.shape == (3,)
    assert_close(run.loss[0], pu.loss(MODEL, PARAMS, DATA))
    assert_close(pu.train(MODEL, PARAMS, DATA, config(1)).loss[0], run.loss[0])


def test_training_learns():
    run = pu.train(MODEL, PARAMS, DATA, config(300, learning_rate=0.03))
    assert run.loss[-1] < 0.6 * run.loss[0]


def test_training_twice_gives_the_same_bits_and_changes_nothing_it_was_given():
    before = jax.device_get(PARAMS)
    once, again = (
        pu.train(MODEL, PARAMS, DATA, config(30, snapshot_steps=(0, 7))) for _ in range(2)
    )
    assert_identical(once, again)
    assert_identical(jax.device_get(PARAMS), before)


@pytest.mark.parametrize("wanted", [(0, 1, 4, 10), (0,), range(1, 5, 3), np.arange(3)])
def test_snapshots_are_the_parameters_of_shorter_trainings(wanted):
    run = jax.device_get(pu.train(MODEL, PARAMS, DATA, config(10, snapshot_steps=wanted)))
    for slot, steps in enumerate(wanted):
        snapshot = take(run.snapshots, slot)
        if steps == 0:
            assert_identical(snapshot, jax.device_get(PARAMS))
        elif steps == 10:
            assert_identical(snapshot, run.params)
        else:
            assert_close(snapshot, pu.train(MODEL, PARAMS, DATA, config(steps)).params, 1e-5)
    assert all(leaf.shape[0] == len(wanted) for leaf in jax.tree.leaves(run.snapshots))


def test_snapshots_do_not_disturb_training():
    with_, without = (
        pu.train(MODEL, PARAMS, DATA, config(10, snapshot_steps=s)) for s in ((2, 5), ())
    )
    assert_close(with_.params, without.params, 1e-5)
    assert all(leaf.shape[0] == 0 for leaf in jax.tree.leaves(without.snapshots))


def test_a_new_learning_rate_start_or_data_compiles_nothing():
    traced = []

    def optimizer(rate):
        traced.append(rate)
        return optax.sgd(rate)

    runs = [
        pu.train(MODEL, PARAMS, DATA, config(4, optimizer=optimizer)),
        pu.train(MODEL, PARAMS, DATA, config(4, optimizer=optimizer, learning_rate=0.2)),
        pu.train(MODEL, jax.tree.map(jnp.negative, PARAMS), DATA, config(4, optimizer=optimizer)),
        pu.train(
            pu.MLP((6, 4, 2)),
            PARAMS,
            pu.Dataset(-DATA.x, 1 - DATA.y),
            config(4, optimizer=optimizer),
        ),
    ]
    assert len(traced) == 1  # the optimizer is built once, while tracing
    assert all(differs(runs[0].params, run.params) for run in runs[1:])
    pu.train(MODEL, PARAMS, DATA, config(5, optimizer=optimizer))
    assert len(traced) == 2


def test_batches_take_turns_and_an_epoch_sees_every_point():
    def by_hand(steps):
        params, state = PARAMS, optax.sgd(0.01).init(PARAMS)
        for step in range(steps):
            batch = jax.tree.map(lambda leaf: leaf[step % 4 :: 4], DATA)  # 5 of 20 points
            _, gradient = cross_entropy(params, batch)
            updates, state = optax.sgd(0.01).update(gradient, state)
            params = apply_updates(params, updates)
        return params

    for steps in (1, 6):
        run = pu.train(MODEL, PARAMS, DATA, config(steps, optimizer=optax.sgd, batch_size=5))
        assert_close(run.params, by_hand(steps))


@pytest.mark.parametrize("size", [3, 40])
def test_a_batch_size_that_does_not_divide_the_points_is_refused(size):
    with pytest.raises(
        ValueError, match=f"batch_size: expected a divisor of the 20 points, got {size}"
    ):
        pu.train(MODEL, PARAMS, DATA, config(2, batch_size=size))


def test_the_learning_rate_can_be_traced():
    rates = jnp.array([0.001, 0.1])
    train = jax.vmap(
        lambda params, rate: pu.train(MODEL, params, DATA, config(4, learning_rate=rate)),
        in_axes=(None, 0),
    )
    runs = train(PARAMS, rates)
    for i in range(2):
        one = pu.train(MODEL, PARAMS, DATA, config(4, learning_rate=float(rates[i])))
        assert_close(take(runs.params, i), one.params, 1e-4)


def test_training_runs_under_jit_on_constants_of_the_enclosing_function():
    # Within `jax.jit` JAX traces operations on concrete arrays, too: checks of values must not use
    # it.
    inside = jax.jit(lambda: pu.train(MODEL, PARAMS, DATA, config(4)).params)()
    assert_close(inside, pu.train(MODEL, PARAMS, DATA, config(4)).params, 1e-4)


def test_training_goes_on_exactly_where_it_stopped():
    whole = pu.train(MODEL, PARAMS, DATA, config(100))
    half = pu.train(MODEL, PARAMS, DATA, config(50))
    rest = pu.train(MODEL, half.params, DATA, config(50), half.opt_state)
    assert_identical((rest.params, rest.opt_state), (whole.params, whole.opt_state))
    np.testing.assert_array_equal(np.concatenate([half.loss, rest.loss]), whole.loss)


# Gradients with respect to hidden activations


def test_activation_gradients_are_those_of_a_hand_written_tail():
    gradients = activation_gradients(MODEL, PARAMS, DATA)
    acts = pu.hidden_activations(MODEL, PARAMS, DATA.x)
    assert [g.shape for g in gradients] == [a.shape for a in acts] == [(20, 6), (20, 4)]

    def tail(h, layer):
        for i in range(layer + 1, 3):
            h = h @ PARAMS[f"Dense_{i}"]["kernel"] + PARAMS[f"Dense_{i}"]["bias"][None, :]
            h = jnp.maximum(h, 0.0) if i < 2 else h
        return -jnp.take_along_axis(jax.nn.log_softmax(h), DATA.y[:, None], axis=1).mean()

    for layer in range(2):
        assert_close(
            gradients[layer], jax.jit(jax.grad(tail), static_argnums=1)(acts[layer], layer)
        )


def test_activation_gradients_agree_with_finite_differences():
    gradients = activation_gradients(MODEL, PARAMS, DATA)

    def loss_with(layer, point, unit, shift):
        def replace(at, h):
            if at == layer:
                h = h.copy()
                h[point, unit] += shift
            return h

        return -np.log(softmax(forward(PARAMS, DATA.x, replace)[1])[np.arange(20), DATA.y]).mean()

    for layer, point, unit in ((0, 3, 1), (0, 17, 5), (1, 0, 0), (1, 12, 2)):
        slope = (loss_with(layer, point, unit, 1e-5) - loss_with(layer, point, unit, -1e-5)) / 2e-5
        assert float(gradients[layer][point, unit]) == pytest.approx(slope, rel=1e-3, abs=1e-7)


def test_activation_gradients_keep_the_order_of_more_than_ten_layers():
    # A dict under jax.grad is sorted by spelling: "hidden_10" before "hidden_2".
    widths = tuple(range(4, 16))
    params = random_params(np.random.default_rng(0), (2, *widths, 2))
    gradients = jax.jit(activation_gradients, static_argnums=0)(pu.MLP((*widths, 2)), params, DATA)
    assert [g.shape[1] for g in gradients] == list(widths)


def test_labels_without_an_output_and_empty_data_are_refused():
    with pytest.raises(ValueError, match=r"data\.y: expected classes from 0 to 1"):
        pu.train(MODEL, PARAMS, pu.Dataset(DATA.x, DATA.y + 1), config(1))
    with pytest.raises(ValueError, match="data: expected"):
        pu.train(MODEL, PARAMS, pu.Dataset(DATA.x[:0], DATA.y[:0]), config(1))


@pytest.mark.parametrize(
    "rate", [-0.1, float("nan"), float("inf"), np.float32(-1), jnp.float32(-1)]
)
def test_a_learning_rate_below_zero_or_not_finite_is_refused(rate):
    with pytest.raises(ValueError, match=r"^learning_rate: expected a finite number"):
        config(1, learning_rate=rate)


def test_a_traced_learning_rate_is_taken_as_it_is():
    assert jax.jit(lambda rate: config(1, learning_rate=rate).learning_rate)(-1.0) == -1
