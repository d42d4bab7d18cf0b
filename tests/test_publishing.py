import csv
import json

import numpy as np
import pytest
from IPython.display import Markdown

from prune_utils import mean_interval
from prune_utils.publishing import floors, tables
from prune_utils.publishing.claims import Claim, listed, report_claims, report_elsewhere, verdict
from prune_utils.publishing.pages import update_readme, write_claims, write_index
from prune_utils.publishing.summary import claims_details, claims_table, latex, read_claims
from prune_utils.publishing.tables import markdown_table, show_table
from prune_utils.studies.rules import RULES

TABLE_START, TABLE_END = "<!-- claims: start -->", "<!-- claims: end -->"


def claim(number, **changes):
    facts = dict(
        number=number,
        says="pruning changes nothing",
        rule="no output moves",
        holds=True,
        measured="0.51 [0.40, 0.62]",
        control="0.90",
        seeds=64,
        figure="a_figure",
    )
    return Claim(**(facts | changes))


def test_numbers_and_intervals_are_listed_in_their_order():
    assert listed({0.1: 2.0, 0.01: 1.25}, ".1f") == "2.0, 1.2"
    assert listed({0.1: mean_interval([1, 1]), 0.01: 3.0}, ".0f") == "1 [1, 1], 3"


def test_a_claim_says_by_default_what_its_rule_does():
    found = {"holds": True, "measured": "1", "control": "2", "figure": "a"}
    plain, other = Claim(number="P5", **found), Claim(number="P5", says="x", rule="y", **found)
    assert (plain.says, plain.rule) == (RULES["P5"].says, RULES["P5"].rule)
    assert (other.says, other.rule) == ("x", "y")


def test_claims_are_printed_as_sentences_and_saved(figures, capsys):
    some = claim("P12", limits={"only on Mondays": True}, rule="about half moves.")
    report_claims("01_data", [claim("P1"), some, claim("P2", holds=False)])
    assert capsys.readouterr().out == (
        "P1 holds: no output moves.\n"
        "P12 holds only on Mondays: about half moves.\n"
        "P2 does not hold: no output moves.\n"
    )
    rows = json.loads((figures / "claims_01_data.json").read_text())
    assert [row["number"] for row in rows] == ["P1", "P12", "P2"]
    assert [row["verdict"] for row in rows] == ["holds", "holds only on Mondays", "does not hold"]
    assert rows[0]["notebook"] == "01_data" and rows[0]["measured"] == "0.51 [0.40, 0.62]"


@pytest.mark.parametrize("form", [dict, tuple])
def test_the_first_limit_that_is_true_qualifies_the_verdict(form):
    def limited(*limits, **changes):
        return verdict(claim("P1", limits=form(limits), **changes))

    assert limited() == "holds"
    assert limited(("only here", np.bool_(False)), ("at most twice", False)) == "holds"
    assert limited(("only here", False), ("at most twice", True)) == "holds at most twice"
    assert limited((", but rarely", np.bool_(True)), ("here", True)) == "holds, but rarely"
    assert limited(("only here", True), holds=np.bool_(False)) == "does not hold"
    assert limited(("only here", True), holds=None) == "open"


def test_a_claim_takes_keywords_only():
    with pytest.raises(TypeError):
        Claim("P1", "says", "rule", True, (), "measured", "control", 1, "figure")


def test_a_table_takes_numbers_intervals_truths_texts_and_seeds():
    seeds = np.array([0.0, 1.0, 2.0])
    rows = {
        "a|b": {"x": 1.23456, "n": 7, "ok": np.bool_(True)},
        "two": {"x": seeds, "ok": False, "what": "some\ntext"},
        "three": {"x": mean_interval(seeds), "n": float("nan"), "ok": seeds > 0.5},
    }
    mean, share = mean_interval(seeds), mean_interval(seeds > 0.5)
    assert markdown_table(rows, {"x": ".2f"}).splitlines() == [
        "| | x | n | ok | what |",
        "|---|---|---|---|---|",
        "| a\\|b | 1.23 | 7 | yes | |",
        f"| two | {mean:.2f} | | no | some text |",
        f"| three | {mean:.2f} | – | {share:.3f} | |",
    ]


def test_a_table_is_shown_as_markdown_below_its_caption(monkeypatch):
    shown = []
    monkeypatch.setattr(tables, "display", shown.append)
    show_table({"one": {"x": 1.0}}, ".1f", "A caption.")
    show_table({"one": {"x": 1.0}})
    assert all(isinstance(item, Markdown) for item in shown)
    assert [item.data for item in shown] == [
        "*A caption.*\n\n| | x |\n|---|---|\n| one | 1.0 |",
        "| | x |\n|---|---|\n| one | 1.000 |",
    ]


def test_the_table_has_a_line_a_claim_of_all_notebooks_by_number(figures):
    short = claim("P2", headline="0.51", against="full 0.9", limits={", mostly": True})
    report_claims("02_b", [claim("P10"), short])
    report_claims("01_a", [claim("E1"), claim("P9")])
    lines = claims_table(read_claims(figures)).splitlines()
    assert [line.split("](")[0] for line in lines[2:]] == ["| [P2", "| [P9", "| [P10", "| [E1"]
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2] == (
        "| [P2](CLAIMS.md#p2) | pruning changes nothing | **holds, mostly** | 0.51 | full 0.9 | | "
        "[figure](figures/a_figure.png) |"
    )
    assert "| 0.51 [0.40, 0.62] | 0.90 |" in lines[3]  # no headline: nothing is cut off


def test_the_last_notebook_has_the_last_word_and_the_details_have_every_test(figures):
    report_claims("06_b", [claim("P9", limits={", and is explained": True})])
    report_claims("05_a", [claim("P9", measured="r = 0.3"), claim("P6", seeds="8 a cell")])
    claims = read_claims(figures)
    p6, p9 = claims_table(claims).splitlines()[2:]
    assert "[P6]" in p6 and "**holds, and is explained**" in p9
    page = claims_details(claims)
    assert page.index("## P6") < page.index("## P9") < page.index("06_b") < page.rindex("05_a")
    assert "Pruning changes nothing. **Holds, and is explained.**" in page
    assert "- Rule: No output moves.\n- Measured: r = 0.3.\n- Control: 0.90.\n" in page
    assert "- Seeds: 8 a cell. Notebook: [05_a](notebooks/05_a.ipynb)." in page
    assert page.count("Figure: [a_figure](figures/a_figure.png).") == 3


def test_the_table_tells_what_other_data_answer(figures):
    report_claims("01_a", [claim("P1"), claim("P2")])
    report_elsewhere({"P2": ["3/5", "0/5"]})
    p1, p2 = claims_table(read_claims(figures)).splitlines()[2:]
    assert "| 0.90 | | [" in p1 and "| 0.90 | 3/5, 0/5 | [" in p2


def test_a_bar_in_a_claim_does_not_end_the_cell(figures):
    report_claims("01_a", [claim("P1", measured="|w| > 0.5")])
    header, _, row = claims_table(read_claims(figures)).splitlines()
    assert row.replace(r"\|", "").count("|") == header.count("|")


def test_claims_for_a_write_up_have_a_line_each(figures):
    rule = 'a comma, "quotes"'
    report_claims("01_a", [claim("P1", headline="50 % & more", rule=rule), claim("F1")])
    report_claims("02_b", [claim("F1", holds=False)])
    write_claims(figures)
    rows = list(csv.DictReader((figures / "claims.csv").read_text().splitlines()))
    assert [row["number"] for row in rows] == ["P1", "F1"]
    assert rows[0]["rule"] == rule and rows[0]["measured"] == "0.51 [0.40, 0.62]"
    assert rows[1]["verdict"] == "does not hold" and rows[1]["notebook"] == "02_b"
    lines = (figures / "claims.tex").read_text().splitlines()
    assert [line for line in lines if line.startswith(("P", "F"))] == [
        r"P1 & pruning changes nothing & holds & 50 \% \& more & 0.90 \\",
        r"F1 & pruning changes nothing & does not hold & 0.51 [0.40, 0.62] & 0.90 \\",
    ]
    assert lines[1].startswith(r"\begin{tabular}") and lines[-1] == r"\end{tabular}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            "a_b #1 {c} 5 % ~ ^ \\",
            r"a\_b \#1 \{c\} 5 \% \textasciitilde{} \textasciicircum{} \textbackslash{}",
        ),
        ("-0.13 [-0.15, 1e-05], non-zero 9-3", "$-$0.13 [$-$0.15, 1e-05], non-zero 9-3"),
        ("±0.59 √2 ε |w| <", r"$\pm$0.59 $\surd$2 $\varepsilon$ \textbar{}w\textbar{} $<$"),
    ],
)
def test_latex_escapes_what_it_would_take_for_commands(text, written):
    assert latex(text) == written


@pytest.fixture
def root(tmp_path, figures):
    report_claims("01_a", [claim("P1")])
    (tmp_path / "README.md").write_text(f"# Title\n{TABLE_START}\nold\n{TABLE_END}\nafter\n")
    return tmp_path


def test_the_readme_gets_the_table_between_its_markers_and_keeps_the_rest(root, figures):
    update_readme(root)
    text = (root / "README.md").read_text()
    table = claims_table(read_claims(figures))
    assert text == f"# Title\n{TABLE_START}\n{table}\n{TABLE_END}\nafter\n"
    assert (root / "CLAIMS.md").read_text() == claims_details(read_claims(figures))
    update_readme(str(root))
    assert (root / "README.md").read_text() == text


@pytest.mark.parametrize("text", ["# Title\nno markers\n", f"# Title\n{TABLE_START}\nno end\n"])
def test_a_readme_without_both_markers_is_refused_not_truncated(root, text):
    (root / "README.md").write_text(text)
    with pytest.raises(ValueError, match="README"):
        update_readme(root)
    assert (root / "README.md").read_text() == text


def test_the_index_shows_every_figure_with_caption_and_files(figures):
    for name, kinds in (("b_map", ("png", "pdf", "svg")), ("a_film", ("mp4", "gif"))):
        (figures / f"{name}.json").write_text(
            json.dumps({"caption": f"Caption of {name}: 1 < 2.", "data": {}})
        )
        for kind in kinds:
            (figures / f"{name}.{kind}").touch()
    report_claims("01_a", [claim("P1")])
    write_index(figures)
    page, text = (figures / "index.html").read_text(), (figures / "README.md").read_text()
    for name, image in (("b_map", "b_map.png"), ("a_film", "a_film.gif")):
        assert f'<img src="{image}"' in page and f'<img src="{image}"' in text
        assert f"Caption of {name}: 1 &lt; 2." in page and f"Caption of {name}: 1 < 2." in text
    assert page.index("a_film") < page.index("b_map") and text.index("a_film") < text.index("b_map")
    for file in ("b_map.pdf", "b_map.svg", "b_map.json", "a_film.mp4"):
        assert f'href="{file}"' in page and f"]({file})" in text
    assert "claims_" not in page and "claims_" not in text
    write_index(figures)
    assert (figures / "index.html").read_text() == page


def test_the_floor_is_the_time_of_the_products_at_the_machines_rate(monkeypatch):
    monkeypatch.setattr(floors, "machine_rate", lambda: 2e9)
    text = floors.floor_table({"02": 30.0, "01": 4.0}, {"02": 10**10, "01": 0}, 31.0)
    assert text.splitlines()[2:5] == [
        "| 01 | 4 | 0.0 | |",
        "| 02 | 30 | 5.0 | 6.0 |",
        "| together | 31 | 5.0 | 6.2 |",
    ]
    assert "2 GFLOP/s" in text


def test_the_rate_is_of_all_devices_together(monkeypatch):
    clock = iter([0, 9, 10, 12, 20, 22, 30, 31, 40, 42, 50, 55])  # the first run compiles
    monkeypatch.setattr(floors.time, "perf_counter", lambda: next(clock))
    asked = []
    monkeypatch.setattr(
        floors, "run_ensemble", lambda f, keys, batch: asked.append((len(keys), batch))
    )
    assert floors.machine_rate() == 2 * floors.PRODUCTS * 2 * floors.PRODUCT**3 / 2
    assert asked == [(2, 1)] * 6
