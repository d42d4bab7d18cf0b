"""Every public function shows how it is used, and the examples run."""

import doctest
import inspect
import subprocess
import sys

import pytest

import prune_utils as pu

FUNCTIONS = [name for name in pu.__all__ if inspect.isfunction(getattr(pu, name))]
ALONE = "use_all_cores"  # fixes the devices of its process


def failed(name):
    """How many lines of a function's example go wrong, and what is said of them."""
    function = inspect.unwrap(getattr(pu, name))  # doctest passes over what is wrapped
    (example,) = doctest.DocTestFinder().find(function, name, globs={})
    assert example.examples
    said = []
    return doctest.DocTestRunner().run(example, out=said.append).failed, "".join(said)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != ALONE])
def test_the_example_runs(name):
    assert failed(name) == (0, "")


def test_the_example_that_fixes_the_devices_runs_in_a_process_of_its_own():
    code = f"import doctest, prune_utils as pu; doctest.run_docstring_examples(pu.{ALONE}, {{}})"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (child.returncode, child.stdout) == (0, "")
    assert ">>>" in pu.use_all_cores.__doc__
