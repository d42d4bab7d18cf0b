"""Takes units out of any network written in JAX, and makes up for them.

    net = pu.trace(apply, params, x)  # what can be taken out; print(net) shows it
    keep = pu.keep_highest(net.scores("unexplained", params, x), counts)
    small = net.prune(params, keep, x)  # a smaller tree; net.apply(small, x) runs it

`trace` and `Network` are for every network. `prune`, `slice_units` and `unit_scores` are for chains
of Dense layers, from parameters and activations alone; the report on "train first or prune first"
is built on them. `CRITERIA` and `COMPENSATIONS` are the tables of names.
"""

from .adam import adam_impulse_response
from .bounds import lipschitz_bound, unit_bounds
from .chain_pruning import prune, slice_units, unit_scores
from .compensation import COMPENSATIONS
from .criteria import CRITERIA, dropped, keep_highest
from .elimination import eliminate, unexplained, unit_kinds
from .ensemble import run_ensemble, run_ensembles, use_all_cores
from .keys import named_key
from .models import MLP, hidden_activations, init_params, logits
from .network import Network, trace
from .pruning import WithConstants
from .statistics import Interval, mean_interval
from .studies.orders import Settings, run_experiment
from .tasks import spirals
from .training import Run, TrainConfig, accuracy, loss, train
from .types import Dataset

__all__ = [
    "COMPENSATIONS",
    "CRITERIA",
    "MLP",
    "Dataset",
    "Interval",
    "Network",
    "Run",
    "Settings",
    "TrainConfig",
    "WithConstants",
    "accuracy",
    "adam_impulse_response",
    "dropped",
    "eliminate",
    "hidden_activations",
    "init_params",
    "keep_highest",
    "lipschitz_bound",
    "logits",
    "loss",
    "mean_interval",
    "named_key",
    "prune",
    "run_ensemble",
    "run_ensembles",
    "run_experiment",
    "slice_units",
    "spirals",
    "trace",
    "train",
    "unexplained",
    "unit_bounds",
    "unit_kinds",
    "unit_scores",
    "use_all_cores",
]
