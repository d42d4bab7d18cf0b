"""The post's claims on recorded data and larger networks, with half of the units in each layer."""

import jax
import jax.numpy as jnp

from ..criteria import keep_highest
from ..keys import named_key
from ..roles import same_roles
from .best_order import KINDS
from .beyond import STAGES, WELL, prepare, prune_anywhere, train_whole
from .beyond_kinds import CALIBRATION, Half, Setting, each, made, scores_of
from .beyond_units import dead_and_awake, part_dropped, roles_of, unit_counts
from .pictures import half_of
from .rules import RULES

# The half by std, pruned last, is compared with these, pruned first.
COMPARED = {"orders": "std", "orders of strangers": "stranger"}
# Pruned first, fine-tuned for a whole budget, pruned last and fine-tuned for a stage, and pruned on
# fewer inputs.
HALVES = {
    "random": Half("start", "random", "none", STAGES),
    "std": Half("start", "std", "none", STAGES),
    "stranger": Half("stranger's start", "stranger", "none", STAGES),
    "tuned": Half("full", "random", "mean", STAGES),
    **{kind: Half("full", *kind, 1) for kind in KINDS},
    **{number: Half("full", number, WELL[1], 0) for number in CALIBRATION[:-1]},
}


def one_seed(key, data, pair):
    """One seed: all that is asked of a pair of data and network.

    Args:
      key: a `jax.random.key`; the split, the starts, the batches and random choices follow from it.
      data: the pair's.
      pair: a `Pair`.

    Returns:
      (whole, ways, arms): accuracy and loss in validation and tests of the whole network (rates, 2,
      2); see `prune_anywhere`; see `all_arms`.
    """
    setup, starts = prepare(key, data, pair)
    rate, states, whole, stranger = train_whole(pair, setup, starts)
    ends = {
        "lowest rate": jax.tree.map(lambda leaf: leaf[0, -1], states[0]),
        "highest rate": jax.tree.map(lambda leaf: leaf[-1, -1], states[0]),
        "full": best_of(pair, rate, states),
    }
    arms = all_arms(key, Setting(pair, setup, rate), starts, ends, stranger)
    return whole, prune_anywhere(key, pair, setup, states), arms


def best_of(pair, rate, states):
    """The variables after training at a rate; states: see `train_whole`."""
    place = (jnp.array(pair.rates) == rate).argmax()
    return jax.tree.map(lambda leaf: leaf[place, -1], states[0])


def all_arms(key, setting, starts, ends, stranger):
    """One seed at the learning rate with which the whole network does best in validation.

    A stranger is another initialisation, trained on the same data in the same batches. What it
    keeps is chosen by the standard deviation of its own trained units.

    Args:
      key: a `jax.random.key`, the seed.
      setting: a `Setting`.
      starts: see `prepare`.
      ends: dict name -> variables, trained at the lowest, the highest and the best rate ("full").
      stranger: the stranger's variables, trained at the best rate.

    Returns:
      A dict: "full": test accuracy; "accuracy": arm -> half -> test accuracy; "differ": which of
      `COMPARED` -> share of the test points in different classes; "moves": the same -> correlation
      of displacements; "roles": shares, of the units that have the same role in both orders, and of
      pairs of different units that have; "tuned": kind of `KINDS` -> test accuracy "before" and
      "after" fine-tuning for as many steps as a stage has; "calibration": test accuracies of the
      half that is pruned as in `WELL`, on each number of `CALIBRATION` inputs; "quarter": of a
      quarter pruned like that; "units": of whom -> `unit_counts`; "dead": how many units are
      "dead", how many of them "wake" (see `dead_and_awake`), and how many of those "dropped" by std
      pruning are.
    """
    net, seen, full = setting.pair.net, setting.seen, ends["full"]
    start, other = (jax.tree.map(lambda leaf: leaf[i], starts) for i in range(2))
    networks = {"full": full, "start": start, "stranger's start": other}
    scores = scores_of(setting, full, stranger, named_key(key, "scores"))
    keep = {name: keep_highest(score, half_of(net)) for name, score in scores.items()}
    found = made(setting, networks, keep, HALVES)
    last = {name: found[name, "mean"] for name in ("random", "std")}
    few = [found[half].before for half in (*CALIBRATION[:-1], WELL)]

    roles = [roles_of(net, half, seen) for half in (last["std"].begin, found["std"].end)]
    quarter = tuple(max(width // 4, 1) for width in net.widths)
    small = net.prune(full, keep_highest(scores["unexplained"], quarter), seen, WELL[1])
    dead, awake = dead_and_awake(net, full, seen, named_key(key, "moves"))
    return _compared(net, setting.setup.sets[1].x, last["std"], found) | {
        "full": setting.accuracy(full),
        "accuracy": {
            "train_prune": {name: half.before for name, half in last.items()},
            "prune_train": {"random": found["random"].after},
            "fine_tune": {"random": found["tuned"].after},
        },
        "roles": same_roles(*roles, RULES["P14"].alike),
        "tuned": {
            kind: {"before": found[kind].before, "after": found[kind].after} for kind in KINDS
        },
        "calibration": jnp.stack(few),
        "quarter": setting.accuracy(small),
        "units": each(
            lambda variables: unit_counts(net, variables, seen), ends | {"untrained": start}
        ),
        "dead": {
            "dead": sum(layer.sum() for layer in dead),
            "wake": sum(layer.sum() for layer in awake),
            "dropped": part_dropped(dead, keep["std"]),
        },
    }


def _compared(net, x, last, found):
    """How far the orders are apart, on test inputs x, and how they moved; last: the half by std,
    pruned last; found: what `made` makes."""
    ends = {"last": last.begin} | {name: found[half].end for name, half in COMPARED.items()}
    classes = each(lambda variables: net.apply(variables, x).argmax(axis=-1), ends)
    moves = found["std"].begin, last.begin
    return {
        "differ": {name: (classes["last"] != classes[name]).mean() for name in COMPARED},
        "moves": {name: _moved_alike(moves, found[half][:2]) for name, half in COMPARED.items()},
    }


def _moved_alike(one, two):
    """The correlation of two displacements over all kernels; one, two: (start, end), variables."""

    def moves(start, end):
        moved = jax.tree.map(jnp.subtract, end["params"], start["params"])
        leaves = jax.tree.leaves_with_path(moved)
        return jnp.concatenate([leaf.ravel() for path, leaf in leaves if path[-1].key == "kernel"])

    return jnp.corrcoef(moves(*one), moves(*two))[0, 1]
