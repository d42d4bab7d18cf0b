"""The figures of lone gradients and of bands draw what they are given, without a warning."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from prune_utils.drawing.bands import band_places, prediction_errors
from prune_utils.drawing.lone import (
    band_mechanism,
    gradient_scatter,
    response_curves,
    waking_curves,
)
from prune_utils.drawing.style import use_style
from prune_utils.studies.bands import NONE, Band
from prune_utils.studies.responses import Responses

RNG = np.random.default_rng(0)
MASK = RNG.uniform(size=(4, 3)) > 0.5
BANDS = {"mine": Band(6.0, 6.01, 9.0, 0.2, True), "other": Band(3.0, 2.99, 9.0, 0.1, True)}
ABSENT = {"none": Band(NONE, NONE, 1.0, 0.0, True)}


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        use_style()
        yield
        plt.close("all")


def test_response_curves_are_labelled_by_step_size_and_number():
    curve = RNG.uniform(size=5)
    responses = Responses(
        {1: np.arange(81.0), 30: np.arange(81.0)},
        np.arange(1, 6),
        curve,
        np.logspace(-9, -5, 5),
        {(1e-8, "corrected"): curve, (1e-7, "keras"): curve},
        np.linspace(-1, 1, 5),
        {2: curve, 3: curve},
    )
    figure = response_curves(responses, late=30)
    figure.canvas.draw()
    labels = [ax.get_legend_handles_labels()[1] for ax in figure.axes]
    assert labels[0] == ["step 1", "step 30"] and labels[3] == ["2 gradients", "3 gradients"]
    assert labels[2] == ["ε = 1e-08", "ε = 1e-07, as in Keras"]


def test_band_mechanism_shows_paths_and_counts():
    path, bins = RNG.normal(size=(6, 9)), np.linspace(0, 3, 4)
    counts = {"one": np.array([1, 5, 2]), "more": np.array([4, 4, 4])}
    figure = band_mechanism(path, path[:, :2], np.arange(6.0), bins, counts, 1.5, "title")
    figure.canvas.draw()
    left, right = figure.axes
    assert len(left.lines) == 9 + 2 + 2
    tops = [patch.get_xy()[:, 1].max() for patch in right.patches]
    assert tops == [4, 5] and right.get_title() == "title"


def test_gradient_scatter_counts_the_weights_of_each_class():
    init, move, other = RNG.normal(size=(3, 4, 3))
    figure = gradient_scatter(init, move, other, {"in": MASK, "out": ~MASK}, 0.6)
    figure.canvas.draw()
    texts = {text.get_text() for text in figure.legends[0].get_texts()}
    assert texts == {f"in: {MASK.sum()}", f"out: {(~MASK).sum()}"}


def test_bands_stand_where_they_were_predicted_and_found():
    figure = prediction_errors(BANDS)
    figure.canvas.draw()
    errors = figure.axes[1].collections[0].get_offsets()[:, 0]
    np.testing.assert_allclose(errors, [100 * 0.01 / 6, -100 * 0.01 / 3])
    figure = band_places(BANDS | ABSENT)
    figure.canvas.draw()
    (ax,) = figure.axes
    assert [text.get_text() for text in ax.texts] == ["no band predicted, none found"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["mine", "other", "none"]


def test_waking_curves_rise_from_the_first_unit_to_wake_to_all():
    asleep = {"before training": np.array([0.01, 0.02]), "after training": np.array([0.1, 0.5, 1])}
    figure = waking_curves(asleep, 0.01)
    figure.canvas.draw()
    before, after, small = figure.axes[0].lines
    np.testing.assert_allclose(after.get_xdata()[1:], [0.1, 0.5, 1])
    np.testing.assert_allclose(after.get_ydata(), [0, 1 / 3, 2 / 3, 1])
    assert before.get_label() == "before training: 2 units" and small.get_xdata() == [0.01, 0.01]
