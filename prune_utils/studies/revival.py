"""Can the dead units of a trained network do better than keep out of the way?"""

from dataclasses import replace
from typing import NamedTuple

import jax.numpy as jnp

from ..chain import chain
from ..models import hidden_activations, init_params
from ..statistics import Interval, mean_interval
from ..training import accuracy, loss, train
from .rules import RULES
from .units import dead_units


def without_units(params, units):
    """A chain of Dense layers whose next layers no longer hear some hidden units.

    Args:
      params: a chain of Dense layers.
      units: which, a tuple of boolean (width,), one for each hidden layer.
    """
    params = dict(params)
    for name, gone in zip(chain(params)[1:], units, strict=True):
        kernel = jnp.where(gone[:, None], 0, params[name]["kernel"])
        params[name] = params[name] | {"kernel": kernel}
    return params


def revived(model, key, params, units, x):
    """The network with fresh incoming weights for some hidden units, their biases 0.

    Their outgoing weights become 0, so that the function stays as it is until they are trained, as
    Sokar et al. (2023) recycle dormant units.

    Args:
      model: the network.
      key: a `jax.random.key` for the fresh weights, drawn as those of an untrained network.
      params, units: as for `without_units`; units that are dead.
      x: points with the shape of the data.
    """
    fresh, params = init_params(model, key, x), without_units(params, units)
    for name, new in zip(chain(params)[:-1], units, strict=True):
        layer = params[name]
        params[name] = {
            "kernel": jnp.where(new[None, :], fresh[name]["kernel"], layer["kernel"]),
            "bias": jnp.where(new, 0, layer["bias"]),
        }
    return params


def revival(key, model, params, data, test, config, gentler=0.1):
    """What becomes of a trained network without its dead units, and with all of them revived.

    Args:
      key: a `jax.random.key`.
      model, params: the network, a chain of Dense layers.
      data, test: `Dataset`s.
      config: how the network was trained, a `TrainConfig`. Training goes on for half as many steps
        at `gentler` times its learning rate, or the first step would kill the revived again.

    Returns:
      A dict of scalars. "dead": the share of dead units; "awake": the share of these that are alive
      after revival and training; "whole", "without", "longer", "revived": the test accuracy as it
      was, without the dead units, trained on, and revived and trained on; "loss": how much more
      the training loss is without them.
    """
    dead = dead_units(hidden_activations(model, params, data.x))
    onward = replace(config, learning_rate=gentler * config.learning_rate, steps=config.steps // 2)
    silent = without_units(params, dead)
    longer = train(model, params, data, onward).params
    woken = train(model, revived(model, key, params, dead, data.x), data, onward).params
    still = jnp.concatenate(dead_units(hidden_activations(model, woken, data.x)))
    gone = jnp.concatenate(dead)
    networks = {"whole": params, "without": silent, "longer": longer, "revived": woken}
    return {name: accuracy(model, network, test) for name, network in networks.items()} | {
        "dead": gone.mean(),
        "awake": (gone & ~still).sum() / jnp.maximum(gone.sum(), 1),
        "loss": loss(model, silent, data) - loss(model, params, data),
    }


class RevivalGains(NamedTuple):
    """What dead units are good for, in test accuracy. `removed`: the change without them, an
    `Interval`; `working`: what their revival gains over training on without it, in the networks
    that are functional; `failed`: how many are not; `rescued`, `unaided`: how many of these are
    after revival, and after training on without it."""

    removed: Interval
    working: Interval
    failed: int
    rescued: int
    unaided: int


def revival_gains(tried, functional=RULES["P4"].functional):
    """The `RevivalGains` from the `revival` of many seeds; `functional`: the test accuracy from
    which on a network is so."""
    works = tried["whole"] > functional
    return RevivalGains(
        removed=mean_interval(tried["without"] - tried["whole"]),
        working=mean_interval((tried["revived"] - tried["longer"])[works]),
        failed=int((~works).sum()),
        rescued=int((tried["revived"] > functional)[~works].sum()),
        unaided=int((tried["longer"] > functional)[~works].sum()),
    )


def revival_table(tried, functional=RULES["P4"].functional):
    """Rows for `show_table`: test accuracies and shares of units of the `revival` of many seeds,
    and how many of those that were not `functional` are so."""
    words = {
        "whole": "as it was",
        "without": "without its dead units",
        "longer": "trained on",
        "revived": "dead units revived, trained on",
    }
    works = tried["whole"] > functional
    rows = {}
    for name, text in words.items():
        rows[text] = {
            "all": tried[name],
            f"those above {functional}": tried[name][works],
            f"of the {(~works).sum()} others, now above": int(
                (tried[name] > functional)[~works].sum()
            ),
        }
    rows[words["whole"]]["share of units dead"] = tried["dead"]
    rows[words["revived"]]["share of units dead"] = tried["dead"] * (1 - tried["awake"])
    return rows
