"""What a code host runs: workflows of a valid form, without avoidable risks, that call what exists.
And the lock, which has to hold wherever they run."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


TESTS = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())
MATRIX = TESTS["jobs"]["units"]["strategy"]["matrix"]
VERSIONS = {*MATRIX["versions"], *(more["versions"] for more in MATRIX["include"])}


def targets(text):
    """What is made, the `${VERSIONS}` of the matrix filled in."""
    names = {"units" if version == "pinned" else version for version in VERSIONS}
    for line in re.findall(r"make (.+?)(?: PYTHON=python)?$", text, re.MULTILINE):
        for name in line.replace('"', "").split():
            for version in names if "${VERSIONS}" in name else ("",):
                yield name.replace("${VERSIONS}", version)


def test_the_workflows_have_a_valid_form():
    checked = run(
        *(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"),
        *WORKFLOWS,
    )
    assert len(WORKFLOWS) == 3 and checked.returncode == 0, checked.stdout


def test_the_workflows_take_no_avoidable_risk(tmp_path):
    zizmor = Path(sys.executable).parent / "zizmor"
    checked = run(zizmor, "--offline", "--persona=pedantic", *WORKFLOWS)
    assert checked.returncode == 0, checked.stdout
    risky = tmp_path / "risky.yml"
    risky.write_text(re.sub(r"@[0-9a-f]{40}.*", "@main", WORKFLOWS[-1].read_text()))
    assert run(zizmor, "--offline", "--persona=pedantic", risky).returncode != 0


def test_no_workflow_knows_a_secret():
    assert not [path for path in WORKFLOWS if "secrets" in path.read_text()]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_a_workflow_makes_can_be_made(path):
    names = set(targets(path.read_text()))
    assert names
    for name in names:
        assert run("make", "--dry-run", name, f"PYTHON={sys.executable}").returncode == 0, name


def test_the_tests_run_on_every_python_and_from_the_oldest_on():
    assert tuple(MATRIX["python"]) == PYTHONS
    assert {"pinned", "oldest", "newest"} == VERSIONS
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={PYTHONS[0]}"


def test_pre_commit_lints_as_make_does():
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    (hook,) = repository["hooks"]
    assert repository["repo"] == "local" and hook["entry"] == "make lint"


@pytest.mark.parametrize("version", PYTHONS)
def test_the_lock_holds_for_every_python(version, tmp_path):
    resolved = run(
        *(sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--no-config"),
        *("--python-version", version, "--only-binary", ":all:", "--require-hashes"),
        *("--target", tmp_path, "-r", "requirements.txt"),
    )
    if "Failed to fetch" in resolved.stderr:
        pytest.skip("no package index can be reached")
    assert resolved.returncode == 0, resolved.stderr


def test_make_says_what_is_missing_where_no_python_is_new_enough(tmp_path):
    made = run("make", "-f", ROOT / "Makefile", "-C", tmp_path, "--dry-run", "PYTHON=", "lock")
    assert made.returncode == 0  # nothing is asked of a Python before it is needed
    for name in "requirements.txt", "pyproject.toml":
        (tmp_path / name).touch()
    made = run("make", "-f", ROOT / "Makefile", "-C", tmp_path, "PYTHON=", ".venv/.installed")
    assert made.returncode != 0 and "No Python from 3.11 on was found" in made.stderr
