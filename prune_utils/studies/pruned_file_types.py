"""The network that tells types of files, pruned without training: how often it agrees with the
whole one."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime

from ..cost import cost_at
from ..criteria import keep_highest
from ..statistics import mean_interval
from .file_types import model_file, parameters, read_weights, tell

PARTS = (0.75, 0.5, 0.35, 0.25, 0.125)  # of the units of each layer
RIDGES = (1.0, 1e-1, 1e-3)
OURS = "unexplained, least squares"
METHODS = {
    OURS: ("unexplained", "least_squares"),
    "unexplained, means": ("unexplained", "mean"),
    "incoming, least squares": ("incoming", "least_squares"),
    "incoming, deleted": ("incoming", "none"),
}
COMMONEST = "always the most common type"
CLOSE, LEAST = 1e-4, 8


def same_function(x):
    """Dict comparison -> how far two ways to compute the probabilities of these files are apart:
    onnxruntime and `tell` on all of them, and each beside `tell` with 64 bits on the `LEAST` that
    these two agree on least (64 bits are slow)."""
    weights = read_weights()
    session = onnxruntime.InferenceSession(str(model_file()))
    batches = np.split(np.asarray(x), range(64, len(x), 64))
    theirs = np.concatenate([session.run(None, {"bytes": batch})[0] for batch in batches])
    params, told = parameters(weights), jax.jit(tell)
    ours = np.concatenate([told(params, batch) for batch in batches])
    worst = np.abs(theirs - ours).max(axis=1).argsort()[-LEAST:]
    with jax.enable_x64(True):
        double = {name: array.astype(np.float64) for name, array in weights.items()}
        exact = np.asarray(told(parameters(double), np.asarray(x)[worst]))
    pairs = {
        "onnxruntime, ours": (theirs, ours),
        "onnxruntime, exact": (theirs[worst], exact),
        "ours, exact": (ours[worst], exact),
    }
    gaps = {name: np.abs(one - other).max(axis=1) for name, (one, other) in pairs.items()}
    return {
        name: {
            "files": len(gap),
            "largest difference": f"{gap.max():.0e}",
            f"files within {CLOSE:.0e}": int((gap < CLOSE).sum()),
        }
        for name, gap in gaps.items()
    }


def answers(net, params, x):
    """The most probable type of each file (files,); net: the `Network` of `tell`."""
    return jax.lax.map(lambda row: net.apply(params, row[None])[0].argmax(), x, batch_size=32)


def counts_of(net, part):
    """How many units of each layer this part of them is."""
    return tuple(round(part * width) for width in net.widths)


def pruned(net, params, x, part, compensation, scores, ridge):
    """The network with this part of each layer's units, those with the highest scores, made up for
    on x."""
    keep = keep_highest(scores, counts_of(net, part))
    return net.prune(params, keep, x, compensation, ridge=ridge)


def best_ridge(net, params, x, part):
    """Of `RIDGES`, the one with which least squares, fitted on three quarters of the files, gives
    most of the others the type that the whole network gives them; of equals the largest."""
    return RIDGES[int(np.argmax(net.compiled(_by_ridge, part, RIDGES)(params, x)))]


def _by_ridge(net, part, ridges, params, x):
    """How many of the files held out each ridge gives their type, (ridges,)."""
    fitted, held_out = jnp.split(x, [3 * len(x) // 4])
    whole, (criterion, compensation) = answers(net, params, held_out), METHODS[OURS]
    own = part, compensation, net.scores(criterion, params, fitted)

    def agree(ridge):
        return (answers(net, pruned(net, params, fitted, *own, ridge), held_out) == whole).sum()

    return jax.lax.map(agree, jnp.array(ridges))


def agreement(net, params, splits):
    """How often pruned networks give files the type that the whole network gives them.

    Args:
      net: the `Network` of `tell`.
      params: its parameters.
      splits: pairs (fit, judge): files to choose the ridge, the units and least squares by, and
        other files; all pairs of the same sizes.

    Returns:
      (agree, rows, ridges): dict method, or `COMMONEST`, -> dict share of the operations ->
      (splits,) shares of the files; a table of it, with the sizes and the paired difference of
      `OURS` to `COMMONEST`; and the ridge of each split.
    """
    whole = cost_at(net, net.widths)
    costs = {part: cost_at(net, counts_of(net, part)) for part in PARTS}
    shares = {part: cost.operations / whole.operations for part, cost in costs.items()}
    each, ridges = zip(*(_agreement(net, params, *split) for split in splits), strict=True)
    agree = {
        name: {share: np.array([own[name][part] for own in each]) for part, share in shares.items()}
        for name in each[0]
    }
    ahead = {share: agree[OURS][share] - agree[COMMONEST][share] for share in shares.values()}
    rows = {
        f"{part:.3g} of the units": {
            "operations": f"{share:.3f}",
            "parameters": f"{costs[part].parameters / whole.parameters:.2f}",
        }
        | {name: f"{_share(agree[name][share]):.2f}" for name in agree}
        | {"ours less the last": format(mean_interval(ahead[share]), "+.2f")}
        for part, share in shares.items()
    }
    return agree, rows, ridges


def _share(values):
    """`mean_interval` of shares, within 0 and 1."""
    interval = mean_interval(values)
    return replace(interval, low=max(interval.low, 0.0), high=min(interval.high, 1.0))


def _agreement(net, params, fit, judge):
    """`agreement` for one pair: (found, ridge), dict method -> dict part of the units -> share of
    the files."""
    ridge, whole = best_ridge(net, params, fit, 0.25), net.compiled(answers)(params, judge)
    found = {
        name: net.compiled(_shares, PARTS, *how)(params, fit, judge, whole, ridge)
        for name, how in METHODS.items()
    }
    commonest = (whole == jnp.bincount(whole).argmax()).mean()
    return found | {COMMONEST: dict.fromkeys(PARTS, commonest)}, ridge


def _shares(net, parts, criterion, compensation, params, fit, judge, whole, ridge):
    """`_agreement` of one method; one program, so that the parts share what the whole network
    computes."""
    scores = net.scores(criterion, params, fit)

    def agrees(part):
        small = pruned(net, params, fit, part, compensation, scores, ridge)
        return (answers(net, small, judge) == whole).mean()

    return {part: agrees(part) for part in parts}
