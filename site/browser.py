"""Where the browser is, and Node.js."""

import os
import shutil

from playwright._impl._driver import compute_driver_executable

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
MISSING = f"no browser found: none of {', '.join(NAMES)}; BROWSER_PATH=… names one"


def browser_path():
    """The browser's program, or None; the variable BROWSER_PATH names another."""
    return os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, NAMES)), None)


def launch(playwright):
    """The browser, without a window. (Its sandbox does not start for root, as in containers.)"""
    return playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])


def node_path():
    """The Node.js that playwright brings along."""
    return compute_driver_executable()[0]
