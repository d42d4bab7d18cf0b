"""Over criteria: does pruning cost more where the dropped units say the same thing?"""

import jax.numpy as jnp
import numpy as np
import scipy.stats

from ..criteria import dropped, keep_highest
from ..keys import named_key
from ..statistics import judge, mean_interval
from .orders import run_experiment, trained_scores
from .removal import carried_together

# What could tell how much pruning costs: names as in `dropped_together`, and in words.
PREDICTORS = {
    "coherence": "coherence",
    "share": "size of the single contributions",
    "joint": "size of the joint contribution",
}


def dropped_together(key, settings):
    """What each criterion drops of the first hidden layer, and what that costs.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings` with the criteria.

    Returns:
      A dict of (criteria,). "coherence", "share", see `carried_together`; "joint": the squared size
      of the joint contribution, relative to that of all the layer's single ones, summed (the
      product of the two); "pruned": the accuracy on the data if the units are removed, their means
      folded.
    """
    e, model = run_experiment(key, settings), settings.model
    found = []
    for name in settings.criteria:
        own = named_key(key, "random half")
        scores = trained_scores(name, model, e.full.params, e.data, own)
        keep = keep_highest(scores, settings.keep_counts)
        gone = dropped(keep, settings.features[:-1])[0]
        one = carried_together(own, e.full.params, e.acts, gone, e.data)
        one["joint"] = one["share"] * one["coherence"]
        found.append(one)
    return {what: jnp.stack([one[what] for one in found]) for what in (*PREDICTORS, "pruned")}


def rank_correlation(first, second):
    """Spearman's correlation of each row of two arrays (seeds, criteria): (seeds,); 0 where a row
    is constant."""
    ranks = [scipy.stats.rankdata(values, axis=-1) for values in (first, second)]
    a, b = (r - r.mean(axis=-1, keepdims=True) for r in ranks)
    norm = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    return np.where(norm > 0, (a * b).sum(axis=-1) / np.where(norm > 0, norm, 1), 0)


def predictions(doses, criteria, chosen):
    """How well each of `PREDICTORS` ranks, within a network, what the criteria's pruning costs.

    Args:
      doses: dict learning rate -> `dropped_together` over seeds.
      criteria: their names, in its order.
      chosen: the names of those to rank.

    Returns:
      A dict predictor -> dict of (seeds,): each learning rate's `rank_correlation` with the loss of
      accuracy, and "all", their mean.
    """
    columns = [criteria.index(name) for name in chosen]
    table = {}
    for predictor in PREDICTORS:
        ranks = {
            rate: rank_correlation(dose[predictor][:, columns], -dose["pruned"][:, columns])
            for rate, dose in doses.items()
        }
        table[predictor] = ranks | {"all": np.mean(list(ranks.values()), axis=0)}
    return table


def prediction_table(table):
    """Rows for `show_table` of `predictions`, and what coherence is ahead of the others by."""
    rows = {PREDICTORS[name]: row for name, row in table.items()}
    for other in ("share", "joint"):
        rows[f"coherence, less {PREDICTORS[other]}"] = {
            rate: values - table[other][rate] for rate, values in table["coherence"].items()
        }
    heads = {rate: f"learning rate {rate:g}" for rate in table["coherence"] if rate != "all"}
    return {
        name: {heads.get(rate, "all four"): values for rate, values in row.items()}
        for name, row in rows.items()
    }


def against_chance(doses, criteria):
    """Accuracy of each criterion's pruned network less that of the random half: dict criterion ->
    dict learning rate -> (mean over seeds, whether it is real, all cells judged together)."""
    names = [name for name in criteria if name != "random"]
    columns, chance = [criteria.index(name) for name in names], criteria.index("random")
    gains = np.array(
        [(d["pruned"][:, columns] - d["pruned"][:, [chance]]).T for d in doses.values()]
    )
    real = judge(gains, 0) != 0
    return {
        name: {rate: (gains[i, j].mean(), bool(real[i, j])) for i, rate in enumerate(doses)}
        for j, name in enumerate(names)
    }


def criterion_table(dose, criteria, chance):
    """Rows for `show_table`, one a criterion: what it drops at one learning rate, and at how many
    of them it is worse than chance.

    Args:
      dose: `dropped_together` over seeds.
      criteria: their names, in its order.
      chance: `against_chance`.
    """
    table = {}
    for index, name in enumerate(criteria):
        row = {PREDICTORS[what]: dose[what][:, index] for what in PREDICTORS}
        row["accuracy left"] = mean_interval(dose["pruned"][:, index])
        if name in chance:
            worse = [gain < 0 and real for gain, real in chance[name].values()]
            row["worse than chance"] = f"at {sum(worse)} of {len(worse)} learning rates"
        table[name] = row
    return table
