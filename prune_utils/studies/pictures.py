"""Networks for pictures: trained, then pruned by several criteria and compensations."""

import jax
import jax.numpy as jnp
import optax

from ..compensation import COMPENSATIONS
from ..criteria import keep_highest
from ..keys import named_key

STEPS, BATCH, RATE = 600, 64, 3e-3


def training_mode(module):
    """(variables, x) -> (outputs, variables): the module in training mode, its batch statistics
    updated.
    """

    def apply(variables, x):
        outputs, moved = module.apply(variables, x, train=True, mutable=["batch_stats"])
        return outputs, {**variables, **moved}

    return apply


def optimizer_of(rate, steps):
    """Adam, its learning rate lowered by a cosine to zero within so many steps; both may be
    traced."""
    cosine = optax.cosine_decay_schedule(rate, 1)
    return optax.adam(lambda count: cosine(count / steps))


def draw_batches(keys, points, size=BATCH):
    """Which of so many points each step of training sees, drawn by the step's key: (*keys.shape,
    size). All at once, because drawing within the steps is more to compile and to run.
    """
    draw = jax.vmap(lambda key: jax.random.randint(key, (size,), 0, points))
    return draw(keys.reshape(-1)).reshape(*keys.shape, size)


def train_on(apply, optimizer, state, batches, data):
    """Some steps of training.

    Args:
      apply: (variables, x) -> (outputs, variables), as from `training_mode`; a pruned network's is
        `net.adapt(training_mode(module))`.
      optimizer: an optax optimizer.
      state: (variables, optimizer state); `variables` a dict with "params", and "batch_stats" if
        there are any.
      batches: which points each step sees, (steps, size), as from `draw_batches`.
      data: a `Dataset`.

    Returns:
      The state after the last step.
    """

    def loss(params, variables, chosen):
        outputs, moved = apply({**variables, "params": params}, data.x[chosen])
        losses = optax.softmax_cross_entropy_with_integer_labels(outputs, data.y[chosen])
        return losses.mean(), moved

    def update(state, chosen):
        variables, moments = state
        gradient, moved = jax.grad(loss, has_aux=True)(variables["params"], variables, chosen)
        with jax.numpy_dtype_promotion("standard"):  # optax raises decay rates to an integer count
            updates, moments = optimizer.update(gradient, moments, variables["params"])
        params = optax.apply_updates(variables["params"], updates)
        return ({**moved, "params": params}, moments), None

    return jax.lax.scan(update, state, batches)[0]


def fit(apply, variables, key, data, steps=STEPS, rate=RATE):
    """The variables after a whole training from these ones; see `train_on`.

    Args:
      key: a `jax.random.key`, for the batches.
      steps, rate: of the training.
    """
    optimizer = optimizer_of(rate, steps)
    start = variables, optimizer.init(variables["params"])
    batches = draw_batches(jax.random.split(key, steps), len(data.y))
    return train_on(apply, optimizer, start, batches, data)[0]


def right(outputs, data):
    """The share of pictures whose highest output is their class."""
    return (outputs.argmax(axis=-1) == data.y).mean()


def half_of(net):
    """Half of each layer's units, at least one."""
    return tuple(max(width // 2, 1) for width in net.widths)


def pruned_accuracies(key, module, net, task, criteria, calibration=256):
    """One seed: the test accuracy of a network and of its halves, without further training.

    Args:
      key: a `jax.random.key`; data, start, batches and random choices follow from it.
      module: a Flax module as in `models`.
      net: its `Network`.
      task: a task, see `tasks`.
      criteria: names.
      calibration: how many training pictures criteria and compensations see, without labels.

    Returns:
      (full, halves): the accuracy of the whole network, and dict criterion -> dict compensation ->
      accuracy with half of each layer's units.
    """
    data, test = task(named_key(key, "data"), named_key(key, "test"))
    start = module.init(named_key(key, "start"), data.x[:1])
    variables = fit(training_mode(module), start, named_key(key, "batches"), data)
    seen, keeps = data.x[:calibration], []
    for criterion in criteria:
        own = named_key(key, "scores") if criterion == "random" else None
        keeps.append(keep_highest(net.scores(criterion, variables, seen, own), half_of(net)))
    stacked = jax.tree.map(lambda *units: jnp.stack(units), *keeps)
    halves = {criterion: {} for criterion in criteria}
    for compensation in COMPENSATIONS:
        # Compiled once for all criteria.
        accuracies = jax.lax.map(
            lambda keep: right(
                net.apply(net.prune(variables, keep, seen, compensation), test.x), test
            ),
            stacked,
        )
        for place, criterion in enumerate(criteria):
            halves[criterion][compensation] = accuracies[place]
    return right(net.apply(variables, test.x), test), halves
