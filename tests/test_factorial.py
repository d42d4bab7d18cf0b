"""Planted and prevented death, against plain NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import SMALL, forward

import prune_utils as pu
from prune_utils.drawing.factorial import factorial_chart
from prune_utils.studies.death_costs import below_a_point, death_table, factorial_table, judge_death
from prune_utils.studies.factorial import (
    CELLS,
    MEASURES,
    Cell,
    plant_dead,
    pruned_halves,
    warm_up,
)

KEY = jax.random.key(3)


def test_planted_units_never_wake(e):
    planted = plant_dead(KEY, e.init, 0.5)
    before = [np.asarray(planted[name]["bias"]) < 0 for name in ("Dense_0", "Dense_1")]
    assert [int(dead.sum()) for dead in before] == [3, 2]  # of 6 and of 5 units
    run = pu.train(SMALL.model, planted, e.data, pu.TrainConfig(0.1, steps=20))
    for dead, layer in zip(before, forward(run.params, e.data.x)[0], strict=True):
        assert (layer[:, dead] == 0).all() and layer.any()
    kernel = np.asarray(run.params["Dense_1"]["kernel"]), np.asarray(e.init["Dense_1"]["kernel"])
    moved = kernel[0] != kernel[1]
    assert not moved[before[0]].any() and not moved[:, before[1]].any() and moved.any()


def test_a_share_of_zero_or_one_plants_none_or_all(e):
    none, every = plant_dead(KEY, e.init, 0.0), plant_dead(KEY, e.init, jnp.float32(1))
    np.testing.assert_array_equal(none["Dense_0"]["bias"], e.init["Dense_0"]["bias"])
    assert (every["Dense_0"]["bias"] < 0).all() and not (every["Dense_2"]["bias"] < 0).any()
    with pytest.raises(ValueError, match="share"):
        plant_dead(KEY, e.init, 1.5)


def test_without_planting_it_is_the_experiment(e):
    found = pruned_halves(KEY, SMALL, 0.0, jax.nn.relu)
    np.testing.assert_allclose(found["full"], pu.accuracy(SMALL.model, e.full.params, e.test))
    pruned = e.branches["std"].train_prune
    np.testing.assert_allclose(found["std"], pu.accuracy(SMALL.small_model, pruned, e.test))
    dead = [(layer <= 0).all(axis=0) for layer in forward(e.full.params, e.data.x)[0]]
    np.testing.assert_allclose(found["never"], np.concatenate(dead).mean(), rtol=1e-6)


def test_units_without_a_flat_side_are_active():
    found = pruned_halves(KEY, SMALL, 0.0, jnp.abs)
    assert found["never"] == found["std_never"] == found["random_never"] == 0


def test_every_dropped_unit_can_be_dead():
    found = pruned_halves(KEY, SMALL, 0.6, jax.nn.relu)
    assert found["std_never"] == 1 and found["std"] == found["full"]


def test_the_learning_rate_warms_up():
    params = jnp.zeros(2)
    optimizer, moved = warm_up(0.5, steps=4), []
    state = optimizer.init(params)
    with jax.numpy_dtype_promotion("standard"):
        for _ in range(6):
            update, state = optimizer.update(jnp.ones(2), state)
            moved.append(float(-update[0]))
    np.testing.assert_allclose(moved, [0.125, 0.25, 0.375, 0.5, 0.5, 0.5], rtol=1e-4)


def test_a_cell_sets_the_rate_and_the_optimizer():
    settings = Cell(0.02, optimizer=warm_up).settings(SMALL)
    assert (settings.train.learning_rate, settings.train.optimizer) == (0.02, warm_up)
    assert settings.features == SMALL.features
    assert set(MEASURES) == {cell.activation for cell in CELLS.values()}


def cells(**costs):
    """A factorial in which std pruning at 0.01 costs the less the more is planted, else nothing,
    or as given; only |x| prevents death."""
    rng, found = np.random.default_rng(0), {}
    falling = {"0.01, ReLU": 0.4, "0.01, 20 % planted dead": 0.3, "0.01, 40 % planted dead": 0.1}
    costs = falling | costs
    for name in CELLS:
        full = 0.98 + 0.001 * rng.normal(size=12)
        found[name] = {
            "full": full,
            "std": full - costs.get(name, 0.0) - 0.001 * rng.uniform(size=12),
            "random": full - 0.3,
            "never": np.full(12, 0.0 if "|x|" in name else 0.3) + 0.001 * rng.uniform(size=12),
            "std_never": np.full(12, 0.5),
        }
    return found


@pytest.mark.parametrize(
    ("costs", "decides"),
    [
        ({"0.1, |x|": 0.05, "0.01, |x|": 0.3}, True),
        ({"0.1, |x|": 0.0}, False),  # harmless without death
        ({"0.1, |x|": 0.0095}, False),  # open
        ({"0.1, |x|": 0.05, "0.01, 50 % planted dead": 0.05}, False),  # harmful with death
        ({"0.1, |x|": 0.05, "0.01, 40 % planted dead": 0.3}, False),  # a step without a fall
        ({"0.1, |x|": 0.05, "0.1, GELU": 0.0}, True),  # where death is not prevented
    ],
)
def test_death_decides_only_if_both_interventions_agree(costs, decides):
    death = judge_death(cells(**costs))
    assert death.decides is decides
    assert death.undecided == ["0.1, ReLU, warm-up", "0.1, leaky ReLU", "0.1, GELU"]
    expected = costs.get("0.01, |x|", 0) - costs["0.1, |x|"]
    assert death.rate.mean == pytest.approx(expected, abs=0.002)


def test_nothing_is_decided_if_no_cell_prevents_death():
    found = cells(**{"0.1, |x|": 0.05})
    found["0.1, |x|"]["never"] += 0.5
    assert not judge_death(found).decides


def test_the_chart_and_the_table_show_every_cell():
    found = cells()
    rows = factorial_table(found)
    assert list(rows) == list(CELLS)
    np.testing.assert_allclose(rows["0.01, ReLU"]["std pruning costs"], 0.4, atol=0.002)
    steps = [row["less"].mean for row in death_table(judge_death(found)).values()]
    np.testing.assert_allclose(steps, [0.1, 0.2, 0.1, 0], atol=0.002)
    assert rows["0.01, ReLU"]["less than a point"] == "no"
    assert rows["0.1, ReLU"]["less than a point"] == "yes"
    assert below_a_point(pu.Interval(0.01, 0.005, 0.02, 8)) == "open"
    idle, costs = factorial_chart(found).axes
    np.testing.assert_allclose([bar.get_width() for bar in idle.patches], 0.5)
    drawn = costs.containers[0][0].get_xdata(orig=False)
    np.testing.assert_allclose(drawn[:2], [0.4, 0.3], atol=0.002)
