"""What the claims need to know of one seed at any setting. See `claim_checks` for what follows."""

import jax
import jax.numpy as jnp

from ..chain import hidden_widths
from ..chain_pruning import prune, slice_units, unit_scores
from ..compare import agreement, displacement, unit_permutation_test
from ..criteria import dropped, keep_highest
from ..keys import named_key
from ..models import hidden_activations, logits, model_of
from ..roles import same_roles
from ..tasks import Spirals, plane, spiral_posterior
from ..training import TrainConfig, accuracy, loss, train
from ..types import Dataset
from .baseline import confidence, planted_changes, silent_changes
from .orders import Settings, trained_scores
from .removal import carried_together, unit_census
from .rules import RULES
from .units import dead_units, idleness

FRESH = 4  # of so many test points one is among those on which single units are removed
GRID = 30  # points on a side of the map
EXTENT = 1.2  # half its side, as in the figures
UNITS = ("std", "outgoing", "rise", "rise_test", "passed", "bound")  # of `unit_census`


def settings_of(shape, values, optimizer):
    """The `Settings` of a `Shape` and of drawn `Values`; half of every hidden layer is kept."""
    return Settings(
        task=Spirals(shape.points, shape.arms, values.turns, values.noise, 250),
        features=(shape.width,) * shape.depth + (shape.arms,),
        keep_counts=(shape.width // 2,) * shape.depth,
        train=TrainConfig(values.rate, shape.steps, optimizer, batch_size=shape.batch),
    )


def measure_network(key, shape, values, start, optimizer):
    """One seed of both orders at one setting, with random and with std pruning.

    Args:
      key: a `jax.random.key`.
      shape, values: see `settings_of`.
      start: gives initial parameters for a key and the widths of inputs and layers.
      optimizer: as in `TrainConfig`.

    Returns:
      A dict of dicts of arrays, a part for each of the functions below.
    """
    settings = settings_of(shape, values, optimizer)
    model = settings.model
    data, test = settings.task(named_key(key, "data"), named_key(key, "test"))
    init = start(named_key(key, "start"), widths=(2, *settings.features))
    full = train(model, init, data, settings.train)
    params, acts = full.params, hidden_activations(model, full.params, data.x)
    own = named_key(key, "scores")
    scores = {name: trained_scores(name, model, params, data, own) for name in ("random", "std")}
    branches = both_orders(init, params, acts, data, scores, settings)
    fresh = Dataset(test.x[::FRESH], test.y[::FRESH])
    carried = unit_census(model, params, data, fresh)
    return {
        "whole": whole(params, acts, data, test),
        "constant": constant_units(key, params, acts, data, scores),
        "arms": arms(params, branches, test, settings.task),
        "kernels": kernels(key, branches) if shape.depth > 1 else {},
        "roles": roles(params, branches, acts, data),
        "units": {name: values for name, values in carried.items() if name in UNITS},
        "together": together(key, params, acts, data, branches),
        "few": few_units(params, acts, test),
    }


def both_orders(init, trained, acts, data, scores, settings):
    """The networks of both orders for dicts of `scores`, random and std: a dict of dicts, "keep",
    "init", "train_prune" and "prune_train", of each; and random's "fine_tune"."""
    keeps = {name: keep_highest(score, settings.keep_counts) for name, score in scores.items()}
    found = {
        name: {
            "keep": keep,
            "init": slice_units(init, keep),
            "train_prune": prune(trained, keep, acts, settings.compensation),
        }
        for name, keep in keeps.items()
    }
    random, std = found["random"], found["std"]
    starts = _stack([random["init"], std["init"], random["train_prune"]])
    ends = jax.lax.map(
        lambda start: train(settings.small_model, start, data, settings.train).params, starts
    )
    random["prune_train"], std["prune_train"], random["fine_tune"] = (
        jax.tree.map(lambda leaf: leaf[i], ends) for i in range(3)
    )
    return found


def _stack(trees):
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def whole(params, acts, data, test):
    """The whole network: training accuracy, share of `confident` points, test accuracy, losses, and
    the share of dead units."""
    model = model_of(params)
    return {
        "right": accuracy(model, params, data),
        "confident": (confidence(params, data) > RULES["P2"].confidence).mean(),
        "test": accuracy(model, params, test),
        "loss": loss(model, params, data),
        "test_loss": loss(model, params, test),
        "dead": jnp.concatenate(dead_units(acts)).mean(),
    }


def constant_units(key, params, acts, data, scores):
    """`planted_changes` of a tenth of each layer, and the `silent_changes` of its least varying
    unit that P15 speaks of."""
    grid, noise = plane(20, EXTENT), scores["random"]
    silent = silent_changes(params, acts, data.x, noise, scores["std"], grid, 1)
    return {
        **planted_changes(key, params, data.x, noise, grid, max(1, acts[0].shape[1] // 10)),
        **{name: silent[name] for name in ("all_silent", "silent_data")},
    }


def arms(params, branches, test, task):
    """Test accuracies of the arms; shares of the disc in the wrong class; the share of the map on
    which the orders differ."""
    grid = plane(GRID, EXTENT)
    disc = jnp.hypot(*grid.T) < 1
    likelier = spiral_posterior(grid, task.arms, task.turns, task.noise, 300).argmax(axis=1)

    def seen(net):
        drawn = logits(model_of(net), net, grid)
        wrong = ((drawn.argmax(axis=1) != likelier) & disc).sum() / disc.sum()
        return {"test": accuracy(model_of(net), net, test), "wrong": wrong, "map": drawn}

    names = [("random", arm) for arm in ("train_prune", "fine_tune", "prune_train")]
    names += [("std", arm) for arm in ("train_prune", "prune_train")]
    measured = jax.lax.map(seen, _stack([branches[name][arm] for name, arm in names]))
    table = {
        f"{name} {arm}": jax.tree.map(lambda leaf: leaf[i], measured)
        for i, (name, arm) in enumerate(names)
    } | {"full": seen(params)}
    orders = (table[f"std {arm}"].pop("map") for arm in ("train_prune", "prune_train"))
    return {
        "test": {name: row["test"] for name, row in table.items()},
        "wrong": {name: row["wrong"] for name, row in table.items()},
        "orders": 1 - agreement(*orders),
    }


def kernels(key, branches):
    """Of the first kernel between hidden layers: the `moves` of prune_train with random pruning;
    how many weights both orders leave `equal` in the initial range, and how many of these
    `untouched`; the p-value and the `r` of the orders' displacements with std pruning."""

    def at(params):
        return params["Dense_1"]["kernel"]

    def three(branch):
        return (at(branch[name]) for name in ("init", "train_prune", "prune_train"))

    init, first, second = three(branches["random"])
    limit = jnp.abs(init).max()
    close = jnp.abs(first - second) < RULES["P7"].equal * limit
    equal = close & (jnp.abs(first) <= limit)
    start, *ends = three(branches["std"])
    moves = [displacement(end, start) for end in ends]
    r, _, p = unit_permutation_test(named_key(key, "permutations"), *moves, permutations=99)
    return {
        "moves": second - init,
        "equal": equal.sum(),
        "untouched": (equal & (first == init) & (second == init)).sum(),
        "r": r,
        "p": p,
    }


def roles(params, branches, acts, data):
    """Which units do nothing, `idleness` of all; `same_roles` of the orders with std pruning."""
    model, everyone = model_of(params), tuple(jnp.arange(a.shape[1]) for a in acts)
    trained = [branches["std"][name] for name in ("train_prune", "prune_train")]
    small = [hidden_activations(model_of(net), net, data.x) for net in trained]
    return {
        "idle": idleness(model, params, data, acts, everyone),
        "same": jnp.stack(same_roles(*small, RULES["P14"].alike)),
    }


def together(key, params, acts, data, branches):
    """What the units that each criterion drops of the first hidden layer carry together: dict
    criterion -> `carried_together`."""
    signs, widths = named_key(key, "signs"), hidden_widths(params)
    return {
        name: carried_together(signs, params, acts, dropped(branch["keep"], widths)[0], data)
        for name, branch in branches.items()
    }


def few_units(params, acts, test):
    """Test accuracy with a quarter of the units, chosen by unexplained, least squares in place of
    the others."""
    quarter = tuple(width // 4 for width in hidden_widths(params))
    keep = keep_highest(unit_scores("unexplained", params, acts), quarter)
    small = prune(params, keep, acts, "least_squares")
    return accuracy(model_of(small), small, test)
