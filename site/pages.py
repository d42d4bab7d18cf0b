"""Builds the pages: the notebooks as they were committed, the claims, the figures, how to, the API,
and the explorable.

    python site/pages.py _site
"""

import csv
import json
import shutil
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from build import page
from sphinx.cmd.build import build_main

SITE = Path(__file__).parent
ROOT = SITE.parent
FOLDERS = ("figures", "benchmarks", "prune_utils")
FILES = (
    *("CLAIMS.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("references.bib", "CITATION.cff", "LICENSE"),
)
KINDS = {kind: kind for kind in ("holds", "does not hold", "open")}  # all else is a limit
COLUMNS = {"says": "claim", "verdict": "verdict", "headline": "measured", "against": "control"}


def folded(notebook):
    """A notebook with its code folded."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["metadata"]["tags"] = ["hide-input"]
    return notebook


def claims_table():
    """All claims as a table that `static/site.js` searches and filters."""
    rows = []
    for claim in csv.DictReader((ROOT / "figures" / "claims.csv").open(encoding="utf-8")):
        number = claim["number"]
        cells = (
            f'<a href="CLAIMS.html#{number.lower()}">{number}</a>',
            *(escape(claim[column]) for column in COLUMNS),
            f'<a href="notebooks/{claim["notebook"]}.html">notebook</a> '
            f'<a href="figures/README.html#{claim["figure"]}">figure</a>',
        )
        kind = KINDS.get(claim["verdict"], "holds, within limits")
        inner = "".join(f"<td>{cell}</td>" for cell in cells)
        words = escape(" ".join((claim["measured"], claim["control"], claim["rule"])))
        rows.append(f'<tr id="{number}" data-kind="{kind}" data-words="{words}">{inner}</tr>')
    head = "".join(f"<th>{name}</th>" for name in ("no.", *COLUMNS.values(), "more"))
    body = "\n".join(rows)
    return f'<table id="claims"><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>'


def stage(source):
    """Puts everything that becomes a page, or that a page links to, where its links expect it."""
    shutil.copytree(SITE / "pages", source, dirs_exist_ok=True)
    for name in FILES:
        shutil.copy(ROOT / name, source)
    text = (ROOT / "README.md").read_text("utf-8")
    linked = text.replace("writes one page", 'writes <a href="explore.html">one page</a>')
    (source / "README.md").write_text(linked, encoding="utf-8")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name)
    (source / "site").mkdir()
    for name in ("explore.gif", "explore.mp4", "explore.png"):
        shutil.copy(SITE / name, source / "site")
    (source / "notebooks").mkdir()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = folded(json.loads(path.read_text("utf-8")))
        (source / "notebooks" / path.name).write_text(json.dumps(notebook), encoding="utf-8")
    text = (source / "claims-table.md").read_text("utf-8")
    filled = text.replace("<!-- claims -->", claims_table())
    (source / "claims-table.md").write_text(filled, encoding="utf-8")


def build(folder):
    """Builds all pages into a folder; raises SystemExit if anything is amiss."""
    with TemporaryDirectory() as made:
        source, pages = Path(made) / "source", Path(made) / "html"
        stage(source)
        options = ("-q", "-W", "--keep-going", "-c", SITE, "-d", Path(made) / "trees")
        status = build_main([*map(str, options), str(source), str(pages)])
        if status:
            raise SystemExit(status)
        own = shutil.ignore_patterns("index.html", "README.md")
        shutil.copytree(ROOT / "figures", pages / "figures", dirs_exist_ok=True, ignore=own)
        linked = page().replace("the report tests", '<a href="index.html">the report</a> tests')
        (pages / "explore.html").write_text(linked, encoding="utf-8")
        shutil.copytree(pages, folder)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
