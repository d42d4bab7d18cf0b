"""What `bench_rivals.py` measures: networks trained once, pruned by every method."""

import json
import os
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

import prune_utils as pu
from prune_utils import rivals
from prune_utils.cost import latencies
from prune_utils.models import MLP
from prune_utils.recorded import read_idx
from prune_utils.scoring import reads_of
from prune_utils.studies import beyond, beyond_arms, beyond_kinds, file_types
from prune_utils.studies.pictures import draw_batches, train_on, training_mode
from prune_utils.studies.pruned_file_types import PARTS, counts_of

HERE = Path(__file__).resolve().parent
TORCH = HERE.parent / ".bench-venv" / "bin" / "python"
FASHION = Path(os.environ.get("FASHION_MNIST") or "/usr/share/datasets/fashion-mnist")
SEEDS, SEEN, REMOVED = 8, 4096, (0.5, 0.6, 0.7, 0.8)
STEPS, TUNED, BATCH, RATE, DECAY = 20 * 469, 469, 128, 0.1, 5e-4  # of LeNet-300-100
OURS = "ours: `unexplained`, least squares"
# name: (criterion, compensation), or what only a chain of Dense layers can do.
METHODS = {
    "magnitude (Li 2017)": ("l1", "none"),
    "means (Evci 2018, Berisha 2025)": ("std", "mean"),
    "means (FLAP 2024)": ("contribution", "mean"),
    "Neuron Merging 2020": "merged",
    "Model Folding 2025": "folded",
    "magnitude, ridge (GRAIL 2026)": ("l1", "gram_ridge"),
    "`unexplained`, ridge (GRAIL 2026)": ("unexplained", "gram_ridge"),
    "forward selection (El Halabi 2022)": ("forward", "gram_ridge"),
    "ThiNet's order (2017), least squares": ("thinet", "least_squares"),
    "elimination, then swaps (after OSSCAR 2024)": "swapped",
    "chance, least squares": ("random", "least_squares"),
    "magnitude, least squares": ("l1", "least_squares"),
    OURS: ("unexplained", "least_squares"),
}


def pruned(net, variables, counts, x, method):
    """The network with so many units in each layer, by one of `METHODS`."""
    if method == "folded":
        return {"params": rivals.folded(variables["params"], counts)}
    criterion = {"merged": "l1", "swapped": "unexplained"}.get(method, method[0])
    keep = pu.keep_highest(net.scores(criterion, variables, x, jax.random.key(1)), counts)
    if method == "merged":
        return {"params": rivals.merged(variables["params"], keep)}
    if method == "swapped":
        reads = reads_of(net, variables, x)
        parts = ((reads[layer][0], kept) for layer, kept in enumerate(keep))
        keep = tuple(rivals.swapped(r.h[:, :, 0], r.kernel[:, 0], kept) for r, kept in parts)
    return net.prune(variables, keep, x, "least_squares" if method == "swapped" else method[1])


def rows_of(net, points, counts, seeds):
    """Dict method -> dict point -> (before, after) fine-tuning, accuracies (seeds,).

    Args:
      net: a `Network`.
      points: names of the places in `counts`, for each how many units stay in each layer.
      seeds: for each seed (variables, x, accuracy, tune).
    """
    found = {}
    for name, method in METHODS.items():
        if isinstance(method, str) and not all(layer.startswith("Dense") for layer in net.names):
            continue
        found[name] = {}
        for point, kept in zip(points, counts, strict=True):
            ends = []
            for variables, x, accuracy, tune in seeds:
                small = pruned(net, variables, kept, x, method)
                ends.append((float(accuracy(small)), float(accuracy(tune(small)))))
            found[name][point] = np.array(ends).T.tolist()
    return found


def pair_rows(pair):
    """`rows_of` one of the pairs of notebook 09, and the accuracies of its whole networks."""
    net = pair.net

    def start(key, data):
        setup, starts = beyond.prepare(key, data, pair)
        rate, states, *_ = beyond.train_whole(pair, setup, starts)
        return setup, rate, beyond_arms.best_of(pair, rate, states)

    def tuned(variables, setup, rate):
        return beyond_kinds.Setting(pair, setup, rate).fitted(variables, 1)

    started, tuned = jax.jit(start), jax.jit(tuned)
    right = jax.jit(lambda variables, test: beyond.measured(net, variables, (test,))[0, 0])

    def seed(key):
        setup, rate, full = started(key, pair.data)
        tune = partial(tuned, setup=setup, rate=rate)
        return full, setup.data.x[: beyond.SEEN], partial(right, test=setup.sets[1]), tune

    seeds = [seed(key) for key in jax.random.split(jax.random.key(0), SEEDS)]
    counts = [tuple(max(width // part, 1) for width in net.widths) for part in (2, 4)]
    whole = [float(accuracy(full)) for full, _, accuracy, _ in seeds]
    return whole, rows_of(net, ("half", "quarter"), counts, seeds)


def costs_of(net, variables, x, points, repeats=30):
    """Dict point -> parameters, operations and latency for x of the pruned network, in parts of the
    whole one's, and operations and latency once more with widths that are multiples of 8; points:
    dict name -> how many units stay in each layer."""
    found, whole = {}, net.cost(variables)
    for point, counts in points.items():
        pairs = zip(counts, net.widths, strict=True)
        rounded = [min(max(8, 8 * round(count / 8)), width) for count, width in pairs]
        nets = [net.slice(variables, tuple(map(jnp.arange, kept))) for kept in (counts, rounded)]
        calls = [partial(jax.jit(net.apply), tree, x) for tree in (variables, *nets)]
        first, *taken = latencies(calls, repeats)
        costs = [net.cost(tree).operations / whole.operations for tree in nets]
        size = net.cost(nets[0]).parameters / whole.parameters
        found[point] = [size, costs[0], taken[0] / first, costs[1], taken[1] / first]
    return found


def pair_costs(pair):
    """`costs_of` one of the pairs of notebook 09, for 512 inputs."""
    x = jnp.resize(jnp.asarray(pair.data.x), (512, *pair.data.x.shape[1:]))
    return costs_of(pair.net, jax.jit(pair.start)(jax.random.key(0)), x, pair.counts)


def file_type_costs():
    """`costs_of` the network of notebook 10 that tells types of files, for 8 files."""
    x = jnp.asarray(file_types.installed_files(jax.random.key(0), (8, 8))[0])
    params = file_types.parameters(file_types.read_weights())
    net = pu.trace(file_types.tell, params, x)
    return costs_of(net, params, x, {f"{part:g}": counts_of(net, part) for part in PARTS})


def fashion():
    """Fashion-MNIST's training and test data, from -1 to 1."""

    def part(name):
        x = read_idx(FASHION / f"{name}-images-idx3-ubyte.gz").reshape(-1, 784) / 127.5 - 1
        y = read_idx(FASHION / f"{name}-labels-idx1-ubyte.gz")
        return pu.Dataset(x.astype(np.float32), y.astype(np.int32))

    return part("train"), part("t10k")


def kept_units():
    """How many units of LeNet-300-100 stay, for each of `REMOVED`."""
    return [tuple(round(width * (1 - part)) for width in (300, 100)) for part in REMOVED]


def fashion_rows():
    """`rows_of` LeNet-300-100 on Fashion-MNIST, trained for 20 epochs with the optimizer of Kim et
    al.'s (2020) code, and what Torch-Pruning makes of the same weights."""
    train, test = fashion()
    module, x = MLP((300, 100, 10)), jnp.asarray(train.x[:SEEN])
    apply = training_mode(module)

    def trained(apply, variables, key, data, rate, steps):
        schedule = optax.cosine_decay_schedule(rate, steps)
        optimizer = optax.chain(optax.add_decayed_weights(DECAY), optax.sgd(schedule, momentum=0.9))
        state = variables, optimizer.init(variables["params"])
        batches = draw_batches(jax.random.split(key, steps), len(data.y), BATCH)
        return train_on(apply, optimizer, state, batches, data)[0]

    def whole(key, data):
        start = {"params": module.init(pu.named_key(key, "start"), data.x[:1])["params"]}
        return trained(apply, start, pu.named_key(key, "batches"), data, RATE, STEPS)

    keys = jax.random.split(jax.random.key(0), SEEDS)
    ends = pu.run_ensemble(whole, keys, train)
    ends = [jax.tree.map(lambda leaf, i=i: jnp.asarray(leaf[i]), ends) for i in range(SEEDS)]
    net = pu.trace(module.apply, ends[0], x[:1])
    counts = kept_units()
    right = jax.jit(lambda v: (net.apply(v, test.x).argmax(axis=1) == test.y).mean())
    data = jax.tree.map(jnp.asarray, train)
    tuned = jax.jit(lambda v, key: trained(net.adapt(apply), v, key, data, RATE / 10, TUNED))
    seeds = [(v, x, right, partial(tuned, key=key)) for v, key in zip(ends, keys, strict=True)]
    rows = rows_of(net, [f"{part:.0%}" for part in REMOVED], counts, seeds)
    return [float(right(v)) for v in ends], rows, torch_rows(ends, test)


def torch_rows(ends, test):
    """Dict part -> accuracies, seconds, operations (seeds,) of Torch-Pruning on these weights."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.npz"
        leaves = {
            f"{seed}/{layer}/{name}": leaf
            for seed, variables in enumerate(ends)
            for layer, parts in variables["params"].items()
            for name, leaf in parts.items()
        }
        np.savez(path, x=test.x, y=test.y, **leaves)
        command = [TORCH, "-W", "ignore", HERE / "torch_rivals.py", path, *map(str, REMOVED)]
        return json.loads(subprocess.check_output(command))
