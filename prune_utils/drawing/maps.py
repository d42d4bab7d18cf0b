"""Pictures of networks: their output over the plane, their units, their layers, films of
training."""

import jax
import matplotlib.pyplot as plt
import numpy as np

from .._checks import require
from ..models import logits
from ..tasks import plane
from .export import render

EXTENT = 1.2  # the maps show [-EXTENT, EXTENT]², a fifth beyond the spirals' outer radius


def class_probability(model, params, resolution=120):
    """The probability of class 1 over the plane, (resolution, resolution), first row at the
    bottom."""
    outputs = logits(model, params, plane(resolution, EXTENT))
    require(outputs.shape[-1] == 2, "model", f"two classes, got {outputs.shape[-1]}")
    return np.asarray(jax.nn.softmax(outputs)[:, 1]).reshape(resolution, resolution)


def draw_points(ax, data, size=5):
    """Training points: class 0 dark discs, class 1 light triangles."""
    for label, (colour, edge, marker) in enumerate(
        (("#00224E", "white", "o"), ("#FEE838", "black", "^"))
    ):
        chosen = np.asarray(data.x)[np.asarray(data.y) == label]
        ax.scatter(
            *chosen.T,
            s=size,
            c=colour,
            marker=marker,
            edgecolors=edge,
            linewidths=0.3,
            label=f"class {label}",
        )


def _map(ax, values, **image):
    drawn = ax.imshow(values, origin="lower", extent=(-EXTENT, EXTENT, -EXTENT, EXTENT), **image)
    ax.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1), xlabel="$x_1$", ylabel="$x_2$")
    ax.spines[["top", "right"]].set_visible(True)
    return drawn


def decision_map(ax, probability, data=None, title=None):
    """The network's output over the plane: probability of class 1, the boundary at one half, the
    training data."""
    image = _map(ax, probability, vmin=0, vmax=1)
    if probability.min() < 0.5 < probability.max():
        axis = np.linspace(-EXTENT, EXTENT, len(probability))
        ax.contour(axis, axis, probability, levels=[0.5], colors="white", linewidths=0.8)
    if data is not None:
        draw_points(ax, data, size=3)
    ax.set_title(title)
    return image


def decision_maps(probabilities, data=None, columns=None, size=1.75):
    """Decision maps side by side from a dict title -> probability, sharing one colour bar."""
    columns = columns or len(probabilities)
    rows = -(-len(probabilities) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns + 0.7, (size + 0.2) * rows + 0.25), squeeze=False
    )
    for ax, (title, probability) in zip(axes.flat, probabilities.items(), strict=True):
        image = decision_map(ax, probability, data, title)
        ax.label_outer()
    figure.colorbar(image, ax=axes, label="probability of class 1", shrink=0.8, aspect=30)
    return figure


def difference_map(ax, first, second, title=None):
    """Where two networks differ: the second's probability of class 1 minus the first's, with both
    boundaries."""
    image = _map(ax, second - first, vmin=-1, vmax=1, cmap="PuOr")
    axis = np.linspace(-EXTENT, EXTENT, len(first))
    for probability, style in ((first, "-"), (second, "--")):
        ax.contour(
            axis, axis, probability, levels=[0.5], colors="black", linewidths=0.7, linestyles=style
        )
    ax.set_title(title)
    return image


def unit_maps(activations, titles, columns=10, size=0.62):
    """Activation of single units over the plane: (units, resolution, resolution), each scaled to
    its own maximum."""
    units, resolution, _ = activations.shape
    rows, margin, header = -(-units // columns), resolution // 8, resolution // 2
    step = (resolution + header, resolution + margin)
    # one image: an axes for each unit takes seconds to draw
    page = np.zeros((rows * step[0] + 1, columns * step[1]))
    figure, ax = plt.subplots(
        figsize=(size * columns, size * columns * page.shape[0] / page.shape[1])
    )
    for index, (values, title) in enumerate(zip(activations, titles, strict=True)):
        top, left = (index // columns) * step[0] + header, (index % columns) * step[1]
        page[top : top + resolution, left : left + resolution] = values[::-1] / max(
            values.max(), np.finfo(float).tiny
        )
        ax.text(left + resolution / 2, top - 1.5, title, fontsize=5, ha="center", va="bottom")
        ax.add_patch(
            plt.Rectangle(
                (left - 0.5, top - 0.5), resolution, resolution, fill=False, linewidth=0.4
            )
        )
    ax.imshow(page, vmin=0, vmax=1, cmap="Greys")
    ax.set_axis_off()
    return figure


def architecture(ax, features, inputs=2, shown=7):
    """The network drawn as layers of units; wide layers are abbreviated, every width is written."""
    widths, centres = (inputs, *features), []
    for column, width in enumerate(widths):
        count = min(width, shown)
        heights = (np.arange(count) - (count - 1) / 2) / shown
        gap = width > shown
        centres.append(
            [(column, h) for i, h in enumerate(heights) if not (gap and i == count // 2)]
        )
        if gap:
            ax.text(column, 0, "⋮", ha="center", va="center", fontsize=12)
        kind = "inputs" if column == 0 else "logits" if column == len(widths) - 1 else "ReLU units"
        ax.text(column, -0.68, f"{width} {kind}", ha="center", va="top")
    for left, right in zip(centres, centres[1:]):
        for a in left:
            for b in right:
                ax.plot(*zip(a, b), color="#BBBBBB", linewidth=0.4, zorder=1)
    for column, (w_in, w_out) in enumerate(zip(widths, widths[1:])):
        ax.text(
            column + 0.5,
            0.6,
            f"Dense_{column}\n{w_in}×{w_out} kernel",
            ha="center",
            va="bottom",
            fontsize=7,
        )
    for points in centres:
        ax.scatter(*zip(*points), s=45, c="white", edgecolors="black", linewidths=0.8, zorder=2)
    ax.set(xlim=(-0.5, len(widths) - 0.5), ylim=(-0.85, 0.9))
    ax.set_axis_off()


def animate(model, snapshots, steps, data, title):
    """Frames of a decision map in training: (height, width, 3) arrays, one for each snapshot."""
    frames = []
    for index, step in enumerate(steps):
        figure, ax = plt.subplots(figsize=(3.2, 3.3), dpi=100)
        params = jax.tree.map(lambda leaf: leaf[index], snapshots)
        decision_map(ax, class_probability(model, params, 100), data, f"{title}, step {step}")
        frames.append(render(figure))
    return frames
