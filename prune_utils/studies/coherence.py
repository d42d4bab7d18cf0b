"""Over criteria: does pruning cost more where the dropped units say the same thing?"""

import jax.numpy as jnp
import numpy as np
import scipy.stats

from ..criteria import dropped, keep_highest
from ..keys import named_key
from ..statistics import judge, mean_interval
from .orders import run_experiment, trained_scores
from .removal import carried_together
from .rules import settled

# What could tell how much pruning costs: names as in `dropped_together`, and in words.
PREDICTORS = {
    "coherence": "coherence",
    "share": "size of the single contributions",
    "joint": "size of the joint contribution",
}
OTHERS = ("share", "joint")  # what coherence is compared with


def dropped_together(key, settings):
    """What each criterion drops of the first hidden layer, and what that costs.

    Args:
      key: a `jax.random.key`, the seed of the experiment.
      settings: a `Settings` with the criteria.

    Returns:
      A dict of (criteria,). "coherence" (0 if no dropped unit varies), "share", see
      `carried_together`; "joint": the squared size of the joint contribution, relative to that of
      all the layer's single ones, summed (the product of the two); "pruned": the accuracy on the
      data if the units are removed, their means folded.
    """
    e, model = run_experiment(key, settings), settings.model
    found = []
    for name in settings.criteria:
        own = named_key(key, "random half")
        scores = trained_scores(name, model, e.full.params, e.data, own)
        keep = keep_highest(scores, settings.keep_counts)
        gone = dropped(keep, settings.features[:-1])[0]
        one = carried_together(own, e.full.params, e.acts, gone, e.data)
        one["coherence"] = jnp.nan_to_num(one["coherence"])
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


def predictions(doses, criteria):
    """How well each of `PREDICTORS` ranks, within a network, what the criteria's pruning costs.

    Args:
      doses: dict learning rate -> `dropped_together` over seeds.
      criteria: their names, in its order, random pruning among them.

    Returns:
      Two such dicts, of "all criteria" and of those "without random": of each predictor, and of
      what coherence is ahead by, "over share" and "over joint", a dict of (seeds,): each learning
      rate's `rank_correlation` with the loss of accuracy, and "all", their mean.
    """
    chosen = {
        "all criteria": criteria,
        "without random": [name for name in criteria if name != "random"],
    }
    return {
        group: _ranks(doses, [criteria.index(name) for name in names])
        for group, names in chosen.items()
    }


def _ranks(doses, columns):
    ranks = {}
    for predictor in PREDICTORS:
        ranks[predictor] = {
            rate: rank_correlation(dose[predictor][:, columns], -dose["pruned"][:, columns])
            for rate, dose in doses.items()
        }
        ranks[predictor]["all"] = np.mean(list(ranks[predictor].values()), axis=0)
    for other in OTHERS:
        ranks[f"over {other}"] = {
            rate: values - ranks[other][rate] for rate, values in ranks["coherence"].items()
        }
    return ranks


def coherence_leads(table):
    """Whether coherence ranks the damage, and better than the size of the single contributions,
    with and without random pruning, or None, which is open; table: `predictions`."""
    needed = [
        ranks[what]["all"] for ranks in table.values() for what in ("coherence", "over share")
    ]
    return settled([-mean_interval(values) for values in needed])


def prediction_table(table):
    """Rows for `show_table` of `predictions`."""
    words = PREDICTORS | {
        f"over {other}": f"coherence, less {PREDICTORS[other]}" for other in OTHERS
    }
    rates = [rate for rate in table["all criteria"]["coherence"] if rate != "all"]
    heads = {rate: f"learning rate {rate:g}" for rate in rates} | {"all": "all of them"}
    return {
        f"{group}: {words[what]}": {heads[rate]: values for rate, values in row.items()}
        for group, ranks in table.items()
        for what, row in ranks.items()
    }


def against_chance(doses, criteria):
    """Whether each criterion's pruned network is better (1) or worse (-1) than that of the random
    half, or it is open (0), all cells judged together: dict criterion -> list over learning
    rates."""
    names, chance = [name for name in criteria if name != "random"], criteria.index("random")
    gains = [
        [d["pruned"][:, criteria.index(name)] - d["pruned"][:, chance] for d in doses.values()]
        for name in names
    ]
    return dict(zip(names, judge(gains, 0).tolist()))


def criterion_table(dose, criteria, marks):
    """Rows for `show_table`, one a criterion: what it drops at one learning rate, and at how many
    of them it is worse than chance.

    Args:
      dose: `dropped_together` over seeds.
      criteria: their names, in its order.
      marks: `against_chance`.
    """
    table = {}
    for index, name in enumerate(criteria):
        table[name] = {words: dose[what][:, index] for what, words in PREDICTORS.items()}
        table[name]["accuracy left"] = dose["pruned"][:, index]
        if name in marks:
            found = {word: marks[name].count(m) for m, word in ((-1, "worse"), (0, "open"))}
            table[name]["against chance"] = ", ".join(f"{word} at {n}" for word, n in found.items())
    return table
