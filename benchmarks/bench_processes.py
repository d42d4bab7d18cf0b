"""How `run_ensemble` scales over processes that share the seeds through `jax.distributed`: 1, 2
and 4 on this machine. Run by `make bench`; writes a table into README.md beside this file.

Every process has one JAX device. Where there are fewer cores than processes, it shows what sharing
costs.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

COUNTS, NETWORKS, REPEATS = (1, 2, 4), 32, 5


def work(port, processes, rank):
    """One of the processes: trains the networks, and the first prints the seconds of each
    repetition."""
    import jax
    from jax_worker import train_one

    import prune_utils as pu

    jax.distributed.initialize(
        f"127.0.0.1:{port}", num_processes=int(processes), process_id=int(rank)
    )
    keys = jax.random.split(jax.random.key(0), NETWORKS)
    for repeat in range(REPEATS + 1):
        start = time.perf_counter()
        pu.run_ensemble(train_one, keys)
        if repeat and rank == "0":  # the first compiles
            print(time.perf_counter() - start)


def seconds(processes):
    """Median seconds for all networks, shared by so many processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, __file__, port, str(processes)]
    pipes = {"stdout": subprocess.PIPE, "text": True, "env": os.environ | {"TQDM_DISABLE": "1"}}
    running = [subprocess.Popen([*command, str(rank)], **pipes) for rank in range(processes)]
    printed = [process.communicate()[0] for process in running]
    # the libraries print a line of their own, too
    lines = [line for line in printed[0].splitlines() if line.replace(".", "").isdigit()]
    if len(lines) != REPEATS:
        raise RuntimeError(f"expected {REPEATS} timings of the first process, got {printed[0]}")
    return np.median([float(line) for line in lines])


def main():
    from prune_utils.publishing.pages import write_between
    from prune_utils.publishing.tables import markdown_table

    found = {count: seconds(count) for count in COUNTS}
    rows = {
        f"{count} process{'es' * (count > 1)}": {
            "seconds": f"{value:.2f}",
            "times as fast as one": f"{found[1] / value:.2f}",
        }
        for count, value in found.items()
    }
    text = f"""{markdown_table(rows)}

{NETWORKS} networks of the report, {os.cpu_count()} cores; medians of {REPEATS} repetitions."""
    write_between(Path(__file__).with_name("README.md"), "processes", text)


if __name__ == "__main__":
    work(*sys.argv[1:]) if sys.argv[1:] else main()
