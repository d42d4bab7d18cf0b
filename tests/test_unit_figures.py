"""The figures of notebook 08 show the numbers they are given."""

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import SMALL, stacked

from prune_utils.drawing import ladder, unit_kinds
from prune_utils.drawing.style import use_style

RNG = np.random.default_rng(0)
CRITERIA = ("apoz", *ladder.CRITERION_COLOURS)
RUNGS = tuple(ladder.RUNG_NAMES)
COUNTS = (50, 30, 10)
TABLES = {
    rate: {rung: RNG.uniform(size=(4, len(CRITERIA), 3)) for rung in RUNGS} for rate in (0.1, 0.01)
}


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        use_style()
        yield


def points(ax):
    """The (x, y) data of every curve with a label."""
    return {c.get_label(): c.lines[0].get_xydata() for c in ax.containers}


def test_the_ladder_has_a_row_a_rung_and_a_column_a_rate():
    full = {rate: np.array([0.8, 1.0]) for rate in TABLES}
    figure = ladder.ladder_figure(COUNTS, TABLES, full, CRITERIA)
    figure.canvas.draw()
    assert len(figure.axes) == 6
    curve = points(figure.axes[3])["std"]  # second row, second column
    expected = TABLES[0.01]["mean"][:, CRITERIA.index("std")].mean(axis=0)
    np.testing.assert_allclose(curve, np.stack([COUNTS, expected], axis=1))
    assert "apoz" not in points(figure.axes[0])
    assert figure.axes[0].xaxis_inverted()


def test_the_reach_stands_at_its_mean_in_the_row_of_its_words():
    table = {
        rung: {name: np.array([50, 70]) for name in ladder.CRITERION_COLOURS} for rung in RUNGS
    }
    table["least_squares"]["unexplained"] = np.array([8, 12])
    figure = ladder.reach_figure({0.1: table, 0.01: table})
    figure.canvas.draw()
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == list(ladder.WAYS)
    found = points(figure.axes[1])["units"]
    np.testing.assert_allclose(found, [[60, 0], [60, 1], [60, 2], [60, 3], [10, 4]])


def test_harm_and_switching_stand_beside_each_other():
    change = {"0.1, 50 kept": {"mean": np.array([-0.2, -0.4])}}
    share = {"0.1, 50 kept": {"mean": np.array([0.2, 0.4]), "deleted": np.array([0.6, 0.8])}}
    figure = ladder.shifts_figure(change, share)
    figure.canvas.draw()
    np.testing.assert_allclose(points(figure.axes[0])["mean"][0, 0], -0.3)
    np.testing.assert_allclose(points(figure.axes[1])["deleted"][0, 0], 0.7)


def test_needed_units_stand_over_the_dimension():
    arms = ("untrained", "shuffled", "trained")
    table = {d: {arm: RNG.uniform(size=(4, 2)) for arm in arms} for d in (2, 5, 20)}
    figure = unit_kinds.dimension_figure({"spirals": table, "blobs": table})
    figure.canvas.draw()
    curve = points(figure.axes[1])["trained"]  # spirals, second layer
    expected = [found["trained"][:, 1].mean() for found in table.values()]
    np.testing.assert_allclose(curve, np.stack([(2, 5, 20), expected], axis=1))


def test_kinds_are_stacked_to_the_width():
    shares = dict(zip(unit_kinds.KINDS, RNG.dirichlet(np.ones(3), size=5).T))
    figure = unit_kinds.kinds_figure({"0.1": (shares, 100), "width 25": (shares, 25)})
    figure.canvas.draw()
    heights = np.array([bar.get_height() for bar in figure.axes[0].patches]).reshape(3, 2)
    np.testing.assert_allclose(heights[:, 0], [100 * v.mean() for v in shares.values()])
    np.testing.assert_allclose(heights.sum(axis=0), [100, 25])


def test_every_unit_is_counted_beside_its_bound():
    rise, bound = 10 ** RNG.uniform(-8, 0, size=(2, 50))
    figure = unit_kinds.certificate_figure({0.1: (-rise, bound), 0.01: (rise, bound)})
    figure.canvas.draw()
    for ax in figure.axes:
        assert ax.collections[0].get_array().sum() == 50


def test_an_example_shows_the_network_with_and_without_its_unit(monkeypatch):
    # one input is all that counts: unit 0 carries it, unit 1 is dead
    params = {
        "Dense_0": {
            "kernel": np.array([[1.0, 0.0], [0.0, 0.0]], np.float32),
            "bias": np.array([2.0, -1.0], np.float32),
        },
        "Dense_1": {
            "kernel": np.array([[0.0, 3.0], [0.0, 0.0]], np.float32),
            "bias": np.array([6.0, 0.0], np.float32),
        },
    }
    data = SMALL.task(*jax.random.split(jax.random.key(0)))[0]
    networks = stacked((params, data), (params, data))
    numbers = {name: np.zeros((2, 1, 2)) for name in ("std", "rise", "rise_test")}
    numbers["std"][1, 0, 0] = 0.25
    seen = []
    monkeypatch.setattr(unit_kinds, "difference_map", lambda ax, *maps: seen.append(maps))
    examples = {"P17": (1, 0, 1), "P19": (1, 0, 0)}
    figure = unit_kinds.exceptions_figure(examples, networks, numbers)
    figure.canvas.draw()
    assert figure.axes[3].get_title() == "P19: seed 1, layer 1, unit 0"
    assert figure.axes[4].get_title() == "its activation, std 0.25"
    np.testing.assert_allclose(seen[0][0], seen[0][1], atol=1e-6)  # a dead unit is not missed
    axis = np.linspace(-1.2, 1.2, 120)
    chance = 1 / (1 + np.exp(-3 * axis))
    np.testing.assert_allclose(seen[1][0], np.tile(chance, (120, 1)), atol=1e-5)
    mean = np.asarray(data.x)[:, 0].mean()
    np.testing.assert_allclose(seen[1][1], 1 / (1 + np.exp(-3 * mean)), atol=1e-5)
    np.testing.assert_allclose(
        figure.axes[4].images[0].get_array(), np.tile(axis + 2, (120, 1)), atol=1e-5
    )
