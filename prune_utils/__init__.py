"""Prune Flax networks, before or after training, and see what difference it makes."""

from .bounds import lipschitz_bound, unit_bounds
from .compare import (
    TOUCHED,
    agreement,
    best_match,
    correlation,
    diagonal_profile,
    displacement,
    linear_cka,
    role_correlation,
    role_similarity,
    touched,
    unit_permutation_test,
)
from .criteria import CRITERIA, dropped, keep_highest, unit_scores
from .data import Dataset, plane, spiral_posterior, spirals
from .ensemble import run_ensemble, use_all_cores
from .evidence import Interval, half_sample_mode, judge, mean_interval, paired_effect, ratio_interval, sharpest_band
from .experiment import SEEDS, Branch, Experiment, Settings, run_experiment
from .models import MLP, chain, hidden_activations, hidden_widths, init_params, logits, model_of
from .optimizers import adam_as, lone_answer, recording
from .compensation import COMPENSATIONS
from .pruning import prune, slice_units
from .elimination import KINDS, eliminate, unexplained, unit_kinds
from .removal import carried_together, removal_rises, unit_census
from .theory import adam_impulse_response, adam_response, lone_displacements
from .training import Run, TrainConfig, accuracy, activation_gradients, loss, train
from .units import (
    dead_over_time,
    dead_units,
    never_together,
    perturb_units,
    plant_constants,
    wake_distance,
    weight_gradients,
)
