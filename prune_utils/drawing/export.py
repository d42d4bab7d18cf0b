"""Figures and animations as files, the same bytes on every run."""

import io
import json
import os
import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
from IPython.display import Image, Markdown, Video, display

from .._checks import require
from ..statistics import Interval


def figures_directory():
    """Where figures go: $PRUNE_UTILS_FIGURES, or the repository's figures/ folder; made if
    missing."""
    default = Path(__file__).resolve().parents[2] / "figures"
    directory = Path(os.environ.get("PRUNE_UTILS_FIGURES", default))
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def save_figure(figure, name, caption, data):
    """Writes a figure as name.png, name.pdf and name.svg, the plotted numbers with the caption as
    name.json, and shows it.

    Args:
      figure: a matplotlib figure; it is closed.
      name: the files' common stem.
      caption: what to see in it.
      data: dict of the plotted numbers: arrays, scalars, `Interval`s, or dicts of them.
    """
    directory = figures_directory()
    undated = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
    for kind, metadata in undated.items():
        # Through memory, then renamed: an interrupt leaves no half a file.
        buffer = io.BytesIO()
        with plt.rc_context({"svg.hashsalt": "prune_utils"}):
            figure.savefig(buffer, format=kind, metadata=metadata)
        content = buffer.getvalue()
        _write(
            directory / f"{name}.{kind}",
            numbered_identifiers(content) if kind == "svg" else content,
        )
    plt.close(figure)
    _write_numbers(directory / f"{name}.json", caption, data)
    width = round(figure.get_figwidth() * figure.dpi)
    display(Image(directory / f"{name}.png", width=width), Markdown(f"*{_one_line(caption)}*"))


def numbered_identifiers(svg):
    """An SVG file with its identifiers numbered in the order in which they appear.

    Matplotlib hashes them from positions, whose last digits the layout's solver leaves to chance.
    """
    hashed = rb"\b[a-z][0-9a-f]{10}\b"
    defined = set(re.findall(rb'id="(%s)"' % hashed, svg))
    order = [name for name in re.findall(hashed, svg) if name in defined]
    numbers = {name: b"id%d" % number for number, name in enumerate(dict.fromkeys(order), 1)}
    return re.sub(hashed, lambda match: numbers.get(match[0], match[0]), svg)


def save_animation(frames, name, caption, data, seconds_per_frame=0.08):
    """Writes frames as name.mp4 (H.264) and name.gif, the numbers with the caption as name.json,
    and shows the film.

    Args:
      frames: list of (height, width, 3) uint8 arrays, height and width even.
      name, caption, data: as for `save_figure`.
      seconds_per_frame: the same for all but the last, which stays for a second and a half.
    """
    require(len(frames) > 0, "frames", "at least one frame")
    directory = figures_directory()
    height, width, _ = shape = frames[0].shape
    require(all(frame.shape == shape for frame in frames), "frames", f"one shape, {shape}")
    hold = round(1.5 / seconds_per_frame)
    # One thread and no encoder stamp, so that two runs give the same bytes.
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error"]
    command += [
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{width}x{height}",
        "-r",
        str(1 / seconds_per_frame),
        "-i",
        "-",
    ]
    command += [
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
        "-crf",
        "28",
        "-preset",
        "slow",
        "-threads",
        "1",
    ]
    command += ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart"]
    staged = directory / f".{name}.mp4"
    pixels = b"".join(
        np.ascontiguousarray(frame).tobytes() for frame in [*frames, *[frames[-1]] * hold]
    )
    subprocess.run([*command, str(staged)], input=pixels, check=True, stdout=subprocess.DEVNULL)
    staged.replace(directory / f"{name}.mp4")
    palette = PIL.Image.fromarray(np.concatenate([frames[0], frames[-1]])).quantize(128)
    images = [
        PIL.Image.fromarray(frame).quantize(palette=palette, dither=PIL.Image.Dither.NONE)
        for frame in frames
    ]
    durations = [round(1000 * seconds_per_frame)] * (len(images) - 1) + [1500]
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=images[1:],
        duration=durations,
        loop=0,
        optimize=True,
    )
    _write(directory / f"{name}.gif", buffer.getvalue())
    _write_numbers(directory / f"{name}.json", caption, data)
    film = Video(filename=directory / f"{name}.mp4", embed=True, html_attributes="controls loop")
    display(film, Markdown(f"*{_one_line(caption)}*"))


def render(figure):
    """A drawn figure as a (height, width, 3) uint8 array with even sides, and closes it."""
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    plt.close(figure)
    return pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2].copy()


def _one_line(text):
    return " ".join(text.split())


def write_text(path, text):
    """Writes a text as a whole or not at all; the same bytes on every system."""
    _write(path, text.encode())


def _write(path, content):
    staged = path.with_name(f".{path.name}")
    staged.write_bytes(content)
    staged.replace(path)


def _write_numbers(path, caption, data):
    def plain(value):
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, Interval):
            value = [value.mean, value.low, value.high]
        value = np.asarray(value)
        if value.dtype.kind == "f":  # six digits: what a plot can show, in a fifth of the space
            return np.vectorize(
                lambda number: float(f"{number:.6g}") if np.isfinite(number) else None,
                otypes=[object],
            )(value).tolist()
        return value.tolist()

    text = json.dumps({"caption": _one_line(caption), "data": plain(data)}, ensure_ascii=False)
    write_text(path, text + "\n")
