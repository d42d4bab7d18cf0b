"""Prune networks, before or after training, and see what difference it makes."""

from .adam import adam_impulse_response
from .bounds import lipschitz_bound, unit_bounds
from .chain_pruning import prune, slice_units, unit_scores
from .compensation import COMPENSATIONS
from .criteria import CRITERIA, dropped, keep_highest
from .elimination import eliminate, unexplained, unit_kinds
from .ensemble import run_ensemble, use_all_cores
from .keys import named_key
from .models import MLP, hidden_activations, init_params, logits
from .network import Network, trace
from .statistics import Interval, mean_interval
from .studies.orders import Settings, run_experiment
from .tasks import Dataset, spirals
from .training import Run, TrainConfig, accuracy, loss, train

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
