"""What the report measures on one seed: pure functions, to be called on an `Experiment` inside `run_ensemble`."""

from dataclasses import replace

import jax
import jax.numpy as jnp

from .compare import agreement, correlation, displacement, role_correlation, unit_permutation_test
from .models import chain, hidden_activations, hidden_widths, logits, model_of
from .optimizers import recording
from .pruning import prune
from .training import accuracy, loss, train
from .units import dead_over_time, dead_units, never_together, perturb_units, wake_distance, weight_gradients


ARMS = ("full", "train_prune", "fine_tune", "prune_train")


def arms(experiment, criterion):
    """The parameters of the four arms, as a dict with the names of `ARMS`."""
    branch = experiment.branches[criterion]
    trained = (experiment.full.params, branch.train_prune, branch.fine_tune.params, branch.prune_train.params)
    return dict(zip(ARMS, trained, strict=True))


def accuracies(networks, data):
    """`accuracy` of every network in a dict name -> parameters, as a dict name -> scalar."""
    return {name: accuracy(model_of(params), params, data) for name, params in networks.items()}


def outputs(networks, x):
    """`logits` (n, classes) at the points `x` of every network in a dict name -> parameters, as a dict."""
    return {name: logits(model_of(params), params, x) for name, params in networks.items()}


def pruning_change(params, acts, keep, x, compensation):
    """The largest change of a logit at the points `x` by `prune`, relative to the largest logit there; a scalar."""
    pruned = prune(params, keep, acts, compensation)
    before, after = logits(model_of(params), params, x), logits(model_of(pruned), pruned, x)
    return jnp.abs(after - before).max() / jnp.abs(before).max()


def map_change(first, second, visible=0.05):
    """How much two maps of two-class logits (n, 2) differ: the shares of points (of another class, visibly changed).

    Visibly: the probability of a class changes by more than `visible`.
    """
    chances = [jax.nn.softmax(values)[:, 1] for values in (first, second)]
    return jnp.stack([1 - agreement(first, second), (jnp.abs(chances[0] - chances[1]) > visible).mean()])


def idleness(model, params, data, acts, units):
    """How little some hidden units do, and how far they are from doing more.

    Args:
      model: the network.
      params: a chain of Dense layers.
      data: the training data, a `Dataset`.
      acts: the hidden activations there.
      units: index arrays, one for each hidden layer.

    Returns:
      A dict of arrays, one number a unit, first layer first: "dead"; "gradient", see `weight_gradients`; "distance", see
      `wake_distance`, here relative to the length of the unit's own weights and bias.
    """
    layers = [params[name] for name in chain(params)[:-1]]
    lengths = [jnp.linalg.norm(jnp.vstack([layer["kernel"], layer["bias"]]), axis=0) for layer in layers]
    distances = [d / length for d, length in zip(wake_distance(params, data.x, acts), lengths, strict=True)]
    measured = {
        "dead": dead_units(acts),
        "gradient": weight_gradients(model, params, data),
        "distance": distances,
    }
    return {
        name: jnp.concatenate([v[u] for v, u in zip(values, units, strict=True)]) for name, values in measured.items()
    }


def loss_rises(key, params, data, units, sizes):
    """What moving some units' weights at random does to the training loss, in nats: (sizes,). See `perturb_units`."""
    model = model_of(params)
    moved = [loss(model, perturb_units(key, params, units, size), data) for size in sizes]
    return jnp.stack(moved) - loss(model, params, data)


def criterion_overview(experiment, criteria):
    """One network and what pruning does to it without training: a dict of scalars.

    "full" and each criterion's name: test accuracy, before and after pruning; "dead": the share of dead hidden units.
    """
    networks = {"full": experiment.full.params}
    networks |= {name: experiment.branches[name].train_prune for name in criteria}
    dead = jnp.concatenate(dead_units(experiment.acts)).mean()
    return accuracies(networks, experiment.test) | {"dead": dead}


def kernel_pair(key, branch, data, layer="Dense_1"):
    """One kernel in the networks of both orders, and whether the two correlate.

    Args:
      key: for the permutation test.
      branch: a `Branch`.
      data: the training data.
      layer: whose kernel.

    Returns:
      A dict: "init", "train_prune", "prune_train": the kernel (inputs, units), untrained and in either network;
      "r", "null" (20,), "p": see `unit_permutation_test`, of 199 permutations; "r_moves", "r_init": correlation of the
      two displacements, and of prune_train with its own start; "apart": `never_together` before the first step;
      "asleep": units of the layer that are dead then; "roles", "strangers": see `same_roles`.
    """
    networks = {"init": branch.init, "train_prune": branch.train_prune, "prune_train": branch.prune_train.params}
    init, first, second = (params[layer]["kernel"] for params in networks.values())
    model = model_of(branch.init)
    acts = {name: hidden_activations(model, params, data.x) for name, params in networks.items()}
    index = chain(branch.init).index(layer)
    r, null, p = unit_permutation_test(key, first, second, permutations=199)
    same, others = same_roles(acts["train_prune"], acts["prune_train"])
    return {
        "init": init,
        "train_prune": first,
        "prune_train": second,
        "r": r,
        "null": null[:20],
        "p": p,
        "r_moves": correlation(displacement(first, init), displacement(second, init)),
        "r_init": correlation(init, second),
        "apart": never_together(acts["init"])[index - 1],
        "asleep": dead_units(acts["init"])[index],
        "roles": same,
        "strangers": others,
    }


def gradient_story(model, init, data, config):
    """How every kernel between hidden layers moves in training, and which gradients each of its weights saw.

    Args:
      model, init, data, config: as for `train`.

    Returns:
      A dict: "accuracy" on the training data; "dead": `dead_over_time` at `config.snapshot_steps`; "idle": `idleness` of
      all units in the end; and for every layer but the first and the last a dict under its name: "init", the untrained kernel; "move", its displacement; "count",
      "first", "last" and "value", see `GradientRecord`.
    """
    run = train(model, init, data, replace(config, optimizer=recording(config.optimizer)))
    record, _ = run.opt_state
    acts, every = hidden_activations(model, run.params, data.x), tuple(map(jnp.arange, hidden_widths(init)))
    story = {
        "idle": idleness(model, run.params, data, acts, every),
        "accuracy": accuracy(model, run.params, data),
        "dead": dead_over_time(model, run.snapshots, data.x) if config.snapshot_steps else (),
    }
    for name in chain(init)[1:-1]:
        story[name] = {field: getattr(record, field)[name]["kernel"] for field in ("count", "first", "last", "value")}
        story[name] |= {
            "init": init[name]["kernel"],
            "move": displacement(run.params[name]["kernel"], init[name]["kernel"]),
        }
    return story


def same_roles(first, second, alike=0.7):
    """Do the same units play the same roles in two networks of one shape?

    A unit's role is its activation over the data; two roles are alike if they correlate by more than `alike`. Counted
    among the units that vary in both networks; a pair of different units of one layer is the control.

    Args:
      first, second: hidden activations on the same points, tuples of (n, width).

    Returns:
      (same, others): the share of units with like roles, and of pairs of different units; NaN if none varies in both.
    """
    counts = jnp.zeros((4,))
    for a, b in zip(first, second, strict=True):
        r = role_correlation(a, b)
        both = (a != a[:1]).any(axis=0) & (b != b[:1]).any(axis=0)  # a rounded standard deviation is never quite zero
        pairs, own = both[:, None] & both[None, :], jnp.eye(len(both), dtype=bool)
        like = r > alike
        counts += jnp.stack([(where & pairs).sum() for where in (like & own, own, like & ~own, ~own)]).astype(float)
    return counts[0] / counts[1], counts[2] / counts[3]
