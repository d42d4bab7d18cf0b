"""pyproject.toml, requirements.txt, environment.yml and what is installed agree."""

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from leaks import MACHINE_PATH, PACKAGE_HOST
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
LOCK = (ROOT / "requirements.txt").read_text()
# One line per package: its pin, then its hashes.
ENTRIES = [
    line
    for line in LOCK.replace("\\\n", "").splitlines()
    if line.strip() and not line.lstrip().startswith("#")
]
REQUIREMENTS = [Requirement(entry.split("--hash")[0].strip()) for entry in ENTRIES]
PINS = {canonicalize_name(requirement.name): requirement for requirement in REQUIREMENTS}
INSTALLED_HERE = [name for name, pin in PINS.items() if pin.marker is None or pin.marker.evaluate()]
DECLARED = [
    line
    for group in [
        PYPROJECT["build-system"]["requires"],
        PROJECT["dependencies"],
        *PROJECT["optional-dependencies"].values(),
    ]
    for line in group
    if Requirement(line).name != PROJECT["name"]
]


@pytest.mark.parametrize("line", DECLARED)
def test_declared_dependency_is_pinned_to_a_version_it_allows(line):
    wanted = Requirement(line)
    (pin,) = PINS[canonicalize_name(wanted.name)].specifier
    assert wanted.specifier.contains(pin.version)


def test_every_pin_is_exact_and_has_a_hash():
    assert len(PINS) == len(ENTRIES)
    for entry in ENTRIES:
        assert re.fullmatch(r"\S+==[\w.]+( ;.+?)?( +--hash=sha256:[0-9a-f]{64})+", entry)


def test_lock_names_no_index():
    assert "://" not in LOCK
    assert set(re.findall(r"--[a-z-]+", LOCK)) == {"--hash"}


@pytest.mark.parametrize("name", INSTALLED_HERE)
def test_installed_version_is_the_pinned_one(name):
    (pin,) = PINS[name].specifier
    assert version(name) == pin.version


def test_conda_environment_uses_the_lock_and_a_supported_python():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (python,) = [d for d in dependencies if isinstance(d, str) and d.startswith("python=")]
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))
    assert {"pip": ["-r requirements.txt"]} in dependencies


def test_no_file_tells_where_it_was_made():
    if not (ROOT / ".git").exists():
        pytest.skip("only a checkout knows which files are published")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in names.split("\0"):
        if not (ROOT / name).is_file():  # deleted, but not committed yet
            continue
        # Images and videos are read as text, too: their metadata can hold a path.
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for pattern in MACHINE_PATH, PACKAGE_HOST:
            found = pattern.search(text)
            assert not found, f"{name}: {found.group()}"


@pytest.mark.parametrize(
    "text",
    [
        "/ro" + "ot/.cache",
        "see /ho" + "me/ann/x",
        '"/Us' + 'ers/ann/x"',
        "file:///tm" + "p/x",
        "C:\\Us" + "ers\\ann",
    ],
)
def test_machine_paths_are_recognised(text):
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["https://example.com/ho" + "me/ann", "a/tm" + "p/b"])
def test_other_slashes_are_not_machine_paths(text):
    assert not MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["https://py" + "pi.org/simple", "files.python" + "hosted.org"])
def test_package_hosts_are_recognised(text):
    assert PACKAGE_HOST.search(text)


def test_the_benchmarks_peers_are_pinned_and_no_dependency_of_the_report():
    lines = (ROOT / "benchmarks" / "requirements.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert {pin.name for pin in pins} == {"torch", "numpy", "torch-pruning"}
    assert all(re.fullmatch(r"==[\d.]+", str(pin.specifier)) for pin in pins)
    assert not {"torch", "torch-pruning"} & PINS.keys()
