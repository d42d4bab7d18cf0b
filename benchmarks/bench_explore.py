"""Steps a second of the explorable: of its training alone, and in a browser while it draws.

python benchmarks/bench_explore.py
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from prune_utils.publishing.pages import write_between

HERE = Path(__file__).parent
SITE = HERE.parent / "site"
sys.path.insert(0, str(SITE))

from browser import launch, node_path  # noqa: E402
from build import page  # noqa: E402

STEPS = 1000
WAYS = {
    "learning rate 0.1, ReLU": {"rate": 0.1, "activation": "relu"},
    "learning rate 0.01, ReLU": {"rate": 0.01, "activation": "relu"},
    "learning rate 0.01, GELU": {"rate": 0.01, "activation": "gelu"},
}
# The training of both orders alone, in Node.js: steps a second.
ALONE = """
import { PruneFirst, startOf, TrainFirst } from "./explore/orders.js";
import { initialSettings } from "./explore/settings.js";
const settings = { ...initialSettings(), ...JSON.parse(process.argv[1]) };
const start = startOf(settings);
const first = new TrainFirst(start, settings);
for (const order of [first, new PruneFirst(start, settings, first.keep)]) {
  const from = performance.now();
  for (let step = 0; step < 999; step++) order.advance();
  console.log(999000 / (performance.now() - from));
}
"""


def alone(way):
    """Steps a second of train first and of prune first."""
    command = (node_path(), "--input-type=module", "--eval", ALONE, json.dumps(way))
    out = subprocess.run(command, cwd=SITE, capture_output=True, text=True, check=True).stdout
    return [float(number) for number in re.findall(r"[\d.]+", out)]


def drawn(browser, path, way):
    """Steps a second that the page shows, of both orders with all its pictures."""
    address = "&".join(f"{name}={value}" for name, value in way.items())
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        tab = context.new_page()
        tab.goto(f"{path.as_uri()}#{address}")
        while tab.evaluate("session.step") < 20:
            time.sleep(0.01)
        begun, first = time.perf_counter(), tab.evaluate("session.step")
        while tab.evaluate("session.step") < STEPS:
            time.sleep(0.01)
        return (STEPS - first) / (time.perf_counter() - begun)


def main():
    """Measures, and writes the table into benchmarks/README.md."""
    lines = [
        "| | train first alone | prune first alone | both, with all pictures |",
        "|---|---|---|---|",
    ]
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "explore.html"
        path.write_text(page(), encoding="utf-8")
        browser = launch(playwright)
        for name, way in WAYS.items():
            numbers = [*alone(way), drawn(browser, path, way)]
            lines.append(f"| {name} | " + " | ".join(f"{n:.0f}" for n in numbers) + " |")
        version = browser.version
    lines.append(
        "\nSteps a second; alone in Node.js, with pictures in Chromium "
        f"{version.split('.')[0]}, where five threads share this machine's {os.cpu_count()} cores. "
        "More than 400 are not shown."
    )
    write_between(HERE / "README.md", "explore", "\n".join(lines))


if __name__ == "__main__":
    main()
