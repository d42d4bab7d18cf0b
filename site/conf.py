"""The report as pages, for Sphinx. `pages.py` puts the sources together."""

import re

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

project = "Train first or prune first?"
html_show_copyright = False
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = html_show_sourcelink = html_show_sphinx = False
html_math_renderer = "mathml"
language = "en"
# Colours of code that all can read; they come with the theme.
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"

nb_execution_mode = "off"
nb_render_markdown_format = "myst"  # tables
myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 3

napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings give shapes
autodoc_preserve_defaults = True
add_module_names = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


CODE = re.compile(r"``?([^`]+)``?|(^ *(?:>>>|\.\.\.) .*$|\*\w[^*\n]*\w\*)", re.MULTILINE)


def as_plain_text(app, what, name, item, options, lines):
    """Docstrings are plain text with `code`, not reStructuredText."""
    parts, text, end = [], "\n".join(lines), 0

    def escaped(words):
        return re.sub(r"([*|_]+)", r"\\\1", words)

    for found in CODE.finditer(text):
        parts.append(escaped(text[end : found.start()]))
        code, kept = found.groups()  # kept: examples and emphasis
        parts.append(kept if code is None else f"``{' '.join(code.split())}``")
        end = found.end()
        if text[end : end + 1].isalpha():
            parts.append("\\ ")  # nothing, but the end of the code
    parts.append(escaped(text[end:]))
    lines[:] = "".join(parts).split("\n")


def formula(display):
    """Formulas become MathML, which browsers draw by themselves: no script and no network."""

    def visit(translator, node):
        translator.body.append(convert(node.astext(), display=display))
        raise SkipNode

    return visit


def setup(app):
    app.connect("autodoc-process-docstring", as_plain_text, priority=400)  # before napoleon
    app.add_html_math_renderer("mathml", (formula("inline"), None), (formula("block"), None))
