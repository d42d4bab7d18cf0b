"""Where the band of displacements is predicted, and where it is."""

from typing import Any, NamedTuple

import numpy as np

from ..adam import single_gradient_displacements
from ..statistics import sharpest_band
from .lone import LONE, gradient_classes, share_by_seed
from .rules import RULES

NONE = float("nan")


class Band(NamedTuple):
    """The `predicted` and the `measured` place of the band in learning rates (NaN: none), its
    `contrast` and `share`, see `sharpest_band`, and whether the prediction is `right`."""

    predicted: float
    measured: float
    contrast: float
    share: float
    right: bool


class BandTest(NamedTuple):
    """A `Band`, and of each seed the share of `lone` weights, the `accuracy` on the training data
    and the share of `dead` units."""

    band: Band
    lone: Any
    accuracy: Any
    dead: Any


def compare_band(moves, predicted):
    """A predicted band against the displacements (learning rates) of any shape, as a `Band`.

    It is right by P9: if the sharpest band lies within half a percent of it, or if none was
    predicted (NaN) and none is there.
    """
    p9 = RULES["P9"]
    position, contrast, share = sharpest_band(moves)
    there = contrast > p9.contrast
    if np.isfinite(predicted):
        right = bool(there and abs(position / predicted - 1) < p9.predicted_within)
    else:
        right = not there
    return Band(predicted, position if there else NONE, contrast, share, right)


def run_test(records, predicted, rate, layer="Dense_1", moves=None):
    """`compare_band` for one kernel of `gradient_history` over seeds, as a `BandTest`.

    Args:
      records: the histories.
      predicted: place of the band in learning rates, NaN for none.
      rate: the learning rate.
      layer: whose kernel.
      moves: displacements to take in place of the kernel's.
    """
    kernel = records[layer]
    band = compare_band((kernel["move"] if moves is None else moves) / rate, predicted)
    dead = np.concatenate(records["dead"], axis=-1)
    lone = share_by_seed(gradient_classes(kernel)[LONE])
    return BandTest(band, lone, records["accuracy"], dead.reshape(len(dead), -1).mean(axis=1))


def predicted_band(kernel, steps, **adam):
    """Where Adam's lone answers to the gradients at the initial weights have a band, in learning
    rates; NaN if they have none.

    Args:
      kernel: a layer of `gradient_history`, of which only the gradients of the first step are read.
      steps: length of the training.
      adam: as for `adam_impulse_response`.
    """
    gradients = kernel["value"][kernel["first"] == 1]
    position, contrast, _ = sharpest_band(single_gradient_displacements(gradients, steps, **adam))
    return position if contrast > RULES["P9"].contrast else NONE


def without_decay(kernel, decay, steps):
    """The displacements of a layer of `gradient_history` without what weight decay took off the
    initial weight in `steps` steps, the share `decay` of it in each; 0 for weights that it alone
    moved."""
    moves = kernel["move"] + kernel["init"] * (1 - (1 - decay) ** steps)
    return np.where(kernel["count"] == 0, 0, moves)


def describe_tests(tests):
    """The rows of a table of a dict name -> `BandTest`."""
    return {
        name: {
            "predicted": test.band.predicted,
            "measured": test.band.measured,
            "error (%)": 100 * (test.band.measured / test.band.predicted - 1),
            "contrast": test.band.contrast,
            "share in the band": test.band.share,
            "lone weights": test.lone,
            "accuracy": test.accuracy.mean(),
            "dead units": test.dead.mean(),
            "as predicted": test.band.right,
        }
        for name, test in tests.items()
    }


class Outcome(NamedTuple):
    """What became of many predictions: the names of those of a place, `placed`, and of no band,
    `absent`; the largest relative error of a place, `worst`; whether `all_right`."""

    placed: list
    absent: list
    worst: float
    all_right: bool


def outcome(bands):
    """The `Outcome` of a dict name -> `Band`."""
    placed = {name: band for name, band in bands.items() if np.isfinite(band.predicted)}
    return Outcome(
        list(placed),
        [name for name in bands if name not in placed],
        max(abs(band.measured / band.predicted - 1) for band in placed.values()),
        all(band.right for band in bands.values()),
    )
