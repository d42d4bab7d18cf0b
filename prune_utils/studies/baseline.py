"""What a network does before and after training, and what its constant units are good for."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..chain import hidden_widths
from ..chain_pruning import unit_scores
from ..criteria import dropped, keep_highest
from ..keys import named_key
from ..models import hidden_activations, init_params, logits, model_of
from ..statistics import mean_interval
from ..tasks import spiral_posterior
from ..training import Run, accuracy, loss, train
from ..types import Dataset
from .arms import pruning_change
from .orders import run_experiment
from .rules import RULES, numbered
from .units import dead_over_time, plant_constants


def full_accuracy(key, settings):
    """Test accuracy of the full network alone, of the same data and start as in `run_experiment`: a
    scalar."""
    data_key, test_key, init_key, *_ = jax.random.split(key, 5)
    data, test = settings.task(data_key, test_key)
    init = init_params(settings.model, init_key, data.x)
    return accuracy(settings.model, train(settings.model, init, data, settings.train).params, test)


def best_accuracy(key, settings):
    """Test accuracy of the classifier that knows the law of the spirals, on the test set of
    `run_experiment`: a scalar."""
    task = settings.task
    _, test = task(*jax.random.split(key, 5)[:2])
    likeliest = spiral_posterior(test.x, turns=task.turns, noise=task.noise).argmax(axis=-1)
    return (likeliest == test.y).mean()


class FilmedRun(NamedTuple):
    """The full network of one seed: its `Run` with snapshots, its hidden activations on the data,
    and its accuracy and loss on the test set after every snapshot, (snapshots,)."""

    data: Dataset
    full: Run
    acts: tuple
    test_accuracy: jax.Array
    test_loss: jax.Array


def filmed_run(key, settings):
    """The full network of one seed, a `FilmedRun`; `settings.train` has `snapshot_steps`."""
    e, model = run_experiment(key, settings), settings.model
    tested = jax.vmap(lambda params: (accuracy(model, params, e.test), loss(model, params, e.test)))
    return FilmedRun(e.data, e.full, e.acts, *tested(e.full.snapshots))


def confidence(params, data):
    """The probability that a network gives to the right class of each point: (n,)."""
    chances = jax.nn.softmax(logits(model_of(params), params, data.x))
    return chances[jnp.arange(len(data.y)), data.y]


def baseline(key, settings, grid, planted=10, silent=25):
    """The trained full network of one seed, and what removing constant units does to it.

    Args:
      key: a `jax.random.key`.
      settings: the experiment's `Settings`; `settings.train` has `snapshot_steps`.
      grid: points of the plane (points, inputs).
      planted, silent: see `planted_changes` and `silent_changes`.

    Returns:
      A dict. "right", "confident": shares of training points of the right class, and with a
      `confidence` as P2 asks; "accuracy" on the test set; "dead": (hidden layers, snapshots), share
      of dead units; and the scalars of `planted_changes` and `silent_changes`.
    """
    e = run_experiment(key, settings)
    params, own = e.full.params, named_key(key, "random units")
    sure = confidence(params, e.data)
    over_time = dead_over_time(settings.model, e.full.snapshots, e.data.x)
    noise, spread = (unit_scores(name, params, e.acts, own) for name in ("random", "std"))
    return {
        "right": (sure > 0.5).mean(),
        "confident": (sure > RULES["P2"].confidence).mean(),
        "accuracy": accuracy(settings.model, params, e.test),
        "dead": jnp.stack([dead.mean(axis=1) for dead in over_time]),
        **planted_changes(own, params, e.data.x, noise, grid, planted),
        **silent_changes(params, e.acts, e.data.x, noise, spread, grid, silent),
    }


def planted_changes(key, params, x, scores, grid, count):
    """What removing constant units changes: the `count` lowest-scored units of each hidden layer
    are made constant, then removed.

    Returns:
      `pruning_change` on the plane with the means folded, "constant_folded", and without,
      "constant_deleted".
    """
    keep = _all_but(count, scores, params)
    changed = plant_constants(key, params, dropped(keep, hidden_widths(params)))
    acts = hidden_activations(model_of(changed), changed, x)
    return {
        "constant_folded": pruning_change(changed, acts, keep, grid, "mean"),
        "constant_deleted": pruning_change(changed, acts, keep, grid, "none"),
    }


def silent_changes(params, acts, x, noise, spread, grid, count):
    """What removing the `count` units of smallest `spread` in each hidden layer changes, means
    folded.

    Returns:
      `pruning_change` on the data, "silent_data", and on the plane, "silent_plane"; of as many
      units of smallest `noise` on the data, "random_data"; and "all_silent": whether all of the
      removed had a spread of zero.
    """
    quiet, others = (_all_but(count, scores, params) for scores in (spread, noise))
    gone = dropped(quiet, hidden_widths(params))
    return {
        "all_silent": jnp.stack([s[units].max() for s, units in zip(spread, gone)]).max() == 0,
        "silent_data": pruning_change(params, acts, quiet, x, "mean"),
        "silent_plane": pruning_change(params, acts, quiet, grid, "mean"),
        "random_data": pruning_change(params, acts, others, x, "mean"),
    }


def dead_table(dead, steps, shown=(1, 5, 12, 20, 1000)):
    """Rows for `show_table`: shares of dead units after some of the `steps`, of both layers and, in
    the end, of either; dead: (seeds, two layers, steps)."""
    rows = {
        f"both layers, step {step}": dead[..., steps.index(step)].mean(axis=1) for step in shown
    }
    for layer, name in enumerate(("first", "second")):
        rows[f"{name} layer, step {steps[-1]}"] = dead[:, layer, -1]
    return {name: {"all seeds": v, "the first seed": v[0]} for name, v in rows.items()}


def change_table(changes):
    """Rows for `show_table`: median and maximum of every entry of a dict name -> (seeds,)."""
    return {
        name: {"median": np.median(v), "largest": np.max(v), "seeds": len(v)} if len(v) else {}
        for name, v in changes.items()
    }


def verdicts(many):
    """Whether P1, P2 and P15 hold, see `numbered`; many: `baseline` over seeds."""
    p1, p2, p15 = (RULES[number] for number in ("P1", "P2", "P15"))
    right, confident = (mean_interval(many[name]) for name in ("right", "confident"))
    silent = many["all_silent"]
    on_data, on_plane = (many[name][silent] for name in ("silent_data", "silent_plane"))
    alive = np.mean(on_plane > p15.change)
    return numbered(
        P1=(many["constant_folded"].max() < p1.change < many["constant_deleted"].min(), {}),
        P2=(right.low > p2.right and confident.low > p2.confident, {}),
        P15=(
            silent.mean() > p15.often and on_data.max() < p15.change,
            {"on the data only": alive > p15.elsewhere},
        ),
    )


def _all_but(count, scores, params):
    return keep_highest(scores, tuple(width - count for width in hidden_widths(params)))
