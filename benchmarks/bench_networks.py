"""What it takes to prune half of three networks, here and with Torch-Pruning, and what it gains.
Run by `make bench-networks`.

Weights and inputs are random. Torch-Pruning has a process of its own, afterwards. Writes
networks.json beside this file and the tables in README.md.
"""

import argparse
import json
import os
import re
import subprocess
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path

import jax
import numpy as np

import prune_utils as pu
from prune_utils.cost import latencies
from prune_utils.models import MLP, ResNet, Transformer
from prune_utils.publishing.pages import write_between
from prune_utils.publishing.tables import markdown_table

HERE = Path(__file__).resolve().parent
TORCH = HERE.parent / ".bench-venv" / "bin" / "python"
INPUTS, TRACES, PRUNINGS = 256, 5, 5
WHOLE = {"stream": 128, "attention": 4 * (128**2 + 128), "hidden": 512}  # of a transformer


VIT = partial(Transformer, width=128, head_size=16, patch=4)
# name: (the network, the user's own with half of every width, an input's shape)
NETWORKS = {
    "MLP": (MLP((300, 100, 10)), MLP((150, 50, 10)), (784,)),
    "ResNet-20": (ResNet(), ResNet((8, 16, 32), ((8,) * 3, (16,) * 3, (32,) * 3)), (32, 32, 3)),
    "transformer": (
        VIT(heads=(8,) * 6, hidden=(512,) * 6),
        VIT(heads=(4,) * 6, hidden=(256,) * 6),
        (32, 32, 3),
    ),
}
TORCHES = {
    "MLP": "MLP",
    "ResNet-20": "ResNet-20",
    "module": "transformer, `nn.MultiheadAttention`",
    "module, told": "transformer, `nn.MultiheadAttention`, told of heads and stream",
    "linear": "transformer, attention of four `nn.Linear`",
    "linear, told": "transformer, attention of four `nn.Linear`, told, `heads` then set by hand",
    "raw": "transformer, attention of `nn.Parameter`",
}


def seconds(function):
    start = time.perf_counter()
    result = jax.block_until_ready(function())
    return time.perf_counter() - start, result


def measure(model, smaller, shape, repeats):
    """Everything about one network, in seconds."""
    x = jax.random.normal(jax.random.key(1), (INPUTS, *shape))
    state = model.init(jax.random.key(0), x[:1])
    params = {name: state[name] for name in ("params", "batch_stats") if name in state}
    traces = []
    for _ in range(TRACES):
        jax.clear_caches()  # else JAX remembers the jaxpr
        taken, net = seconds(lambda: pu.trace(model.apply, params, x[:1]))
        traces.append(taken)
    # value dimensions stay whole, because the user's own module has no width for them
    layers = zip(net.names, net.widths, strict=True)
    halved = tuple(width if name.endswith("/value") else width // 2 for name, width in layers)
    keep = pu.keep_highest(net.scores("incoming", params), halved)
    first, small = seconds(lambda: net.prune(params, keep, x))
    again = min(seconds(lambda: net.prune(params, keep, x))[0] for _ in range(PRUNINGS))
    calls = [(model.apply, params), (net.apply, small), (smaller.apply, small)]
    calls = [partial(jax.jit(function), tree, x) for function, tree in calls]
    np.testing.assert_allclose(calls[1](), calls[2](), rtol=1e-3, atol=1e-3)
    costs = [net.cost(tree) for tree in (params, small)]
    return {
        "trace, first": traces[0],
        "trace": min(traces),
        "prune, first": first,
        "prune": again,
        "latency": latencies(calls, repeats),
        "parameters": [cost.parameters for cost in costs],
        "operations": [cost.operations for cost in costs],
    }


def two(number):
    """Two significant digits, without an exponent."""
    return np.format_float_positional(number, 2, fractional=False, trim="-")


def our_row(found):
    before, after, own = found["latency"]
    passes = [two(found[which] / before) for which in ("prune, first", "prune")]
    return {
        "trace, ms": two(1e3 * found["trace"]),
        "prune, s": f"{two(found['prune, first'])}, {two(found['prune'])}",
        "in forward passes": ", ".join(passes),
        "latency, ms": " → ".join(two(1e3 * taken) for taken in (before, after)),
        "after / before": f"{after / before:.2f}",
        "after / own smaller module": f"{after / own:.2f}",
        "parameters": "{:,} → {:,}".format(*found["parameters"]),
        "million operations": " → ".join(two(count / 1e6) for count in found["operations"]),
    }


def their_row(found):
    row, ends = {}, [found["error"].split(":")[0]] if "error" in found else ["runs"]
    if "parameters" in found:
        row = {f"{step}, ms": two(1e3 * found[step]) for step in ("graph", "prune")}
        row["parameters"] = "{:,} → {:,}".format(*found["parameters"])
        ends = ["pruned, then " + ends[0]] if "error" in found else ends
    if "latency" in found:
        before, after = found["latency"]
        row["latency, ms"] = f"{two(1e3 * before)} → {two(1e3 * after)}"
        row["after / before"] = f"{after / before:.2f}"
    if "hidden" in found:
        smaller = [part for part, whole in WHOLE.items() if found[part] < whole]
        row["what got smaller"] = ", ".join(smaller)
    if found.get("mixed"):
        ends.append("new heads mix dimensions of old ones")
    return row | {"the pruned network": "; ".join(ends)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=60, help="calls for each latency")
    repeats = parser.parse_args().repeats
    ours = {name: measure(*network, repeats) for name, network in NETWORKS.items()}
    command = [TORCH, "-W", "ignore", HERE / "torch_networks.py", str(repeats)]
    theirs = json.loads(subprocess.check_output(command))
    found = json.dumps({"prune_utils": ours, "Torch-Pruning": theirs}, indent=1)
    (HERE / "networks.json").write_text(found + "\n")
    pins = dict(re.findall(r"^([\w-]+)==(\S+)", (HERE / "requirements.txt").read_text(), re.M))
    cores = len(os.sched_getaffinity(0))
    text = f"""{markdown_table({name: our_row(row) for name, row in ours.items()})}

Half of the units (of the transformer: of the heads and of the hidden units) taken out by least
squares with {INPUTS} inputs: the first call, which compiles, and again; also in forward passes of
the whole network on them. Latency of the jitted `net.apply` on them; operations for one input.

Torch-Pruning {pins["torch-pruning"]} on the same networks, asked for half by magnitude. Its time
includes that ranking, but nothing makes up for what it takes:

{markdown_table({TORCHES[name]: their_row(row) for name, row in theirs.items()})}

Least of {TRACES} traces and {PRUNINGS} prunings (Torch-Pruning: 3), median of {repeats} calls in
turn, on {cores} cores; JAX {version("jax")}, PyTorch {pins["torch"]}. "Told": which
layers hold how many heads, and which put out the stream, which then stays whole as above."""
    print(text)
    write_between(HERE.parent / "README.md", "networks", text)


if __name__ == "__main__":
    main()
