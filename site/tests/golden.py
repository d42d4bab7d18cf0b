"""What the explorable has to compute, too: writes golden values from JAX to the file named.

Initial weights, points and random scores are those of single precision, to the bit. Losses, scores
and pruned networks are computed in double precision from them, as the explorable does.
"""

import base64
import json
import sys
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import prune_utils as pu

FEATURES, COUNT, SEEDS = (100, 100, 2), 12, (0, 1, 20261126)
MODEL = pu.MLP(FEATURES)
OTHERS = (jax.nn.leaky_relu, jax.nn.gelu, jax.nn.tanh)


def packed(tree):
    """Arrays as base64 of their bytes, for which JavaScript has typed arrays."""
    return jax.tree.map(lambda a: base64.b64encode(np.asarray(a).tobytes()).decode(), tree)


def doubles(tree):
    return jax.tree.map(
        lambda a: np.asarray(a, np.float64 if a.dtype.kind == "f" else a.dtype), tree
    )


def layers(params):
    return [params[f"Dense_{index}"] for index in range(3)]


def drawn(seed):
    data_key, test_key, init_key, score_key, stranger_key = jax.random.split(
        jax.random.key(seed), 5
    )
    data, test = pu.spirals(data_key), pu.spirals(test_key, 1000)
    init, stranger = (pu.init_params(MODEL, key, data.x) for key in (init_key, stranger_key))
    rows = np.zeros((1, 100), np.float32)
    random = pu.unit_scores("random", init, (rows, rows), score_key)
    return data, test, init, stranger, random


def trained(data, init, rate):
    """The whole network after 100 steps, and what pruning leaves of it."""
    run = pu.train(MODEL, init, data, pu.TrainConfig(learning_rate=rate, steps=100))
    acts = pu.hidden_activations(MODEL, run.params, data.x)
    scores = {name: pu.unit_scores(name, run.params, acts) for name in ("std", "unexplained")}
    keep, outputs = pu.keep_highest(scores["std"], (COUNT, COUNT)), {}
    for rung in ("none", "mean", "least_squares"):
        small = pu.prune(run.params, keep, acts, rung)
        outputs[rung] = pu.logits(pu.MLP((COUNT, COUNT, 2)), small, data.x)
    return packed(
        {
            "loss": run.loss,
            "layers": layers(run.params),
            "scores": doubles(scores),
            "keep": keep,
            "outputs": outputs,
        }
    )


def ordered(data, init, rate):
    """The losses of both orders, with 20 steps before pruning and 20 after."""
    config, small = pu.TrainConfig(learning_rate=rate, steps=20), pu.MLP((COUNT, COUNT, 2))
    run = pu.train(MODEL, init, data, config)
    acts = pu.hidden_activations(MODEL, run.params, data.x)
    keep = pu.keep_highest(pu.unit_scores("std", run.params, acts), (COUNT, COUNT))
    pruned, state = pu.prune(run.params, keep, acts, "mean"), pu.slice_units(run.opt_state, keep)
    after = pu.train(small, pruned, data, config, state)
    first = pu.train(small, pu.slice_units(init, keep), data, replace(config, steps=40))
    losses = {"train_first": jnp.concatenate([run.loss, after.loss]), "prune_first": first.loss}
    return packed({"keep": keep, **losses})


def activated(data, init, activation):
    """The losses with another activation function."""
    model = pu.MLP(FEATURES, activation=activation)
    return packed(pu.train(model, init, data, pu.TrainConfig(learning_rate=0.01, steps=20)).loss)


def golden(seed):
    data, test, init, stranger, random = drawn(seed)
    exact = {"init": layers(init), "stranger": layers(stranger), "random": random}
    exact = packed(exact | {"x": data.x, "test": test.x})
    with jax.enable_x64(True):
        data, init = doubles(data), doubles(init)
        return exact | {
            "seed": seed,
            "trained": [{"rate": rate, **trained(data, init, rate)} for rate in (0.1, 0.01)],
            "ordered": ordered(data, init, 0.01),
            "activated": {f.__name__: activated(data, init, f) for f in OTHERS},
        }


def impulses():
    """Adam's answers to one gradient, by the step at which it came, in learning rates."""
    with jax.enable_x64(True):
        return {first: packed(pu.adam_impulse_response(60, first)) for first in (1, 5, 50)}


if __name__ == "__main__":
    found = {"seeds": [golden(seed) for seed in SEEDS], "impulses": impulses()}
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")
