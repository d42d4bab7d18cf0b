"""The post's claims on recorded data and larger networks, with half of the units in each layer."""

import jax
import jax.numpy as jnp

from ..criteria import keep_highest
from ..keys import named_key
from ..roles import same_roles
from .best_order import KINDS
from .beyond import STAGES, WELL, prepare, prune_anywhere, train_whole
from .beyond_kinds import CALIBRATION, Setting, each, pruned_halves, scores_of
from .beyond_units import dead_and_awake, part_dropped, roles_of, unit_counts
from .pictures import half_of
from .rules import RULES

# The half by std, pruned last, is compared with these, pruned first.
COMPARED = {"orders": "std", "orders of strangers": "stranger"}


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
    scores = scores_of(setting, full, stranger, named_key(key, "scores"))
    keep = {name: keep_highest(score, half_of(net)) for name, score in scores.items()}
    init = {name: net.slice(start, keep[name]) for name in ("random", "std")}
    init["stranger"] = net.slice(other, keep.pop("stranger"))
    pruned = pruned_halves(setting, full, keep)
    last, (_, well) = pruned["mean"], WELL

    kinds = {(name, rung): pruned[rung][name] for name, rung in KINDS}
    begun = {name: (half, STAGES) for name, half in init.items()}
    begun |= {"tuned": (last["random"], STAGES)} | {kind: (kinds[kind], 1) for kind in kinds}
    ended = each(lambda case: setting.fitted(*case), begun)
    before, after = (each(setting.accuracy, {k: n[k] for k in KINDS}) for n in (kinds, ended))
    few = each(setting.accuracy, {number: pruned[well][number] for number in CALIBRATION[:-1]})

    roles = [roles_of(net, variables, seen) for variables in (last["std"], ended["std"])]
    quarter = tuple(max(width // 4, 1) for width in net.widths)
    kept = keep_highest(scores["unexplained"], quarter)
    dead, awake = dead_and_awake(net, full, seen, named_key(key, "moves"))
    return _compared(net, setting.setup.sets[1], init, last, ended) | {
        "full": setting.accuracy(full),
        "roles": same_roles(*roles, RULES["P14"].alike),
        "tuned": {kind: {"before": before[kind], "after": after[kind]} for kind in KINDS},
        "calibration": jnp.stack([*few.values(), before["unexplained", well]]),
        "quarter": setting.accuracy(net.prune(full, kept, seen, well)),
        "units": each(
            lambda variables: unit_counts(net, variables, seen), ends | {"untrained": start}
        ),
        "dead": {
            "dead": sum(layer.sum() for layer in dead),
            "wake": sum(layer.sum() for layer in awake),
            "dropped": part_dropped(dead, keep["std"]),
        },
    }


def _compared(net, test, init, last, first):
    """The accuracies of both orders, and how far they are apart; init, last, first: dict half ->
    variables as they start, pruned last, and pruned first."""

    def classes(nets):
        return each(lambda variables: net.apply(variables, test.x).argmax(axis=-1), nets)

    pruned, trained = classes(last), classes({name: first[name] for name in (*init, "tuned")})
    return {
        "accuracy": {
            "train_prune": {name: (pruned[name] == test.y).mean() for name in ("random", "std")},
            "prune_train": {"random": (trained["random"] == test.y).mean()},
            "fine_tune": {"random": (trained["tuned"] == test.y).mean()},
        },
        "differ": {
            name: (pruned["std"] != trained[half]).mean() for name, half in COMPARED.items()
        },
        "moves": {
            name: _moved_alike((init["std"], last["std"]), (init[half], first[half]))
            for name, half in COMPARED.items()
        },
    }


def _moved_alike(one, two):
    """The correlation of two displacements over all kernels; one, two: (start, end), variables."""

    def moves(start, end):
        moved = jax.tree.map(jnp.subtract, end["params"], start["params"])
        leaves = jax.tree.leaves_with_path(moved)
        return jnp.concatenate([leaf.ravel() for path, leaf in leaves if path[-1].key == "kernel"])

    return jnp.corrcoef(moves(*one), moves(*two))[0, 1]
