"""The kernels of both orders side by side."""

from ..chain import chain
from ..compare import correlation, displacement, unit_permutation_test
from ..keys import named_key
from ..models import hidden_activations, model_of
from ..roles import same_roles
from .orders import run_experiment
from .rules import RULES
from .units import dead_units, never_together


def kernel_pair(key, branch, data, layer="Dense_1"):
    """One kernel in the networks of both orders, and whether the two correlate.

    Args:
      key: for the permutation test.
      branch: a `Branch`.
      data: the training data.
      layer: whose kernel.

    Returns:
      A dict: "init", "train_prune", "prune_train": the kernel (inputs, units), untrained and in
      either network;
      "r", "null" (20,), "p": see `unit_permutation_test`, of 199 permutations; "r_moves", "r_init":
      correlation of the two displacements, and of prune_train with its own start; "apart":
      `never_together` before the first step; "asleep": units of the layer that are dead then;
      "roles", "strangers": see `same_roles`.
    """
    networks = {
        "init": branch.init,
        "train_prune": branch.train_prune,
        "prune_train": branch.prune_train.params,
    }
    init, first, second = (params[layer]["kernel"] for params in networks.values())
    model = model_of(branch.init)
    acts = {name: hidden_activations(model, params, data.x) for name, params in networks.items()}
    index = chain(branch.init).index(layer)
    r, null, p = unit_permutation_test(key, first, second, permutations=199)
    same, others = same_roles(acts["train_prune"], acts["prune_train"], RULES["P14"].alike)
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


def kernel_pairs(key, settings):
    """`kernel_pair` of one seed for every criterion of the `Settings`: a dict criterion -> pair."""
    e, own = run_experiment(key, settings), named_key(key, "permutations")
    return {name: kernel_pair(own, branch, e.data) for name, branch in e.branches.items()}
