"""Whether the verdicts hold under other conditions: other root keys, another processor, other
versions.

    python benchmarks/verdicts.py         every condition, into verdicts.json and README.md
    python benchmarks/verdicts.py AVX2    these only; the others stay as they were measured

Every notebook that judges a claim is executed under every condition, with as many seeds as
PRUNE_UTILS_SEEDS says. It goes on where an assertion fails: what it then concludes is what is
asked.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prune_utils.publishing.pages import write_between
from prune_utils.publishing.summary import read_claims
from prune_utils.publishing.tables import markdown_table
from prune_utils.studies.orders import SEEDS

HERE = Path(__file__).resolve().parent
CLAIMS = sorted((HERE.parent / "figures").glob("claims_*.json"), reverse=True)
NOTEBOOKS = [HERE.parent / "notebooks" / f"{p.stem.removeprefix('claims_')}.ipynb" for p in CLAIMS]
HERE_PYTHON = Path(sys.executable)
# Name: (environment variables, the folder of another environment or None).
CONDITIONS = {
    "as committed": ({}, None),
    "AVX2": ({"XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}, None),
    "oldest": ({}, ".oldest-venv"),
    "newest": ({}, ".newest-venv"),
} | {f"key {key}": ({"PRUNE_UTILS_ROOT": str(key)}, None) for key in range(1, 5)}


def execute(notebook, python, env):
    """Runs a notebook; the claims and figures that it saves go where `env` says. Returns how often
    its code failed."""
    command = [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--allow-errors"]
    command += ["--ExecutePreprocessor.timeout=-1", "--stdout", notebook]
    done = subprocess.run(command, cwd=HERE.parent, env=env, capture_output=True, check=True)
    cells = json.loads(done.stdout)["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return sum(output["output_type"] == "error" for output in outputs)


def verdicts_under(variables, folder):
    """Dict claim -> verdict, and dict notebook -> number of cells that failed, if any."""
    python = HERE.parent / folder / "bin" / "python" if folder else HERE_PYTHON
    with tempfile.TemporaryDirectory() as figures:
        env = os.environ | {"TQDM_DISABLE": "1", "PRUNE_UTILS_FIGURES": figures} | variables
        with ThreadPoolExecutor(max_workers=2) as pool:
            failed = list(pool.map(lambda path: execute(path, python, env), NOTEBOOKS))
        claims = read_claims(Path(figures))
    names = [path.stem for path in NOTEBOOKS]
    return {
        "seeds": SEEDS,
        "verdicts": {number: row["verdict"] for number, (row, *_) in claims.items()},
        "failed": {name: count for name, count in zip(names, failed, strict=True) if count},
    }


def table(found):
    """A line a claim: its committed verdict, and `=` or another verdict under each condition."""
    committed = read_claims(HERE.parent / "figures")
    rows = {
        number: {"committed": row["verdict"]}
        | {
            f"{name} ({other['seeds']})": "="
            if other["verdicts"].get(number) == row["verdict"]
            else other["verdicts"].get(number, "none")
            for name, other in found.items()
        }
        for number, (row, *_) in committed.items()
    }
    return markdown_table(rows)


def main(names):
    """Measures these conditions, or all."""
    path = HERE / "verdicts.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    for name in names or CONDITIONS:
        found[name] = verdicts_under(*CONDITIONS[name])
        found = {own: found[own] for own in CONDITIONS if own in found}
        path.write_text(json.dumps(found, indent=1) + "\n")
        failed = ", ".join(f"{name} ({count})" for name, count in found[name]["failed"].items())
        print(f"{name}: cells that failed: {failed or 'none'}", flush=True)
    write_between(HERE / "README.md", "verdicts", table(found))


if __name__ == "__main__":
    main(sys.argv[1:])
