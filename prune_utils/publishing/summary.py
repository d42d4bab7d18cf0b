"""The claims of all notebooks together: as a short table, in full, as CSV and as LaTeX."""

import csv
import io
import json
import re

from .claims import COLUMNS, ELSEWHERE
from .tables import markdown_table

FIELDS = (*COLUMNS, "verdict", "notebook", "elsewhere")
ESCAPED = {character: "\\" + character for character in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "|": r"\textbar{}",
    "<": "$<$",
    ">": "$>$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "√": r"$\surd$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "→": r"$\to$",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "ε": r"$\varepsilon$",
    "–": "--",
    "−": "$-$",
    "’": "'",
    "“": "``",
    "”": "''",
}


def read_claims(figures):
    """The claims in the `claims_*.json` of the folder `figures`.

    Returns:
      A dict number -> list of dicts with `FIELDS`, the post's claims first; of one that several
      notebooks test, the last comes first and has the last word.
    """
    claims, path = {}, figures / ELSEWHERE
    elsewhere = dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    for path in sorted(figures.glob("claims_*.json"), reverse=True):
        for row in json.loads(path.read_text(encoding="utf-8")):
            row["elsewhere"] = ", ".join(elsewhere.get(row["number"], ()))
            claims.setdefault(row["number"], []).append(row)
    order = sorted(claims, key=lambda number: (number[0] != "P", int(number[1:])))
    return {number: claims[number] for number in order}


def claims_table(claims):
    """A line a claim, in Markdown, with links to its details in CLAIMS.md and to its figure."""
    table = {}
    for number, (row, *_) in claims.items():
        table[f"[{number}](CLAIMS.md#{number.lower()})"] = {
            "claim": row["says"],
            "verdict": f"**{row['verdict']}**",
            "measured": _short(row, "headline", "measured"),
            "control": _short(row, "against", "control"),
            "beyond": row["elsewhere"],
            "figure": f"[figure](figures/{row['figure']}.png)",
        }
    return markdown_table(table)


def claims_details(claims):
    """A page with everything about each claim, in Markdown: a section for each, which begins with
    the test that has the last word."""
    lines = [
        "# The claims, in full\n",
        "P1 to P19 are the post's, F1 and so on this report's own. Where several notebooks test a "
        "claim, the verdict is that of the first named here. Intervals are 95 % intervals of the "
        "mean over seeds. Written by `make report`.\n",
    ]
    for number, tests in claims.items():
        lines.append(f"## {number}\n")
        for row in tests:
            notebook, figure = row["notebook"], row["figure"]
            lines.append(
                f"{_sentence(row['says'])} **{_sentence(row['verdict'])}**\n\n"
                f"- Rule: {_sentence(row['rule'])}\n"
                f"- Measured: {row['measured']}.\n"
                f"- Control: {row['control']}.\n"
                f"- Seeds: {row['seeds']}. Notebook: [{notebook}](notebooks/{notebook}.ipynb). "
                f"Figure: [{figure}](figures/{figure}.png).\n"
            )
    return "\n".join(lines)


def claims_csv(claims):
    """All `FIELDS` of each claim's last word, a line a claim."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows([row.get(name, "") for name in FIELDS] for row, *_ in claims.values())
    return text.getvalue()


def claims_latex(claims):
    """The columns of `claims_table` as a `tabular` in the style of booktabs, a line a claim."""
    lines = [
        r"% \usepackage{booktabs}",
        r"\begin{tabular}{@{}l*{4}{p{0.21\linewidth}}@{}}",
        r"\toprule",
        r"& claim & verdict & measured & control \\",
        r"\midrule",
    ]
    for number, (row, *_) in claims.items():
        cells = number, row["says"], row["verdict"]
        cells += _short(row, "headline", "measured"), _short(row, "against", "control")
        lines.append(" & ".join(map(latex, cells)) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def latex(text):
    """A text as LaTeX would have it written: special characters escaped, minus signs as such."""
    text = re.sub(r"(?<![\w.])-(?=\d)", "−", text)
    return "".join(ESCAPED.get(character, character) for character in text)


def _short(row, short, full):
    return row.get(short) or row[full]


def _sentence(text):
    return text[:1].upper() + text[1:].rstrip(".") + "."
