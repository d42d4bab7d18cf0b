"""How fast the report's networks train: prune_utils, plain JAX, PyTorch, and the machine's own
limit. Run by `make bench`.

Every way of training is a process of its own that waits while the others work; the repetitions are
interleaved. Writes speed.* beside this file and the table in README.md.
"""

import contextlib
import io
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import jax
import matplotlib.pyplot as plt
import numpy as np
from jax_worker import SETTINGS, prepare

from prune_utils.drawing.export import save_figure
from prune_utils.drawing.style import use_style
from prune_utils.operations import PRODUCT, PRODUCTS
from prune_utils.publishing.pages import write_between
from prune_utils.studies.retraining import step_cost

HERE = Path(__file__).resolve().parent
TORCH = HERE.parent / ".bench-venv" / "bin" / "python"
CORES = len(os.sched_getaffinity(0))
REPEATS = 5
OURS, MACHINE, POINTS = (
    "`run_ensemble`",
    "matrix products",
    SETTINGS.task.points_per_arm * SETTINGS.task.arms,
)
# name: (worker's arguments, processes at once, networks a process and repetition). Several JAX
# processes get a core each.
WAYS = {
    OURS: (("run_ensemble",), 1, 32),
    "`jax.vmap`, jitted": (("vmap",), 1, 32),
    "`jax.vmap`, jitted, one process a core": (("vmap",), CORES, 16),
    "Flax, a jitted step in a Python loop": (("python_loop",), 1, 4),
    "Flax, the same, one process a core": (("python_loop",), CORES, 4),
    "PyTorch eager": (("torch", "eager", "0"), 1, 2),
    "PyTorch eager, one process a core": (("torch", "eager", "1"), CORES, 2),
    "PyTorch `torch.func.vmap`": (("torch", "vmap", "0"), 1, 32),
    "PyTorch `torch.func.vmap`, one process a core": (("torch", "vmap", "1"), CORES, 16),
    MACHINE: (("products",), 1, CORES),
}
SIZES = (1, 2, 4, 16, 64, 256, 1024)


class Workers:
    """Some processes that train networks, the same way, at the same time."""

    def __init__(self, arguments, processes=1):
        pipes = dict(
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"TQDM_DISABLE": "1"},
        )
        self.running = []
        for number in range(processes):
            if arguments[0] == "torch":
                command = [TORCH, HERE / "torch_worker.py", *arguments[1:]]
            else:
                command = [
                    sys.executable,
                    HERE / "jax_worker.py",
                    *arguments,
                    *([str(number)] if processes > 1 else []),
                ]
            self.running.append(subprocess.Popen([str(part) for part in command], **pipes))
        for process in self.running:  # nobody is timed while another starts
            assert process.stdout.readline() == "ready\n"

    def ask(self, line):
        """Sends all a line, and returns the largest of the numbers they answer."""
        for process in self.running:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
        return max(float(process.stdout.readline()) for process in self.running)

    def stop(self):
        """Ends them, and returns the memory in MiB that they took at the most, all together."""
        memory = self.ask("") * len(self.running)
        for process in self.running:
            process.wait()
        return memory


def flops():
    """Multiplications and additions in one training step."""
    params, _ = prepare(jax.random.key(0))
    return POINTS * step_cost(params)


def compare():
    """For each way: seconds per network (repeats,), the extra time of the first call, and peak
    memory in MiB."""
    workers = {
        name: Workers(arguments, processes) for name, (arguments, processes, _) in WAYS.items()
    }
    first = {name: workers[name].ask(networks) for name, (_, _, networks) in WAYS.items()}
    seconds = {name: [] for name in WAYS}
    for _ in range(REPEATS):
        for name, (_, processes, networks) in WAYS.items():
            seconds[name].append(workers[name].ask(networks) / (processes * networks))
    result = {}
    for name, (_, processes, networks) in WAYS.items():
        extra = first[name] - np.median(seconds[name]) * processes * networks
        result[name] = {
            "seconds": np.array(seconds[name]),
            "compile": extra,
            "memory": workers[name].stop(),
        }
    return result


def scaling():
    """Seconds per network over the number of devices, and over the size of the ensemble;
    medians."""
    devices = {}
    for cores in range(1, CORES + 1):
        worker, networks = Workers(("run_ensemble", ",".join(map(str, range(cores))))), 16 * cores
        worker.ask(networks)
        devices[cores] = np.median([worker.ask(networks) for _ in range(REPEATS)]) / networks
        worker.stop()
    sizes, worker = {}, Workers(("run_ensemble",))
    for size in SIZES:
        worker.ask(min(size, 8 * CORES))  # compiles the chunk
        sizes[size] = (
            np.median([worker.ask(size) for _ in range(REPEATS if size <= 64 else 1)]) / size
        )
    worker.stop()
    return devices, sizes


def table(results, floor):
    """The comparison in Markdown. `floor`: seconds a network if it were matrix products alone."""
    steps, ours = SETTINGS.train.steps, np.median(results[OURS]["seconds"])
    lines = [
        "| | networks per minute | µs per step and network (range) | times `run_ensemble` | "
        "share of the machine's rate | first call, s more | peak memory, MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, result in results.items():
        if name == MACHINE:
            continue
        micro = 1e6 * result["seconds"] / steps
        median = np.median(result["seconds"])
        lines.append(
            f"| {name} | {60 / median:.0f} | {np.median(micro):.0f} "
            f"({micro.min():.0f}–{micro.max():.0f}) | {median / ours:.1f} | {floor / median:.0%} "
            f"| {result['compile']:.1f} | {result['memory']:.0f} |"
        )
    lines.append(
        f"| matrix products alone | {60 / floor:.0f} | {1e6 * floor / steps:.0f} | "
        f"{floor / ours:.2f} | 100% | | |"
    )
    return "\n".join(lines)


def draw(results, floor, devices, sizes):
    use_style()
    figure, axes = plt.subplots(1, 3, figsize=(7.4, 3.2), width_ratios=(1.5, 0.7, 1))
    names = [name for name in results if name != MACHINE][::-1]
    rates = [60 / np.median(results[name]["seconds"]) for name in names]
    axes[0].barh(
        range(len(names)), rates, color=["#0072B2" if name == OURS else "#999999" for name in names]
    )
    axes[0].axvline(60 / floor, color="black", linestyle=":")
    axes[0].text(
        60 / floor, 0, "matrix products alone ", fontsize=6, rotation=90, ha="right", va="bottom"
    )
    axes[0].set_yticks(
        range(len(names)),
        [name.replace("`", "").replace(", one", ",\none") for name in names],
        fontsize=6,
    )
    axes[0].set(xlabel="networks per minute", title="ways of training")
    axes[1].plot(list(devices), [60 / s for s in devices.values()], "o-", color="#0072B2")
    axes[1].plot(list(devices), [60 / devices[1] * n for n in devices], ":", color="black")
    axes[1].set(
        xlabel="cores",
        xticks=list(devices),
        ylabel="networks per minute",
        ylim=(0, None),
        title="cores",
    )
    axes[2].plot(list(sizes), [60 / s for s in sizes.values()], "o-", color="#0072B2")
    axes[2].set(
        xlabel="networks in the ensemble",
        xscale="log",
        ylim=(0, None),
        title="size of the ensemble",
    )
    caption = f"""Networks trained per minute ({SETTINGS.train.steps} full-batch Adam steps of a
2-100-100-2 network on {POINTS} points). Left: the ways of training; dotted: the machine's rate of
float32 matrix products. Middle: run_ensemble over the number of cores, each a JAX device; dotted:
proportional. Right: run_ensemble over the size of the ensemble."""
    with contextlib.redirect_stdout(io.StringIO()):  # save_figure shows the figure in a notebook
        save_figure(
            figure,
            "speed",
            caption,
            {"ways": results, "floor": floor, "devices": devices, "sizes": sizes},
        )


def main():
    os.environ["PRUNE_UTILS_FIGURES"] = str(HERE)
    results = compare()
    devices, sizes = scaling()
    # a "network" there is `PRODUCTS` products
    product = np.median(results[MACHINE]["seconds"]) / PRODUCTS
    rate = 2 * PRODUCT**3 / product
    floor = flops() * SETTINGS.train.steps / rate
    draw(results, floor, devices, sizes)
    torch = re.search(r"torch==(\S+)", (HERE / "requirements.txt").read_text())[1]
    facts = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(": ")[1] for line in facts if "model name" in line), "")
    steps, million, name = SETTINGS.train.steps, flops() / 1e6, cpu or platform.machine()
    versions = f"JAX {version('jax')}, PyTorch {torch}"
    ensembles = ", ".join(f"{size}: {1e3 * seconds:.0f} ms" for size, seconds in sizes.items())
    text = f"""{table(results, floor)}

{steps} full-batch Adam steps of a 2-100-100-2 network on {POINTS} points, {million:.1f} million
floating-point operations a step; {CORES} cores ({name}, {rate / 1e9:.0f} GFLOP/s in float32
products of {PRODUCT}×{PRODUCT} matrices); {versions}. Medians of {REPEATS} interleaved
repetitions. All cores against one: {devices[1] / devices[CORES]:.2f} times. Ensembles of {SIZES[0]}
to {SIZES[-1]} networks, per network: {ensembles}."""
    write_between(HERE.parent / "README.md", "bench", text)


if __name__ == "__main__":
    main()
