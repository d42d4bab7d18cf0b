"""README.md: its code runs, its table is what the notebooks computed, its links lead somewhere;
and so are the pages beside it."""

import re
from pathlib import Path

import pytest

from prune_utils.publishing.summary import (
    claims_csv,
    claims_details,
    claims_latex,
    claims_table,
    read_claims,
)

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_the_example_runs_and_prunes(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    before, after = (
        float(number)
        for number in re.findall(r"\) (0\.\d+)$", capsys.readouterr().out, re.MULTILINE)
    )
    assert before > 0.95
    assert before - after < 0.1


def test_the_table_of_claims_is_current():
    table = (
        README.partition("<!-- claims: start -->")[2].partition("<!-- claims: end -->")[0].strip()
    )
    assert table == claims_table(read_claims(ROOT / "figures"))
    assert table.count("\n") > 10


@pytest.mark.parametrize(
    ("name", "write"),
    {
        "CLAIMS.md": claims_details,
        "figures/claims.csv": claims_csv,
        "figures/claims.tex": claims_latex,
    }.items(),
)
def test_the_claims_in_full_are_current(name, write):
    assert (ROOT / name).read_text() == write(read_claims(ROOT / "figures"))


def test_claims_say_their_seeds_in_words():
    for row, *_ in read_claims(ROOT / "figures").values():
        assert isinstance(row["seeds"], int) or not re.search(r"[{}'\[\]]", row["seeds"]), row


def test_every_link_to_a_file_leads_to_one():
    links = re.findall(r"\]\(([^)#]+)[)#]|src=\"([^\"]+)\"", README)
    files = [a or b for a, b in links if not (a or b).startswith("http")]
    assert len(files) > 10
    assert [name for name in files if not (ROOT / name).exists()] == []
