"""references.bib is complete and every citation leads to an entry of it."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENTRY = re.compile(r"^@(\w+)\{([^,\s]+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^  (\w+) = \{(.*)\},$", re.MULTILINE)
CITATION = re.compile(r"\[([^\]]+)\]\((?:\.\./)?references\.bib#([^)]+)\)")
WHERE = {
    "article": {"journal"},
    "inproceedings": {"booktitle"},
    "misc": {"howpublished", "url"},
    "software": {"version", "url"},
}


def entries(text):
    """The entries of a file in BibTeX: a list of (kind, key, dict of fields)."""
    return [(kind, key, dict(FIELD.findall(body))) for kind, key, body in ENTRY.findall(text)]


def pages():
    """The texts that cite: README and the Markdown of all notebooks."""
    yield "README.md", (ROOT / "README.md").read_text()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text())["cells"]
        markdown = ("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        yield path.name, "\n".join(markdown)


BIB = (ROOT / "references.bib").read_text()
REFERENCES = {key: fields for _, key, fields in entries(BIB)}


def test_every_entry_is_read_and_no_key_is_used_twice():
    keys = re.findall(r"^@\w+\{([^,\s]+),", BIB, re.MULTILINE)
    assert [key for _, key, _ in entries(BIB)] == keys
    assert len(keys) == len(set(keys)) > 40
    fields = [line for line in BIB.splitlines() if line.startswith("  ")]
    assert sum(map(len, REFERENCES.values())) == len(fields)


@pytest.mark.parametrize(("kind", "key", "fields"), entries(BIB), ids=list(REFERENCES))
def test_an_entry_says_who_what_where_when_and_what_for(kind, key, fields):
    assert {"author", "title", "note"} | WHERE[kind] <= set(fields)
    assert kind == "software" or (fields["year"].isdigit() and key.endswith(fields["year"]))
    for text in fields.values():
        assert text.strip() == text != "" and text.count("{") == text.count("}")


def test_every_citation_leads_to_an_entry_and_names_it():
    cited = [(name, *found) for name, text in pages() for found in CITATION.findall(text)]
    assert len(cited) > 5
    for name, words, key in cited:
        assert key in REFERENCES, f"{name} cites {key}"
        fields = REFERENCES[key]
        family = re.sub(r"[{}]", "", fields["author"].split(",")[0].split(" and ")[0])
        assert family in words and fields.get("year", "") in words, f"{name}: {words} for {key}"


def test_no_link_to_the_file_escapes_the_form_of_a_citation():
    for name, text in pages():
        links = text.count("references.bib#")
        assert links == len(CITATION.findall(text)), name
