"""The notebooks' whole figures show the numbers that they are given."""

from types import SimpleNamespace

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest

import prune_utils as pu
from prune_utils.drawing import curves, kernels, overviews, units
from prune_utils.drawing.style import use_style
from prune_utils.studies.arms import ARMS
from prune_utils.studies.dashes import Diagonal

RNG = np.random.default_rng(0)
DATA = pu.spirals(jax.random.key(0), 5)
MODEL = pu.MLP((6, 5, 2))
PARAMS = pu.init_params(MODEL, jax.random.key(1), DATA.x)
ACTS = pu.hidden_activations(MODEL, PARAMS, DATA.x)
SEEDS = {arm: RNG.uniform(size=6) for arm in ARMS}
MAPS = {arm: RNG.uniform(size=(3, 8, 8)) for arm in ARMS}
IDLE = {
    "gradient": RNG.uniform(size=(4, 5)) * np.arange(5),
    "distance": RNG.uniform(size=(4, 5)),
    "dead": RNG.uniform(size=(4, 5)) > 0.5,
}
RATE = {name: RNG.uniform(size=6) for name in ("full", "std", "random", "dead")}
RUN = SimpleNamespace(
    data=DATA,
    full=SimpleNamespace(loss=RNG.uniform(0.1, 1, size=9)),
    test_loss=RNG.uniform(0.1, 1, size=3),
    test_accuracy=RNG.uniform(size=3),
)
KERNELS = dict(zip(("train_prune", "prune_train"), RNG.normal(size=(2, 4, 3))))
DIAGONAL = Diagonal(np.linspace(-1, 1, 9), *RNG.uniform(size=(2, 3, 8)), {}, {})

# what is drawn, and how many axes it takes
DRAWN = {
    "data": (lambda: overviews.data_figure(DATA, DATA), 3),
    "architecture": (lambda: overviews.architecture_figure((5, 4, 2)), 1),
    "paired_panels": (lambda: overviews.paired_panels({"a": SEEDS, "b": SEEDS}, ratios=(1, 2)), 2),
    "dots": (lambda: overviews.dots_figure(SEEDS, "r", 0.5, "prune", means=True, ylim=(0, 1)), 1),
    "seeds": (lambda: overviews.seeds_figure(MAPS, range(1, 3)), 8),
    "changes": (lambda: overviews.changes_figure({a: m[0] for a, m in MAPS.items()}, DATA), 8),
    "trained": (lambda: curves.trained_figure(MAPS["full"][0], RUN, (0, 3, 8)), 4),
    "deaths": (lambda: curves.deaths_figure((0, 3, 8), RNG.uniform(size=(6, 2, 3))), 2),
    "folding": (lambda: curves.folding_figure((9, 5), *RNG.uniform(size=(2, 6, 2))), 2),
    "units": (lambda: units.units_figure(PARAMS, ACTS, [(0, np.arange(3)), (1, [4, 0])], 3, 1), 1),
    "idle": (
        lambda: units.idle_figure(
            {"dropped": IDLE, "kept": IDLE},
            dict(zip(("dropped", "kept"), RNG.uniform(size=(2, 4, 2)))),
            (0.1, 1),
        ),
        3,
    ),
    "pair": (
        lambda: kernels.pair_figure(
            KERNELS | {"touched": np.arange(12).reshape(4, 3) % 4}, np.ones((4, 4)), 9
        ),
        3,
    ),
    "dashes": (lambda: kernels.dashes_figure(DIAGONAL, 0.2, 0.6), 1),
    "shift": (
        lambda: kernels.shift_figure(
            *RNG.uniform(-0.1, 0.1, (2, 9)), 0.1, RATE["std"], RATE["full"]
        ),
        3,
    ),
    "width": (
        lambda: curves.width_figure({2: RATE["full"], 8: RATE["std"]}, SEEDS["full"], RATE["dead"]),
        1,
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_drawn_without_a_warning(name):
    with plt.rc_context():
        use_style()
        draw, axes = DRAWN[name]
        figure = draw()
        figure.canvas.draw()
        assert len(figure.axes) == axes


def test_dots_figure_greys_what_is_faint():
    figure = overviews.dots_figure({"a": [1, 2], "a, shuffled": [3, 4]}, "r", 0, "shuffled")
    dots = figure.axes[0].collections
    assert [c.get_facecolor()[0, :3].tolist() for c in dots] == [[0, 0, 0], [187 / 255] * 3]
    np.testing.assert_array_equal(dots[1].get_offsets()[:, 1], [3, 4])


def test_seeds_figure_names_arms_and_seeds():
    axes = overviews.seeds_figure(MAPS, range(1, 3)).axes
    assert [ax.get_title() for ax in axes] == ["seed 1", "seed 2"] + [""] * (len(axes) - 2)
    assert [ax.get_ylabel() for ax in axes[::2]] == list(MAPS)


def test_units_figure_says_which_units_are_dead():
    acts = (np.array([[0.0, 1.0], [0.0, 3.0]]), *ACTS[1:])
    params = PARAMS
    figure = units.units_figure(params, acts, [(0, [1, 0])], 2, 1)
    assert [text.get_text() for text in figure.axes[0].texts] == ["1.00", "dead"]


def test_deaths_figure_shows_every_seed():
    dead = RNG.uniform(size=(6, 2, 3))
    lines = curves.deaths_figure((0, 3, 8), dead).axes[1].get_lines()
    np.testing.assert_array_equal([line.get_ydata() for line in lines[:6]], dead[:, 1])
