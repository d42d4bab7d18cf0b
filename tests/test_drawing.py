import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest

import prune_utils as pu
from prune_utils.drawing.charts import (
    dots,
    forest,
    interval_curve,
    kernel_scatter,
    paired_arms,
    phase_diagram,
)
from prune_utils.drawing.maps import (
    architecture,
    class_probability,
    decision_map,
    difference_map,
    unit_maps,
)
from prune_utils.drawing.style import use_style

RNG = np.random.default_rng(0)
MAP = np.add.outer(np.linspace(0, 0.6, 8), np.linspace(0, 0.4, 8))
KERNELS = RNG.normal(size=(2, 4, 3))
DATA = pu.spirals(jax.random.key(0), 5)

DRAWN = {
    "decision_map": lambda ax: decision_map(ax, MAP, DATA, "title"),
    "decision_map without a boundary": lambda ax: decision_map(ax, np.zeros((8, 8))),
    "difference_map": lambda ax: difference_map(ax, MAP, MAP.T, "title"),
    "difference_map without a boundary": lambda ax: difference_map(ax, np.zeros((8, 8)), MAP),
    "unit_maps": lambda ax: unit_maps(
        RNG.uniform(size=(5, 6, 6)) * np.arange(5)[:, None, None], list("abcde"), columns=3
    ),
    "architecture": lambda ax: architecture(ax, (100, 5, 2)),
    "paired_arms": lambda ax: paired_arms(
        ax, {"full": RNG.uniform(size=6), "mine": RNG.uniform(size=6)}, "accuracy"
    ),
    "interval_curve": lambda ax: interval_curve(
        ax, (1, 2), (RNG.uniform(size=6), RNG.uniform(size=3)), fmt="o-"
    ),
    "dots": lambda ax: dots(
        ax, {"a": RNG.uniform(size=6), "b": RNG.uniform(size=4)}, "number", {"a": "red"}
    ),
    "forest": lambda ax: forest(
        ax,
        {
            "x": {"a": pu.mean_interval([1, 2]), "b": pu.mean_interval([3, 5])},
            "y": {"a": pu.mean_interval([2, 2])},
        },
        "distance",
        {"a": "red"},
    ),
    "phase_diagram": lambda ax: phase_diagram(
        ax,
        KERNELS[0],
        "xyz",
        "abcd",
        "title",
        ".1f",
        frame=(1, 2),
        vmin=-1,
        vmax=1,
    ),
    "kernel_scatter": lambda ax: kernel_scatter(
        ax, *KERNELS, np.arange(12).reshape(4, 3) % 4, limit=2
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_it_draws_without_a_warning(name):
    with plt.rc_context():
        use_style()
        figure, ax = plt.subplots()
        DRAWN[name](ax)
        for number in plt.get_fignums():
            plt.figure(number).canvas.draw()


def test_class_probability_lies_as_the_plane_does():
    model = pu.MLP((2,))
    params = {
        "Dense_0": {
            "kernel": np.array([[0.0, 2.0], [0.0, 0.5]], np.float32),
            "bias": np.zeros(2, np.float32),
        }
    }
    probability = class_probability(model, params, resolution=5)
    axis = np.linspace(-1.2, 1.2, 5)
    logit = 2 * axis[None, :] + 0.5 * axis[:, None]
    np.testing.assert_allclose(probability, 1 / (1 + np.exp(-logit)), atol=1e-6)
