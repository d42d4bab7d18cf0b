"""The pages made from what the notebooks hand over: README's table of claims, the index of
figures."""

import html
import json
from pathlib import Path

from .._checks import require
from .tables import markdown_table


def claims_table(figures):
    """The table of claims in Markdown, from the `claims_*.json` in the folder `figures`; the last
    notebook has the last word."""
    read = [
        row
        for path in sorted(figures.glob("claims_*.json"))
        for row in json.loads(path.read_text())
    ]
    rows = list({row["number"]: row for row in read}.values())
    rows.sort(key=lambda row: (row["number"][0] != "P", int(row["number"][1:])))
    table = {
        row["number"]: {
            "claim": row["says"],
            "verdict": f"**{row['verdict']}**",
            "measured": row["measured"],
            "control": row["control"],
            "seeds": row["seeds"],
            "where": f"[{row['notebook']}](notebooks/{row['notebook']}.ipynb), "
            f"[figure](figures/{row['figure']}.png)",
        }
        for row in rows
    }
    return markdown_table(table)


def write_between(page, name, text):
    """Puts a text between the lines <!-- name: start --> and <!-- name: end --> of a Markdown page.

    Raises:
      ValueError: if the page has no such lines.
    """
    start, end = f"<!-- {name}: start -->", f"<!-- {name}: end -->"
    before, found, rest = page.read_text().partition(start)
    _, also, after = rest.partition(end)
    require(found and also, page.name, f"the lines {start} and {end}")
    page.write_text(f"{before}{start}\n{text}\n{end}{after}")


def update_readme(root):
    """Writes the current table of claims into README.md, see `write_between`."""
    write_between(Path(root) / "README.md", "claims", claims_table(Path(root) / "figures"))


def write_index(figures):
    """Writes index.html and README.md into the folder: every figure with its caption and its
    files."""
    page, text = (
        [],
        [
            "# Figures\n",
            "Each figure as PNG, PDF, SVG, with the plotted numbers as JSON. Made by `make "
            "report`.\n",
        ],
    )
    for path in sorted(figures.glob("*.json")):
        entry = json.loads(path.read_text())
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
    (figures / "index.html").write_text("\n".join([head, *page, "</html>"]) + "\n")
    (figures / "README.md").write_text("\n".join(text))
