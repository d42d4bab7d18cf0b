"""The committed notebooks are executed, tidy and of a readable size."""

from pathlib import Path

import nbformat
import pytest
from leaks import MACHINE_PATH

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
EXPECTED = [
    "01_data",
    "02_baseline_training",
    "03_random_pruning",
    "04_std_pruning",
    "05_kernel_comparison",
    "06_the_059_shift",
    "07_do_they_commute",
    "08_beyond_the_mean",
    "09_beyond_the_spiral",
    "10_any_network",
    "11_any_setting",
]
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CHECKED = "# NBVAL_CHECK_OUTPUT"


def test_the_notebooks_of_the_report_are_there():
    assert set(EXPECTED) <= {path.stem for path in NOTEBOOKS.glob("*.ipynb")}


@pytest.fixture(params=sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def nb(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture
def code_cells(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def strings(node):
    """All texts in a tree of dicts and lists."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for child in node.values():
            yield from strings(child)
    elif isinstance(node, list):
        for child in node:
            yield from strings(child)


def test_cells_were_run_once_from_top_to_bottom(code_cells):
    counts = [cell.execution_count for cell in code_cells]
    assert counts == list(range(1, len(code_cells) + 1))


def test_no_cell_failed_or_complained(code_cells):
    for cell in code_cells:
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text


def test_no_output_is_a_widget(code_cells):
    # A page without a kernel cannot show it, and its random id would change with every run.
    for cell in code_cells:
        for output in cell.outputs:
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})


def test_metadata_is_clean(nb):
    assert nb.metadata == METADATA
    assert not any(cell.metadata for cell in nb.cells)


def test_cells_have_distinct_ids(nb):
    assert len({cell.id for cell in nb.cells}) == len(nb.cells)


def test_nothing_names_a_machine(nb):
    for text in strings(nb.cells):
        assert not MACHINE_PATH.search(text)


def test_size_is_readable(path, nb):
    assert path.stat().st_size < 2_000_000
    assert len(nb.cells) <= 30


def test_only_the_last_code_cell_is_compared(code_cells):
    compared = [CHECKED in cell.source.splitlines() for cell in code_cells]
    assert compared == [False] * (len(code_cells) - 1) + [True]
    assert code_cells[-1].outputs


def test_no_cell_is_long(code_cells):
    assert max(len(cell.source.splitlines()) for cell in code_cells) <= 30


def test_the_notebooks_tell_and_the_package_computes():
    lines = 0
    for name in EXPECTED[:8]:
        nb = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        lines += sum(len(c.source.splitlines()) for c in nb.cells if c.cell_type == "code")
    assert lines < 1600
