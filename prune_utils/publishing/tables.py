"""Numbers that are compared, as a Markdown table."""

import numpy as np
from IPython.display import Markdown, display

from ..statistics import Interval, mean_interval


def show_table(rows, spec=".3f", caption=None):
    """Shows one table in a notebook.

    Args:
      rows: dict name -> dict column -> value: a number, an `Interval`, a bool, a text, or an array
        of one number a seed, which becomes its mean with a 95 % interval. A column that a row lacks
        stays empty.
      spec: how to write numbers that are not whole; or a dict column -> how, else ".3f".
      caption: a sentence above the table.
    """
    table = markdown_table(rows, spec)
    display(Markdown(table if caption is None else f"*{caption}*\n\n{table}"))


def markdown_table(rows, spec=".3f"):
    """The table of `show_table` as text."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    specs = {c: spec.get(c, ".3f") if isinstance(spec, dict) else spec for c in columns}
    lines = [_line("", *columns), "|" + "---|" * (len(columns) + 1)]
    for name, row in rows.items():
        lines.append(_line(name, *(_cell(row.get(c, ""), specs[c]) for c in columns)))
    return "\n".join(lines)


def _line(*cells):
    texts = (" ".join(str(cell).split()).replace("|", r"\|") for cell in cells)
    return "|" + "".join(f" {text} |" if text else " |" for text in texts)


def _cell(value, spec):
    if isinstance(value, str):
        return value
    if isinstance(value, Interval):
        return format(value, spec)
    value = np.asarray(value)
    if value.ndim > 0:
        return format(mean_interval(value), spec)
    if value.dtype == bool:
        return "yes" if value else "no"
    if value.dtype.kind in "iu":
        return str(value)
    return format(value.item(), spec) if np.isfinite(value) else "–"
