"""Every public function shows how it is used, and the examples run."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import prune_utils as pu

MODULES = [module.name for module in pkgutil.walk_packages(pu.__path__, "prune_utils.")]
# Fixes the devices of the whole process, so it can run but once.
WITHOUT = {"use_all_cores"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module)
    assert result.failed == 0


def test_every_public_function_has_an_example():
    functions = {name for name in pu.__all__ if inspect.isfunction(getattr(pu, name))}
    shown = {name for name in functions if ">>>" in (getattr(pu, name).__doc__ or "")}
    assert functions - shown == WITHOUT
