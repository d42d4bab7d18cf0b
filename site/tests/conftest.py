"""A browser, pages that may neither fail nor ask the network, and the explorable as one file."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

SITE = Path(__file__).parents[1]
sys.path.insert(0, str(SITE))

from browser import MISSING, browser_path, launch  # noqa: E402

WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


def serious(page, colours=True):
    """What axe-core finds that bars somebody from reading the page."""
    page.evaluate(Axe().axe_script)
    options = {
        "resultTypes": ["violations"],  # all else takes twice as long
        "rules": {"color-contrast": {"enabled": colours}},
    }
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [
        (violation["id"], [node["html"][:200] for node in violation["nodes"][:3]])
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.fixture(scope="session")
def chromium():
    """A running browser, or a skipped test that says why."""
    if browser_path() is None:
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(MISSING)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Opens an address in a page. At the end of the test no page may have logged an error, thrown
    one, or asked for anything that is not on this machine."""

    @contextmanager
    def opened(address, width="desktop", **context):
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        with chromium.new_context(viewport=size, **context) as own:
            page, wrong = own.new_page(), []
            page.on("console", lambda m: m.type in ("error", "warning") and wrong.append(m.text))
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
            own.on(
                "request",
                lambda r: r.url.startswith(("file:", "blob:", "data:")) or wrong.append(r.url),
            )
            page.goto(address)
            yield page
            assert not wrong, wrong

    return opened


@pytest.fixture(scope="session")
def explorable(tmp_path_factory):
    """The address of the built page."""
    path = tmp_path_factory.mktemp("explorable") / "explore.html"
    subprocess.run([sys.executable, SITE / "build.py", path], check=True)
    return path.as_uri()
