"""The report as pages: complete, readable by all, and asking the network for nothing."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

import pytest
from conftest import SITE, WIDTHS, serious
from playwright.sync_api import expect

import prune_utils

HOW_TO = sorted((SITE / "pages" / "howto").glob("*.md"))
PAGES = (
    *("index", "README", "claims-table", "CLAIMS", "figures/README", "api", "benchmarks/README"),
    *(f"howto/{path.stem}" for path in HOW_TO),
    *(f"notebooks/{path.stem}" for path in sorted((SITE.parent / "notebooks").glob("*.ipynb"))),
    *("CONTRIBUTING", "CHANGELOG", "genindex", "search"),
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages") / "html"
    subprocess.run([sys.executable, SITE / "pages.py", folder], check=True)
    return folder


class Links(HTMLParser):
    """What a page links to or shows, and the names that others can link to."""

    def __init__(self, path):
        super().__init__()
        self.targets, self.names = [], set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.names |= {found.get("id"), found.get("name")}
        self.targets += [found[key] for key in ("href", "src", "poster") if found.get(key)]


def test_no_link_is_broken_and_no_picture_missing(pages):
    broken = []
    parsed = {path: Links(path) for path in pages.rglob("*.html")}
    assert {str(p.relative_to(pages))[:-5] for p in parsed} >= {*PAGES, "explore"}
    for path, links in parsed.items():
        for target in links.targets:
            address, anchor = urldefrag(target)
            if re.match(r"(https?|data|mailto):", target):
                continue
            aimed = (path.parent / unquote(address.split("?")[0])).resolve() if address else path
            known = parsed.get(aimed)
            if not aimed.exists() or (anchor and known and unquote(anchor) not in known.names):
                broken.append(f"{path.relative_to(pages)}: {target}")
    assert not broken, broken


def test_nothing_is_loaded_from_elsewhere(pages):
    loading = re.compile(r"""(?:src=|<link [^>]*href=|url\(|@import )["']?(?:https?:)?//""")
    files = [path for kind in ("html", "css") for path in pages.rglob(f"*.{kind}")]
    assert not [path for path in files if loading.search(path.read_text("utf-8"))]


def test_every_public_name_is_in_the_reference(pages):
    text = (pages / "api.html").read_text("utf-8")
    tables = {"CRITERIA", "COMPENSATIONS"}
    missing = {n for n in prune_utils.__all__ if f'id="prune_utils.{n}"' not in text}
    assert missing == tables
    assert not re.findall(r"&lt;[\w.]+(?: object| at 0x|&gt;)", text)


def test_tables_are_rendered(pages):
    texts = {p.stem: p.read_text("utf-8") for p in (pages / "notebooks").glob("*.html")}
    assert [name for name, text in texts.items() if re.search(r"<p>\s*\|", text)] == []
    assert sum(text.count("<table") for text in texts.values()) > 100


def test_formulas_are_rendered(pages):
    text = (pages / "notebooks" / "06_the_059_shift.html").read_text("utf-8")
    assert text.count("<math") > 20 and "<merror" not in text
    assert "$$" not in re.sub(r"(?s)<(script|pre)\b.*?</\1>", "", text)


@pytest.mark.parametrize("path", HOW_TO, ids=lambda path: path.stem)
def test_the_code_of_how_to_runs(path):
    code = "".join(re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL))
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=SITE.parent, capture_output=True, text=True
    )
    assert code and ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_all(open_page, pages, name):
    with open_page((pages / f"{name}.html").as_uri()) as page:
        # raises if a picture is missing or broken
        page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
        for width, size in WIDTHS.items():
            page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
            # colours take longest, and are the same at all widths
            assert not serious(page, colours=width == "desktop")


def test_one_button_shows_all_code(open_page, pages):
    with open_page((pages / "notebooks" / "01_data.html").as_uri()) as page:
        code = page.locator("details.hide")
        count = code.count()
        assert count > 3 and page.locator("details.hide[open]").count() == 0
        page.get_by_role("button", name="Show all code").click()
        assert page.locator("details.hide[open]").count() == count
        page.get_by_role("button", name="Hide all code").click()
        assert page.locator("details.hide[open]").count() == 0


def test_claims_are_searched_and_filtered(open_page, pages):
    with open_page((pages / "claims-table.html").as_uri()) as page:
        shown = page.locator("#claims tbody tr:visible")
        assert shown.count() == 27
        page.locator("#claims-search").fill("fine-tuning repairs")
        expect(shown).to_have_count(1)
        expect(page.locator("#claims-count")).to_have_text("1 of 27")
        page.locator("#claims-search").fill("p1")
        expect(shown).to_have_count(1)
        page.locator("#claims-search").fill("nothing of the kind")
        expect(page.locator("#claims-count")).to_have_text("no claim fits")
        page.locator("#claims-search").fill("")
        page.locator("#claims-verdict").select_option("holds, within limits")
        expect(page.locator("#claims tbody tr:visible", has_text="P13")).to_have_count(1)
        assert 0 < shown.count() < 27
