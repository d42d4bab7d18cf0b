"""The pages made from what the notebooks hand over: README's table of claims with its details, the
index of figures."""

import html
import json
from pathlib import Path

from .._checks import require
from ..drawing.export import write_text
from .summary import claims_csv, claims_details, claims_latex, claims_table, read_claims


def write_between(page, name, text):
    """Puts a text between the lines <!-- name: start --> and <!-- name: end --> of a Markdown page.

    Raises:
      ValueError: if the page has no such lines.
    """
    start, end = f"<!-- {name}: start -->", f"<!-- {name}: end -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(start)
    _, also, after = rest.partition(end)
    require(found and also, page.name, f"the lines {start} and {end}")
    write_text(page, f"{before}{start}\n{text}\n{end}{after}")


def update_readme(root):
    """Writes the current table of claims into README.md, see `write_between`, and what stands
    behind each of them into CLAIMS.md."""
    root = Path(root)
    claims = read_claims(root / "figures")
    write_between(root / "README.md", "claims", claims_table(claims))
    write_text(root / "CLAIMS.md", claims_details(claims))


def write_claims(figures):
    """Writes the claims into the folder for a write-up, as claims.csv and as claims.tex."""
    claims = read_claims(figures)
    write_text(figures / "claims.csv", claims_csv(claims))
    write_text(figures / "claims.tex", claims_latex(claims))


def write_index(figures):
    """Writes index.html and README.md into the folder: every figure with its caption and its
    files."""
    page, text = (
        [],
        [
            "# Figures\n",
            "Each figure as PNG, PDF, SVG, with the plotted numbers as JSON. Made by `make "
            "report`. The claims of the report, for a write-up: [CSV](claims.csv), "
            "[LaTeX](claims.tex).\n",
        ],
    )
    for path in sorted(figures.glob("*.json")):
        entry = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(entry, dict):
            continue
        name, caption = path.stem, entry["caption"]
        files = sorted(p.name for p in figures.glob(f"{name}.*"))
        image = next(f"{name}.{kind}" for kind in ("gif", "png") if f"{name}.{kind}" in files)
        links = " · ".join(
            f'<a href="{file}">{file.rpartition(".")[2].upper()}</a>' for file in files
        )
        page.append(
            f'<figure><a href="{image}"><img src="{image}" alt="{html.escape(name)}" '
            'loading="lazy"></a>'
            f"<figcaption><b>{name}</b> {html.escape(caption)}<br>{links}</figcaption></figure>"
        )
        marked = " · ".join(f"[{file.rpartition('.')[2].upper()}]({file})" for file in files)
        text.append(
            f'## {name}\n\n<img src="{image}" width="480" alt="{name}">\n\n{caption}\n\n{marked}\n'
        )
    style = (
        "body{font:15px "
        "sans-serif;margin:2em}figure{display:inline-block;vertical-align:top;width:30em;margin:1em}img{width:100%}"
    )
    head = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Figures</title>'
        f"<style>{style}</style><h1>Figures</h1>"
    )
    write_text(figures / "index.html", "\n".join([head, *page, "</html>"]) + "\n")
    write_text(figures / "README.md", "\n".join(text))
