"""Where the time of one training step goes: the operations of the compiled step, by time, into
profile.txt."""

import collections
import gzip
import json
import tempfile
from pathlib import Path

import jax
from jax_worker import SETTINGS, train_one

import prune_utils as pu


def main():
    pu.use_all_cores()
    keys = jax.random.split(jax.random.key(0), jax.device_count())
    pu.run_ensemble(train_one, keys)
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            pu.run_ensemble(train_one, keys)
        (trace,) = Path(folder).rglob("*.trace.json.gz")
        events = json.loads(gzip.decompress(trace.read_bytes()))["traceEvents"]
    steps, micro = SETTINGS.train.steps * len(keys), collections.Counter()
    seen = collections.Counter(event.get("name") for event in events if event.get("ph") == "X")
    for event in events:
        if event.get("ph") == "X" and seen[event["name"]] == steps:  # what happens once a step
            micro[event["name"]] += event["dur"] / steps
    large = [name for name, time in micro.most_common(3)]
    lines = [
        f"one step: {sum(micro.values()):.0f} µs in {len(micro)} operations, the three largest "
        f"{sum(micro[n] for n in large):.0f} µs"
    ]
    lines += [f"{time:8.1f} µs  {name}" for name, time in micro.most_common(16)]
    Path(__file__).with_name("profile.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
