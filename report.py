"""Execute the notebooks of the report and put their outputs and figures in place.

    python report.py          the whole report
    python report.py 02 03    these notebooks only; the figures of the others stay

Two notebooks run at a time, because importing, compiling and drawing leave all cores but one idle.
Everything is made in a staging directory first. A notebook that fails, or a Ctrl-C,
leaves notebooks/ and figures/ as they were.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

# How many operations a notebook's runs have taken, asked of its kernel when all else is done.
COUNT = """
import sys
ensemble = sys.modules.get("prune_utils.ensemble")
print(ensemble.operations_done() if ensemble else 0)
"""


class NotebookFailed(Exception):
    pass


def execute(notebook, figures, clients):
    """The notebook at this path after a run from top to bottom that saves into `figures`, and how
    many operations that took.

    Its client joins the list `clients` while it runs; `None` in there calls the run off.
    """
    nb = nbformat.read(notebook, as_version=4)
    # Without directories to look in, the manager knows one kernel: this interpreter. A "python3"
    # that the user has registered elsewhere would lack the pinned packages.
    specs = KernelSpecManager(kernel_dirs=[])
    client = NotebookClient(
        nb,
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs),
        record_timing=False,
        shutdown_kernel="immediate",
        extra_arguments=["--InteractiveShell.colors=nocolor", "--log-level=ERROR"],
    )
    env = os.environ | {"PRUNE_UTILS_FIGURES": str(figures), "TQDM_DISABLE": "1"}
    with client.setup_kernel(cleanup_kc=True, cwd=str(notebook.parent), env=env):
        clients.append(client)
        nb.cells.append(nbformat.v4.new_code_cell(COUNT))
        for index, cell in enumerate(nb.cells):
            if None in clients:
                raise NotebookFailed(f"{notebook.name}: called off")
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:  # quotes the cell
                raise NotebookFailed(f"{notebook.name}: {error}") from None
            except DeadKernelError:
                raise NotebookFailed(
                    f"{notebook.name}: the kernel died in the following cell:\n{cell.source}"
                ) from None
        clients.remove(client)
    count = nb.cells.pop().outputs
    return tidy(nb), int("".join(o.text for o in count if o.get("name") == "stdout"))


def tidy(nb):
    """Drop what differs between two runs of the same code, or between two machines."""
    nb.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in nb.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = merge_streams(cell.outputs)
    return nb


def merge_streams(outputs):
    """The kernel cuts printed text into pieces by the clock; join them again."""
    merged = []
    for output in outputs:
        if merged and output.output_type == "stream" and output.name == merged[-1].get("name"):
            merged[-1].text += output.text
        else:
            merged.append(output)
    return merged


def execute_all(notebooks, staged):
    """Run the notebooks, two at a time, into `staged`; the first failure, or a Ctrl-C, stops
    all. Returns dicts of the notebooks: seconds, operations."""
    clients, seconds, operations = [], {}, {}

    def one(notebook):
        start, name = time.monotonic(), notebook.stem
        nb, operations[name] = execute(notebook, staged / "figures", clients)
        nbformat.write(nb, staged / notebook.name)
        seconds[name] = time.monotonic() - start
        print(f"{name}: {seconds[name]:.0f} s", flush=True)

    with ThreadPoolExecutor(max_workers=2) as pool:
        # The later notebooks take longest; begun first, none of them runs on alone at the end.
        try:
            for done in as_completed(
                [pool.submit(one, notebook) for notebook in reversed(notebooks)]
            ):
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            running = [client for client in clients if client and client.km]
            clients.append(None)
            for client in running:  # their threads then find a dead kernel, and end
                with suppress(ProcessLookupError):
                    # on Windows every signal kills
                    os.kill(client.km.provisioner.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            raise
    return seconds, operations


def publish(staged, root, notebooks):
    """Move the staged figures and notebooks to their places in `root`."""
    figures = root / "figures"
    if figures.exists():
        figures.rename(staged / "old_figures")
    (staged / "figures").rename(figures)
    for notebook in notebooks:
        (staged / notebook.name).replace(notebook)


def main(numbers, root):
    """Run the notebooks with these numbers, or all of them."""
    notebooks = sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    unknown = set(numbers) - {notebook.name[:2] for notebook in notebooks}
    if unknown:
        sys.exit(f"no notebook has the number {', '.join(sorted(unknown))}")
    if numbers:
        notebooks = [notebook for notebook in notebooks if notebook.name[:2] in numbers]

    # Inside `root`, so that moving into place is a rename.
    with tempfile.TemporaryDirectory(prefix=".report-staging-", dir=root) as staged:
        staged = Path(staged)
        if numbers and (root / "figures").exists():
            shutil.copytree(root / "figures", staged / "figures")
        else:
            (staged / "figures").mkdir()
        start = time.monotonic()
        seconds, operations = execute_all(notebooks, staged)
        whole = time.monotonic() - start
        # Not earlier, because JAX, which comes with it, can swallow a Ctrl-C.
        from prune_utils.publishing.floors import print_floors
        from prune_utils.publishing.pages import update_readme, write_claims, write_index

        write_claims(staged / "figures")
        write_index(staged / "figures")
        # To stop between two renames would leave half a report, and all work is done by now.
        for signum in signal.SIGINT, signal.SIGTERM:
            signal.signal(signum, signal.SIG_IGN)
        publish(staged, root, notebooks)
    update_readme(root)
    heed_interrupts()
    print_floors(seconds, operations, whole)


def heed_interrupts():
    for signum in signal.SIGINT, signal.SIGTERM:  # clean up after a `kill` as well
        signal.signal(signum, signal.default_int_handler)


if __name__ == "__main__":
    heed_interrupts()
    try:
        main(sys.argv[1:], Path(__file__).resolve().parent)
    except NotebookFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        sys.exit(130)
