"""What `make` keeps of what JAX compiles: it is used, and nothing shows if it cannot be read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = """
import jax
hits = []
jax.monitoring.register_event_listener(lambda event, **_: hits.append("cache_hits" in event))
print(jax.jit(lambda x: x * 2)(1.0), sum(hits) > 0)
"""


SHOW = f"""
include Makefile
show:
\t@"{sys.executable}" -c 'import json, os; print(json.dumps(dict(os.environ)))'
"""


def environment_of_make(**variables):
    """What `make` hands to what it runs."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    for name in "PYTHONWARNINGS", "TF_CPP_MIN_LOG_LEVEL", "MAKEFLAGS", "MAKELEVEL":
        clean.pop(name, None)
    command = ["make", "--no-print-directory", "-f", "-", "show"]
    options = {"cwd": ROOT, "env": clean | variables, "capture_output": True, "text": True}
    return json.loads(subprocess.run(command, input=SHOW, check=True, **options).stdout)


@pytest.fixture
def environment(tmp_path):
    return environment_of_make(JAX_COMPILATION_CACHE_DIR=str(tmp_path / "own"))


def run(environment):
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split()


def entries(environment):
    return sorted(Path(environment["JAX_COMPILATION_CACHE_DIR"]).glob("*-cache"))


def test_the_cache_is_in_a_folder_of_the_project_and_of_this_machine_that_git_ignores():
    folder = Path(environment_of_make()["JAX_COMPILATION_CACHE_DIR"])
    assert folder.name == os.uname().nodename and folder.parent == ROOT / ".jax-cache"
    assert ".jax-cache/" in (ROOT / ".gitignore").read_text().splitlines()


def test_a_users_own_folder_is_used_and_a_second_process_compiles_nothing(environment, tmp_path):
    assert environment["JAX_COMPILATION_CACHE_DIR"] == str(tmp_path / "own")
    assert run(environment) == ["2.0", "False"]
    assert entries(environment)
    assert run(environment) == ["2.0", "True"]


@pytest.mark.parametrize("spoil", [lambda content: content[: len(content) // 2], lambda _: b"no"])
def test_an_entry_that_cannot_be_read_is_compiled_anew_in_silence(environment, spoil):
    run(environment)
    for path in entries(environment):
        path.write_bytes(spoil(path.read_bytes()))
    assert run(environment) == ["2.0", "False"]
