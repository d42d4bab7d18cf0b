"""One pure training loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree

from ._checks import concrete, require, require_finite
from .models import Module, hidden_activations, logits
from .types import Dataset, Integer, Number, Params, Scalar


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["learning_rate"],
    meta_fields=["steps", "optimizer", "snapshot_steps", "batch_size"],
)
@dataclass(frozen=True)
class TrainConfig:
    """How to train. The defaults are the report's; notebook 02 says which are given by the post and
    which inferred.

    Attributes:
      learning_rate: traced, so that another value compiles nothing.
      steps: number of steps.
      optimizer: learning rate -> `optax.GradientTransformation`; `optax.adam` itself, or any
        function like it.
      snapshot_steps: increasing; the parameters after this many steps are returned (0: the initial
        ones).
      batch_size: points a step, a divisor of their number n; every (n / batch_size)-th point,
        beginning one further on at each step, so that an epoch sees all. All points if None.
    """

    learning_rate: Number = 0.1
    steps: Integer = 1000
    optimizer: Callable[[Number], optax.GradientTransformation] = optax.adam
    snapshot_steps: Sequence[Integer] | Int[np.ndarray, " snapshots"] = field(default=())
    batch_size: Integer | None = None

    def __post_init__(self):
        require(
            isinstance(self.steps, (int, np.integer)) and self.steps >= 1,
            "steps",
            f"an integer of at least 1, got {self.steps!r}",
        )
        rate = self.learning_rate
        if isinstance(rate, (int, float, np.generic, np.ndarray, jax.Array)) and concrete(rate):
            proper = (np.isfinite(np.asarray(rate)) & (np.asarray(rate) >= 0)).all()
            require(proper, "learning_rate", f"a finite number of at least 0, got {rate!r}")
        whole = all(isinstance(step, (int, np.integer)) for step in self.snapshot_steps)
        require(whole, "snapshot_steps", f"integers, got {self.snapshot_steps}")
        # any sequence; hashable
        object.__setattr__(self, "snapshot_steps", tuple(map(int, self.snapshot_steps)))
        wanted = (-1, *self.snapshot_steps, self.steps + 1)
        increasing = all(a < b for a, b in zip(wanted, wanted[1:]))
        require(
            increasing,
            "snapshot_steps",
            f"increasing numbers from 0 to {self.steps}, got {self.snapshot_steps}",
        )
        size = self.batch_size
        whole = size is None or (
            isinstance(size, (int, np.integer)) and size is not True and size >= 1
        )
        require(whole, "batch_size", f"an integer of at least 1, or None, got {size!r}")


class Run(NamedTuple):
    """A finished training.

    `params` after the last step; `loss` (steps,) before each step, of its batch; `snapshots`:
    params-shaped, with a leading axis over `snapshot_steps`; `opt_state`, with which training can
    go on.
    """

    params: Params
    loss: Float[Array, " steps"]
    snapshots: Params
    opt_state: PyTree


def loss(model: Module, params: Params, data: Dataset) -> Scalar:
    """Mean cross-entropy of the softmax of the logits, in nats a point.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> data = pu.spirals(jax.random.key(0))
      >>> params = pu.init_params(pu.MLP((8, 2)), jax.random.key(1), data.x)
      >>> float(pu.loss(pu.MLP((8, 2)), params, data)) > 0
      True
    """
    # points along the last axis, see `models.Dense`
    outputs = logits(model, params, data.x).T
    return optax.softmax_cross_entropy_with_integer_labels(outputs, data.y, axis=0).mean()


def accuracy(model: Module, params: Params, data: Dataset) -> Scalar:
    """Fraction of points whose highest logit is their class.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> data = pu.spirals(jax.random.key(0))
      >>> params = pu.init_params(pu.MLP((8, 2)), jax.random.key(1), data.x)
      >>> 0 <= float(pu.accuracy(pu.MLP((8, 2)), params, data)) <= 1
      True
    """
    return (logits(model, params, data.x).argmax(axis=-1) == data.y).mean()


def activation_gradients(model, params, data):
    """Gradient of the mean loss with respect to every hidden activation: a tuple of (n, width)."""
    marked = jax.eval_shape(model.init, jax.random.key(0), data.x).get("perturbations", {})
    zeros = {
        f"hidden_{i}": jnp.zeros_like(a)
        for i, a in enumerate(hidden_activations(model, params, data.x))
    }
    require(
        set(marked) == set(zeros),
        "model",
        f"a Linen module that calls self.perturb(name, x) with the names {', '.join(zeros)}",
    )

    def perturbed_loss(perturbations):
        outputs = model.apply({"params": params, "perturbations": perturbations}, data.x)
        return optax.softmax_cross_entropy_with_integer_labels(outputs, data.y).mean()

    gradients = jax.grad(perturbed_loss)(zeros)
    return tuple(gradients[name] for name in zeros)


def train(
    model: Module,
    params: Params,
    data: Dataset,
    config: TrainConfig,
    opt_state: PyTree | None = None,
) -> Run:
    """Training with any optax optimizer that needs only gradients and parameters, as one compiled
    `lax.scan`.

    Args:
      model: a Linen module, (n, inputs) -> logits (n, classes).
      params: where to start.
      data: a `Dataset`.
      config: a `TrainConfig`.
      opt_state: the optimizer's state to go on with; fresh if None.

    Returns:
      A `Run`.

    Raises:
      ValueError: if `params` or `data` are not finite, `data.x` and `data.y` do not fit, or a class
        has no output.

    Example:
      >>> import jax, jax.numpy as jnp, prune_utils as pu
      >>> data, model = pu.spirals(jax.random.key(0)), pu.MLP((8, 2))
      >>> params = pu.init_params(model, jax.random.key(1), data.x)
      >>> run = pu.train(model, params, data, pu.TrainConfig(learning_rate=0.01, steps=20))
      >>> bool(run.loss[-1] < run.loss[0])
      True
    """
    require_finite(params, "params")
    require_finite(data.x, "data.x")
    fits = data.x.ndim == 2 and data.y.shape == data.x.shape[:1] and len(data.x) > 0
    require(fits, "data", "x of shape (n, inputs) and y of shape (n,), n at least 1")
    fits = config.batch_size is None or len(data.x) % config.batch_size == 0
    require(fits, "batch_size", f"a divisor of the {len(data.x)} points, got {config.batch_size}")
    if concrete(data.y):
        classes = jax.eval_shape(partial(logits, model), params, data.x).shape[-1]
        # or the reductions of a concrete array would join the trace around them
        labels = np.asarray(data.y)
        within = labels.min() >= 0 and labels.max() < classes
        require(within, "data.y", f"classes from 0 to {classes - 1}, the model's outputs")
    return _train(model, params, data, config, opt_state)


@partial(jax.jit, static_argnames="model")
def _train(model, params, data, config, opt_state):
    optimizer = config.optimizer(config.learning_rate)
    wanted = jnp.asarray(config.snapshot_steps, dtype=jnp.int32)

    def record(snapshots, step, params):
        # Every step writes into the slot of the next wanted step, and the last writer wins:
        # constant memory, no branch.
        if not config.snapshot_steps:
            return snapshots
        slot = jnp.searchsorted(wanted, step)
        return jax.tree.map(
            lambda all_, one: all_.at[slot].set(one, mode="drop"), snapshots, params
        )

    def batch(step):
        if config.batch_size is None:
            return data
        batches = len(data.x) // config.batch_size
        chosen = step % batches + batches * jnp.arange(config.batch_size)
        return jax.tree.map(lambda leaf: jnp.take(leaf, chosen, axis=0), data)

    def update(carry, step):
        params, opt_state, snapshots = carry
        snapshots = record(snapshots, step, params)
        value, gradient = jax.value_and_grad(partial(loss, model), argnums=0)(params, batch(step))
        # optax raises float decay rates to an integer step count
        with jax.numpy_dtype_promotion("standard"):
            updates, opt_state = optimizer.update(gradient, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state, snapshots), value

    empty = jax.tree.map(lambda leaf: jnp.zeros((len(wanted), *leaf.shape), leaf.dtype), params)
    start = (params, optimizer.init(params) if opt_state is None else opt_state, empty)
    (params, opt_state, snapshots), losses = jax.lax.scan(update, start, jnp.arange(config.steps))
    return Run(params, losses, record(snapshots, config.steps, params), opt_state)
