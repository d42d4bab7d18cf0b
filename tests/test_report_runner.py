"""report.py on small notebooks: it replaces everything, or nothing."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from conftest import HEED_INTERRUPTS
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

REPORT = Path(__file__).parents[1] / "report.py"

HELPERS = """
def write_claims(figures):
    pass

def write_index(figures):
    (figures / "index").write_text(" ".join(sorted(f.name for f in figures.iterdir())))

def update_readme(root):
    (root / "README").write_text((root / "figures" / "index").read_text())
"""

FLOORS = """
def print_floors(seconds, operations, whole):
    assert max(seconds.values()) <= whole <= sum(seconds.values()) + 1
    print(sorted(operations.items()))
"""

SAVE = """
import os, pathlib
figures = pathlib.Path(os.environ["PRUNE_UTILS_FIGURES"])
(figures / "{name}").write_text("{text}")
"""


def write_notebook(root, name, *sources):
    cells = [new_markdown_cell("# Title", id="title")]
    cells += [new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
    cells[-1].metadata["collapsed"] = True
    nbformat.write(new_notebook(cells=cells), root / "notebooks" / f"{name}.ipynb")


def read_notebook(root, name):
    return nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project of two notebooks with figures of an earlier run."""
    # The folder's name holds a space, as a reader's may.
    root = tmp_path / "the report"
    for folder in "notebooks", "figures", "prune_utils":
        (root / folder).mkdir(parents=True)
    shutil.copy(REPORT, root)
    # Next to the script, hence imported instead of the installed package.
    (root / "prune_utils" / "__init__.py").touch()
    (root / "prune_utils" / "publishing").mkdir()
    (root / "prune_utils" / "publishing" / "__init__.py").touch()
    (root / "prune_utils" / "publishing" / "pages.py").write_text(HELPERS)
    (root / "prune_utils" / "publishing" / "floors.py").write_text(FLOORS)
    for name in "one", "two", "dropped":
        (root / "figures" / name).write_text("old")
    save = SAVE.format(name="one", text="new")
    write_notebook(root, "01_first", save, "print(1); print(2)", "3")
    write_notebook(root, "02_second", SAVE.format(name="two", text="new"))
    # A kernel that somebody has registered under the usual name, and that does not work.
    kernel = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text('{"argv": ["false"], "display_name": "Python 3", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return root


def start(root, *numbers):
    return subprocess.Popen(
        [*HEED_INTERRUPTS, root / "report.py", *numbers],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(root, *numbers):
    process = start(root, *numbers)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def contents(root):
    """The bytes of every file, except what importing the helpers leaves behind."""
    return {
        path.relative_to(root): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def figures(root):
    return {path.name: path.read_text() for path in (root / "figures").iterdir()}


def test_a_full_run_replaces_notebooks_and_figures(root):
    code, out, err = run(root)
    assert code == 0, err
    *lines, floors = out.splitlines()
    assert sorted(line.split(": ")[0] for line in lines) == ["01_first", "02_second"]
    assert floors == "[('01_first', 0), ('02_second', 0)]"
    assert figures(root) == {"one": "new", "two": "new", "index": "one two"}
    assert (root / "README").read_text() == "one two"
    first = read_notebook(root, "01_first")
    assert [cell.execution_count for cell in first.cells[1:]] == [1, 2, 3]
    assert first.cells[2].outputs[0].text == "1\n2\n"
    assert not list(root.glob(".report-staging*"))


def test_executed_notebooks_say_nothing_about_the_run(root):
    assert run(root)[0] == 0
    text = (root / "notebooks" / "01_first.ipynb").read_text()
    assert text.endswith("}\n")
    first = read_notebook(root, "01_first")
    assert [cell.id for cell in first.cells] == ["title", "cell-0", "cell-1", "cell-2"]
    assert not any(cell.metadata for cell in first.cells)
    assert first.metadata == {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }


def test_two_runs_give_the_same_bytes(root):
    slow_print = "import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.3)"
    write_notebook(root, "02_second", slow_print, "display(1)\nprint(2)\ndisplay(3)")
    assert run(root)[0] == 0
    once = contents(root)
    assert run(root)[0] == 0
    assert contents(root) == once


def test_a_partial_run_leaves_the_other_figures(root):
    second = (root / "notebooks" / "02_second.ipynb").read_bytes()
    code, out, err = run(root, "01")
    assert code == 0, err
    assert figures(root) == {
        "one": "new",
        "two": "old",
        "dropped": "old",
        "index": "dropped one two",
    }
    assert (root / "notebooks" / "02_second.ipynb").read_bytes() == second


def test_a_notebook_tells_what_it_has_computed(root):
    (root / "prune_utils" / "ensemble.py").write_text("def operations_done():\n    return 7")
    write_notebook(
        root, "02_second", "import sys\nsys.path.insert(0, '..')\nimport prune_utils.ensemble"
    )
    code, out, err = run(root)
    assert code == 0, err
    assert out.splitlines()[-1] == "[('01_first', 0), ('02_second', 7)]"
    assert len(read_notebook(root, "02_second").cells) == 2


def test_an_unknown_number_is_refused(root):
    code, out, err = run(root, "07")
    assert code == 1
    assert "07" in err


def test_the_kernel_is_the_running_interpreter_in_notebooks(root):
    where = "import os, sys\nprint(sys.executable, os.getcwd(), sep='\\n')"
    write_notebook(root, "02_second", where)
    assert run(root, "02")[0] == 0
    printed = read_notebook(root, "02_second").cells[1].outputs[0].text
    assert printed.splitlines() == [sys.executable, str(root / "notebooks")]


@pytest.mark.parametrize(
    "source, complaint",
    [("x = 1\nx / 0", "ZeroDivisionError"), ("import os\nos._exit(1)", "kernel died")],
)
def test_a_failure_changes_nothing_and_shows_the_cell(root, source, complaint):
    write_notebook(root, "02_second", SAVE.format(name="two", text="new"), source)
    before = contents(root)
    code, out, err = run(root)
    assert code == 1
    assert "02_second" in err and source in err and complaint in err
    assert contents(root) == before
    assert not list(root.glob(".report-staging*"))


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_changes_nothing_and_stops_the_kernel(root, tmp_path, signum):
    announce = f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(f'{{os.getpid()}}.')"
    write_notebook(root, "02_second", announce, "time.sleep(600)")
    before = contents(root)
    process = start(root)
    pid = tmp_path / "pid"
    deadline = time.monotonic() + 60
    while not (pid.exists() and pid.read_text().endswith(".")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(0.5)  # into the next cell
    process.send_signal(signum)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == "interrupted"
    assert contents(root) == before
    assert not list(root.glob(".report-staging*"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text().rstrip(".")), 0)
