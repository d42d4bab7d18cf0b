"""Prune networks, before or after training, and see what difference it makes."""

from .adam import adam_impulse_response
from .certificate import lipschitz_bound, unit_bounds
from .criteria import CRITERIA, dropped, keep_highest, unit_scores
from .ensemble import run_ensemble, use_all_cores
from .keys import named_key
from .models import MLP, hidden_activations, init_params, logits
from .pruning import COMPENSATIONS, prune, slice_units
from .redundancy import eliminate, unexplained, unit_kinds
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
    "train",
    "unexplained",
    "unit_bounds",
    "unit_kinds",
    "unit_scores",
    "use_all_cores",
]

# Until test_pruning, test_criteria, test_redundancy, test_models and test_bad_input import these
# from their modules: then the table and the function go.
_MOVED = {
    "KINDS": "redundancy",
    "activation_gradients": "training",
    "agreement": "compare",
    "chain": "models",
    "correlation": "compare",
    "diagonal_profile": "compare",
    "half_sample_mode": "statistics",
    "hidden_widths": "models",
    "model_of": "models",
    "plane": "tasks",
    "removal_rises": "studies.removal",
    "spiral_posterior": "tasks",
    "touched": "compare",
    "unit_permutation_test": "compare",
    "wake_distance": "studies.units",
}


def __getattr__(name):
    from importlib import import_module

    if name not in _MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MOVED[name]}", __name__), name)
