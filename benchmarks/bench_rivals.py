"""Ours beside what others do: the same trained networks, the same inputs to choose and fit by, the
same fine-tuning. Run by `make bench-rivals`.

First the networks of notebook 09, with a half and a quarter of the units. Then, if there is a
folder with the four IDX files of Fashion-MNIST (`FASHION_MNIST=folder make bench-rivals`; Debian's
package dataset-fashion-mnist puts them where they are looked for), LeNet-300-100 on it, with 50 to
80 % of the units of both layers taken out, as in Kim et al. (2020). Writes rivals.json and a figure
beside this file, and tables in README.md.
"""

import contextlib
import io
import json
import os
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from rivals_measured import (
    FASHION,
    METHODS,
    OURS,
    REMOVED,
    SEEDS,
    SEEN,
    TUNED,
    fashion_rows,
    file_type_costs,
    kept_units,
    pair_costs,
    pair_rows,
)

import prune_utils as pu
from prune_utils import rivals
from prune_utils.drawing.charts import interval_curve
from prune_utils.drawing.export import save_figure
from prune_utils.drawing.style import CRITERION_COLOURS, use_style
from prune_utils.publishing.pages import write_between
from prune_utils.publishing.tables import markdown_table
from prune_utils.statistics import mean_interval
from prune_utils.studies.pairs import PAIRS

HERE = Path(__file__).resolve().parent
PUBLISHED = (0.8869, 0.8692, 0.8275, 0.8002)  # Kim et al. 2020, from 0.8980
FIGURE = {
    "magnitude (Li 2017)": {"color": CRITERION_COLOURS["random"], "marker": "v"},
    "means (FLAP 2024)": {"color": CRITERION_COLOURS["std"], "marker": "s"},
    "Neuron Merging 2020": {"color": "#009E73", "marker": "^"},
    OURS: {"color": CRITERION_COLOURS["unexplained"], "marker": "o"},
}


def cell(ends, ours):
    """Mean accuracies in per cent, before and after fine-tuning, of which each has a * where the
    interval of the difference to ours lies above zero, and a - where it lies below; ends, ours:
    (before, after)."""
    texts = []
    for own, best in zip(ends, ours, strict=True):
        gap = mean_interval(np.subtract(own, best)) if own is not best else None
        mark = "" if gap is None or gap.low <= 0 <= gap.high else "*" if gap.low > 0 else "-"
        texts.append(f"{100 * np.mean(own):.1f}{mark}")
    return ", ".join(texts)


def method_table(columns, whole):
    """A table of `METHODS`; columns: dict name -> dict method -> (before, after), accuracies
    (seeds,); whole: dict name -> accuracies (seeds,) of the networks that are not pruned."""
    rows = {"not pruned": {name: f"{100 * np.mean(values):.1f}" for name, values in whole.items()}}
    for method in METHODS:
        own = {
            n: cell(found[method], found[OURS]) for n, found in columns.items() if method in found
        }
        rows |= {method: own} if own else {}
    return rows


def cost_table(costs):
    """A row a network: parts of the whole network's operations, and in brackets of its latency."""
    return {
        name + what: {
            point: f"{values[place]:.2f} ({values[place + 1]:.2f})"
            for point, values in found.items()
        }
        for name, found in costs.items()
        for what, place in (("", 1), (", multiples of 8", 3))
    }


def draw(whole, rows, _):
    """Saves the accuracy over the part of the units that is taken out, without fine-tuning."""
    figure, ax = plt.subplots(figsize=(4.4, 2.9))
    parts = [100 * part for part in REMOVED]
    ax.axhline(100 * np.mean(whole), color="black", linestyle=":", label="not pruned")
    for name, style in FIGURE.items():
        values = [100 * np.array(rows[name][f"{part:.0%}"][0]) for part in REMOVED]
        interval_curve(ax, parts, values, label=name.replace("`", ""), **style)
    published = [100 * value for value in PUBLISHED]
    ax.plot(parts, published, "+--", color="grey", label="Neuron Merging, as published")
    ax.set(xlabel="units taken out of both layers, %", ylabel="test accuracy, %")
    ax.legend()
    caption = f"""LeNet-300-100 on Fashion-MNIST without fine-tuning: test accuracy by the part of
the units that is taken out of both hidden layers, by four ways; means over {len(whole)} networks
with 95 % intervals. Grey: what Kim et al. (2020) report, from 89.8 %."""
    with contextlib.redirect_stdout(io.StringIO()):  # save_figure shows the figure in a notebook
        save_figure(
            figure, "rivals_fashion", caption, {"whole": whole} | {m: rows[m] for m in FIGURE}
        )


def main():
    os.environ["PRUNE_UTILS_FIGURES"] = str(HERE)
    pu.use_all_cores()
    use_style()
    pu.CRITERIA.update(rivals.CRITERIA)
    pu.COMPENSATIONS.update(rivals.COMPENSATIONS)
    path, found = HERE / "rivals.json", {}
    pairs = [pair for pair in PAIRS if pair.source != "spiral"]
    found["pairs"] = {pair.name: pair_rows(pair) for pair in pairs}
    found["costs"] = {pair.name: pair_costs(pair) for pair in pairs}
    found["costs"]["file types, notebook 10"] = file_type_costs()
    if (FASHION / "train-images-idx3-ubyte.gz").exists():
        found["fashion"] = fashion_rows()
    path.write_text(json.dumps(found, indent=1) + "\n")
    text = "\n\n".join(sections(found))
    print(text)
    if "fashion" in found:
        draw(*found["fashion"])
    write_between(HERE.parent / "README.md", "rivals", text)


def sections(found):
    """What README says, from the contents of rivals.json."""
    whole = {name: values for name, (values, _) in found["pairs"].items()}
    if "fashion" in found:
        base, rows, theirs = found["fashion"]
        names = [f"{part:.0%}" for part in REMOVED]
        table = method_table(
            {n: {m: rows[m][n] for m in rows} for n in names}, dict.fromkeys(names, base)
        )
        table["Neuron Merging, as published (from 89.8)"] = dict(
            zip(names, (f"{100 * value:.1f}" for value in PUBLISHED), strict=True)
        )
        table["Torch-Pruning, magnitude in its groups"] = {
            n: cell([theirs[n]["accuracy"]], rows[OURS][n][:1]) for n in names
        }
        table["Torch-Pruning: seconds; million operations left"] = {
            n: f"{np.median(theirs[n]['seconds']):.2g}; {theirs[n]['operations'][0] / 1e6:.3f}"
            for n in names
        }
        table["ours: million operations left"] = {
            n: f"{2 * sum(a * b for a, b in pairwise((784, *kept, 10))) / 1e6:.3f}"
            for n, kept in zip(names, kept_units(), strict=True)
        }
        yield (
            f"LeNet-300-100 on Fashion-MNIST, this part of the units of both layers taken out; "
            f"{SEEN} inputs to choose and fit by; fine-tuning: {TUNED} steps.\n\n"
            + markdown_table(table)
        )
    for point in ("half", "quarter"):
        columns = {
            n: {m: ends[point] for m, ends in rows.items()}
            for n, (_, rows) in found["pairs"].items()
        }
        yield (
            f"The networks of notebook 09, {SEEDS} other seeds, a {point} of the units kept.\n\n"
            + markdown_table(method_table(columns, whole))
        )
    of_files = "file types, notebook 10"
    pairs = {name: own for name, own in found["costs"].items() if name != of_files}
    yield (
        "What it saves, at 2 to 32 times fewer operations: operations left, and in brackets "
        "latency left, in parts of the whole network; 512 inputs at once.\n\n"
        + markdown_table(cost_table(pairs))
    )
    yield (
        "The same for the network of file types, by the part of the units kept; 8 files at "
        "once.\n\n" + markdown_table(cost_table({of_files: found["costs"][of_files]}))
    )


if __name__ == "__main__":
    main()
