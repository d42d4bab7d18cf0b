import json
import subprocess
from pathlib import Path

import imageio_ffmpeg
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

import prune_utils
from prune_utils.drawing.export import (
    figures_directory,
    numbered_identifiers,
    render,
    save_animation,
    save_figure,
)
from prune_utils.drawing.style import use_style
from prune_utils.statistics import Interval


@pytest.fixture
def style():
    with plt.rc_context():
        use_style()
        yield


def draw():
    figure, ax = plt.subplots(figsize=(2, 1.5))
    ax.plot([0, 1, 2], [3, 1, 2], marker="o", label="a line")
    ax.scatter([0, 1], [1, 2], rasterized=True)
    ax.fill_between([0, 1], [0, 0], [1, 1], hatch="//")  # hatches and clip paths get ids in SVG
    ax.set_title("µ ≥ 0")
    ax.legend()
    return figure


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def frames(n=4, height=32, width=48):
    rows, columns = np.mgrid[:height, :width]
    return [
        np.stack([rows * 7, columns * 5, (rows + columns) * 2 + 20 * i], axis=-1).astype(np.uint8)
        for i in range(n)
    ]


def test_a_figure_is_saved_in_three_formats_with_its_numbers(figures, style):
    save_figure(draw(), "one", "What to see.", {"y": [3, 1, 2]})
    assert {name: content[:4] for name, content in contents(figures).items()} == {
        "one.png": b"\x89PNG",
        "one.pdf": b"%PDF",
        "one.svg": b"<?xm",
        "one.json": b'{"ca',
    }


def test_saving_a_figure_twice_gives_the_same_bytes(figures, style):
    save_figure(draw(), "one", "What to see.", {"y": np.array([3, 1, 2])})
    once = contents(figures)
    save_figure(draw(), "one", "What to see.", {"y": np.array([3, 1, 2])})
    assert contents(figures) == once
    assert b"CreationDate" not in once["one.pdf"] and b"<dc:date>" not in once["one.svg"]
    assert b"tEXt" not in once["one.png"]


def test_a_figure_has_the_same_bytes_without_the_reports_style(figures):
    # matplotlib makes random ids for SVG unless it is told not to.
    save_figure(draw(), "one", "What to see.", {})
    once = contents(figures)
    save_figure(draw(), "one", "What to see.", {})
    assert contents(figures) == once


def test_numbers_are_saved_with_six_digits_and_the_caption_in_one_line(figures):
    data = {
        "arms": {"full": jnp.array([[0.12345678, 1e-9]]), 3: np.array([1, 2])},
        "scalar": 2.0,
        "interval": Interval(0.5, 0.25, 0.75, 8),
        "flag": True,
        "text": "σ",
        "empty": np.zeros(0),
    }
    save_figure(draw(), "one", "First line,\n    second line.", data)
    saved = json.loads((figures / "one.json").read_text("utf-8"))
    assert saved["caption"] == "First line, second line."
    assert saved["data"] == {
        "arms": {"full": [[0.123457, 1e-9]], "3": [1, 2]},
        "scalar": 2.0,
        "interval": [0.5, 0.25, 0.75],
        "flag": True,
        "text": "σ",
        "empty": [],
    }


def test_missing_numbers_are_saved_as_json_that_every_reader_takes(figures):
    # Python writes NaN and Infinity, which are no JSON: browsers refuse the whole file.
    save_figure(draw(), "one", "", {"y": np.array([1.0, np.nan])})

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    json.loads((figures / "one.json").read_text(), parse_constant=refuse)


@pytest.mark.parametrize("broken", ["png", "pdf", "svg"])
def test_a_figure_that_cannot_be_drawn_leaves_no_half_a_file(figures, style, monkeypatch, broken):
    save_figure(draw(), "one", "old", {})
    old, figure = contents(figures), draw()
    savefig = figure.savefig

    def fail(buffer, format, **options):
        buffer.write(b"half")
        if format == broken:
            raise RuntimeError("no ink")
        savefig(buffer, format=format, **options)

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(RuntimeError, match="no ink"):
        save_figure(figure, "one", "new", {})
    new = contents(figures)
    assert set(new) == set(old)  # no staged file is left
    assert new[f"one.{broken}"] == old[f"one.{broken}"] and new["one.json"] == old["one.json"]


def test_an_animation_is_saved_as_video_and_gif_with_its_numbers(figures):
    save_animation(frames(), "film", "What moves.", {"steps": [0, 1, 2, 3]}, seconds_per_frame=0.1)
    assert set(contents(figures)) == {"film.mp4", "film.gif", "film.json"}
    assert (figures / "film.mp4").read_bytes()[4:8] == b"ftyp"
    with Image.open(figures / "film.gif") as gif:
        assert gif.size == (48, 32) and gif.n_frames == 4
        durations = []
        for index in range(4):
            gif.seek(index)
            durations.append(gif.info["duration"])
        assert durations == [100, 100, 100, 1500] and gif.info["loop"] == 0
        pixels = np.asarray(gif.convert("RGB"), int)
    assert np.abs(pixels - frames()[3]).mean() < 20  # 128 colours


def test_the_video_has_all_frames_and_holds_the_last(figures):
    save_animation(frames(), "film", "", {}, seconds_per_frame=0.1)
    decode = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-i",
        str(figures / "film.mp4"),
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]
    done = subprocess.run(decode, capture_output=True, check=True)
    facts = done.stderr.decode()
    assert "h264" in facts and "yuv420p" in facts and "48x32" in facts and "10 fps" in facts
    pictures = np.frombuffer(done.stdout, np.uint8).reshape(-1, 32, 48, 3).astype(int)
    expected = np.stack([*frames(), *[frames()[3]] * 15])  # a second and a half more
    assert pictures.shape == expected.shape
    assert np.abs(pictures - expected).mean(axis=(1, 2, 3)).max() < 15  # lossy


def test_saving_an_animation_twice_gives_the_same_bytes(figures):
    save_animation(frames(), "film", "", {"steps": [0]})
    once = contents(figures)
    save_animation(frames(), "film", "", {"steps": [0]})
    assert contents(figures) == once


def test_an_animation_of_one_frame_is_a_still(figures):
    save_animation(frames(1), "still", "", {})
    assert set(contents(figures)) == {"still.mp4", "still.gif", "still.json"}


def test_an_animation_that_fails_leaves_nothing_new(figures):
    save_animation(frames(), "film", "old", {})
    old = contents(figures)
    with pytest.raises(ValueError):
        save_animation([*frames(2), frames(1, 32, 40)[0]], "film", "new", {})
    assert contents(figures) == old


def test_a_rendered_figure_is_closed_and_has_even_sides(style):
    figure = plt.figure(figsize=(1.01, 0.75), dpi=100)
    figure.patch.set_facecolor((1, 0, 0))
    pixels = render(figure)
    assert pixels.shape == (74, 100, 3) and pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels[5, 5], [255, 0, 0])
    assert not plt.fignum_exists(figure.number)


def test_figures_go_where_the_environment_says_and_the_folder_is_made(monkeypatch, tmp_path):
    monkeypatch.setenv("PRUNE_UTILS_FIGURES", str(tmp_path / "a" / "b"))
    assert figures_directory() == tmp_path / "a" / "b" and figures_directory().is_dir()


def test_figures_go_next_to_the_package_by_default(monkeypatch):
    monkeypatch.delenv("PRUNE_UTILS_FIGURES")
    monkeypatch.setattr(Path, "mkdir", lambda self, **options: None)
    assert figures_directory() == Path(prune_utils.__file__).parents[1] / "figures"


def test_identifiers_do_not_depend_on_the_last_digits_of_a_layout():
    svg = b'<g clip-path="url(#p%s)"/><clipPath id="p%s"/><use xlink:href="#m%s"/>'
    first, second = (
        numbered_identifiers(svg % (clip, clip, b"0123456789"))
        for clip in (b"aaaaaaaaaa", b"ffffffffff")
    )
    wanted = b'<g clip-path="url(#id1)"/><clipPath id="id1"/><use xlink:href="#m0123456789"/>'
    assert first == second == wanted
