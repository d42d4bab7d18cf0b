"""How long it takes to trace and prune networks, and how fast what is left runs.

Run by `make bench-networks`. Writes networks.json beside this file and a table in README.md.
"""

import json
import time
from pathlib import Path

import jax
import jax.numpy as jnp

import prune_utils as pu
from prune_utils import models
from prune_utils.cost import latencies
from prune_utils.publishing.pages import write_between
from prune_utils.publishing.tables import markdown_table

HERE = Path(__file__).resolve().parent
INPUTS = 256


def multilayer():
    """(module, input shape, counts, the module at those widths)."""
    return models.MLP((300, 100, 10)), (784,), (150, 50), models.MLP((150, 50, 10))


def residual():
    small = models.ResNet((8, 16, 32), ((8,) * 3, (16,) * 3, (32,) * 3))
    return models.ResNet(), (32, 32, 3), None, small


def transformer():
    sizes = dict(width=128, head_size=16, patch=4)
    whole = models.Transformer(heads=(8,) * 6, hidden=(512,) * 6, **sizes)
    small = models.Transformer(heads=(4,) * 6, hidden=(256,) * 6, **sizes)
    return whole, (32, 32, 3), (4, 16, 256) * 6, small  # heads, their value dimensions, hidden


NETWORKS = {
    "MLP 784-300-100-10": multilayer,
    "ResNet-20": residual,
    "transformer, six layers of width 128": transformer,
}


def seconds(function):
    """(result, how long it took)."""
    start = time.perf_counter()
    result = jax.block_until_ready(function())
    return result, time.perf_counter() - start


def measure(module, shape, counts, small_module):
    """One row of the table: numbers by column."""
    key = jax.random.key(0)
    x = jax.random.normal(key, (INPUTS, *shape))
    params = module.init(key, x[:1])
    start = time.perf_counter()
    net = pu.trace(module.apply, params, x[:1])
    traced = time.perf_counter() - start
    counts = counts or tuple(width // 2 for width in net.widths)
    keep = tuple(jnp.arange(count) for count in counts)
    small, first = seconds(lambda: net.prune(params, keep, x))
    _, again = seconds(lambda: net.prune(params, keep, x))
    calls = (
        (jax.jit(net.apply), params),
        (jax.jit(net.apply), small),
        (jax.jit(small_module.apply), small),
    )
    whole, ours, own = latencies([lambda f=f, p=p: f(p, x) for f, p in calls])
    apart = jnp.abs(net.apply(small, x) - small_module.apply(small, x)).max()
    assert apart < 1e-3, f"the pruned network is not the smaller module: {apart}"
    before, after = net.cost(params), net.cost(small)
    return {
        "trace, ms": 1000 * traced,
        "prune, s": first,
        "again, s": again,
        "in forward passes": again / whole,
        "parameters left": after.parameters / before.parameters,
        "operations left": after.operations / before.operations,
        "latency left": ours / whole,
        "against one's own smaller module": ours / own,
    }


def main():
    rows = {name: measure(*make()) for name, make in NETWORKS.items()}
    (HERE / "networks.json").write_text(json.dumps(rows, indent=1) + "\n")
    spec = dict.fromkeys(next(iter(rows.values())), ".2f")
    spec |= {"trace, ms": ".0f", "in forward passes": ".1f"}
    table = markdown_table(rows, spec)
    print(table)
    write_between(HERE.parent / "README.md", "networks", table)


if __name__ == "__main__":
    main()
