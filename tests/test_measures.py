"""What is measured on one seed, against plain NumPy or by hand."""

import jax
import jax.numpy as jnp
import numpy as np
from conftest import SMALL, forward

import prune_utils as pu
from prune_utils import measures


def right(params, data):
    _, outputs = forward(params, data.x)
    return (outputs.argmax(axis=1) == np.asarray(data.y)).mean()


def test_arms_are_named_as_in_the_report(e):
    arms = measures.arms(e, "std")
    assert tuple(arms) == measures.ARMS
    assert arms["full"] is e.full.params and arms["fine_tune"] is e.branches["std"].fine_tune.params
    assert arms["train_prune"] is e.branches["std"].train_prune
    assert arms["prune_train"] is e.branches["std"].prune_train.params


def test_accuracies_and_outputs_take_networks_of_any_width(e):
    networks = measures.arms(e, "random")
    for name, value in measures.accuracies(networks, e.test).items():
        np.testing.assert_allclose(value, right(networks[name], e.test), rtol=1e-6)
    for name, value in measures.outputs(networks, e.test.x).items():
        np.testing.assert_allclose(value, forward(networks[name], e.test.x)[1], rtol=1e-3, atol=1e-4)


def test_pruning_change_is_relative_to_the_largest_logit(e):
    keep = e.branches["random"].keep
    before = forward(e.full.params, e.data.x)[1]
    after = forward(pu.prune(e.full.params, keep, e.acts, "none"), e.data.x)[1]
    value = measures.pruning_change(e.full.params, e.acts, keep, e.data.x, "none")
    np.testing.assert_allclose(value, np.abs(after - before).max() / np.abs(before).max(), rtol=1e-4)
    every = (jnp.arange(6), jnp.arange(5))
    assert measures.pruning_change(e.full.params, e.acts, every, e.data.x, "mean") < 1e-6


def test_map_change_counts_new_classes_and_visible_changes():
    # Probabilities of class 1: one half each; then the same, hardly more, visibly more, visibly less.
    first = jnp.array([[0.0, -0.01]] * 4)
    second = jnp.array([[0.0, -0.01], [0.0, 0.01], [0.0, 1.0], [0.0, -1.0]])
    np.testing.assert_allclose(measures.map_change(first, second), [0.5, 0.5])
    np.testing.assert_allclose(measures.map_change(first, second, visible=0.001), [0.5, 0.75])


def test_idleness_of_a_dead_and_a_living_unit():
    # Unit 0 is active; unit 1 has the pre-activation -5 at x = 0, its own weights the length 13.
    params = {
        "Dense_0": {"kernel": jnp.array([[1.0, 12.0], [0.0, 0.0]]), "bias": jnp.array([1.0, -5.0])},
        "Dense_1": {"kernel": jnp.array([[1.0, -1.0], [1.0, 1.0]]), "bias": jnp.zeros(2)},
    }
    data = pu.Dataset(jnp.zeros((1, 2)), jnp.zeros(1, jnp.int32))
    acts = pu.hidden_activations(pu.model_of(params), params, data.x)
    idle = measures.idleness(pu.model_of(params), params, data, acts, (jnp.array([1, 0]),))
    np.testing.assert_array_equal(idle["dead"], [True, False])
    np.testing.assert_allclose(idle["distance"], [5 / 13, 0])
    assert idle["gradient"][0] == 0 and idle["gradient"][1] > 0


def test_loss_rises_are_those_of_perturbed_units(e):
    key, units = jax.random.key(7), (jnp.array([0, 2]), jnp.array([1]))
    rises = measures.loss_rises(key, e.full.params, e.data, units, (0.5, 2.0))
    base = pu.loss(SMALL.model, e.full.params, e.data)
    for size, rise in zip((0.5, 2.0), rises, strict=True):
        moved = pu.perturb_units(key, e.full.params, units, size)
        np.testing.assert_allclose(rise, pu.loss(SMALL.model, moved, e.data) - base, rtol=1e-4, atol=1e-6)


def test_criterion_overview_names_every_criterion(e):
    overview = measures.criterion_overview(e, SMALL.criteria)
    assert set(overview) == {"full", "std", "random", "dead"}
    np.testing.assert_allclose(overview["std"], right(e.branches["std"].train_prune, e.test), rtol=1e-6)
    dead = np.concatenate([(np.asarray(layer) == 0).all(axis=0) for layer in e.acts])
    np.testing.assert_allclose(overview["dead"], dead.mean(), rtol=1e-6)


def test_kernel_pair_holds_the_kernel_of_both_orders(e):
    branch = e.branches["std"]
    pair = measures.kernel_pair(jax.random.key(1), branch, e.data)
    kernels = [np.asarray(p["Dense_1"]["kernel"]) for p in (branch.init, branch.train_prune, branch.prune_train.params)]
    for name, kernel in zip(("init", "train_prune", "prune_train"), kernels, strict=True):
        np.testing.assert_array_equal(pair[name], kernel)
    init, first, second = (kernel.ravel() for kernel in kernels)
    np.testing.assert_allclose(pair["r"], np.corrcoef(first, second)[0, 1], atol=1e-5)
    np.testing.assert_allclose(pair["r_moves"], np.corrcoef(first - init, second - init)[0, 1], atol=1e-5)
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
    same, others = measures.same_roles(first, second)
    np.testing.assert_allclose(same, 2 / 3)  # the third changed its role, the fourth does not vary in the first
    # first in one and third in the other; third in one and second in the other
    np.testing.assert_allclose(others, 2 / 6)
    assert np.isnan(measures.same_roles((still[:, None],), (wave[:, None],))[0])
