"""Builds the explorable: one file that needs no network, from the modules in `explore/`.

    python site/build.py explore.html

The modules import by name and export by name, and no two have a name in common. So a bundle is
their text in the order of their imports, without the lines that say so.
"""

import re
import sys
from pathlib import Path

SOURCES = Path(__file__).parent / "explore"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
NAMED = re.compile(r"^(?:async )?(?:function|class|const|let) ([\w$]+)", re.MULTILINE)


def bundle(entry):
    """The text of a module and all that it imports, as one script."""
    found = {}

    def visit(name):
        if name not in found:
            text = (SOURCES / name).read_text("utf-8")
            for wanted in IMPORT.findall(text):
                visit(wanted)
            found[name] = re.sub(r"^export ", "", IMPORT.sub("", text), flags=re.MULTILINE)

    visit(entry)
    text = "\n".join(found.values())
    names = NAMED.findall(text)
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"{entry}: modules need names of their own, got twice {doubled}")
    return f'"use strict";\n(() => {{\n{text}}})();\n'


def page():
    """The whole page."""
    threads = "".join(
        f'<script type="text/plain" id="{name}">\n{bundle(f"{name}.js")}</script>\n'
        for name in ("trainer", "painter")
    )
    scripts = f"{threads}<script>\n{bundle('main.js')}</script>"
    text = (SOURCES / "explore.html").read_text("utf-8")
    style = (SOURCES / "style.css").read_text("utf-8")
    return text.replace("/* style */", style).replace("<!-- scripts -->", scripts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
