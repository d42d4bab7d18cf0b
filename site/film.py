"""Films the explorable for README: `site/explore.png`, `site/explore.mp4` and `site/explore.gif`.

    python site/film.py

The story of the random half, seed 0, in a browser on this machine.
"""

import io
import time
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from browser import launch
from build import page
from PIL import Image
from playwright.sync_api import sync_playwright

SITE, EVERY, LAST, A_SECOND = Path(__file__).parent, 20, 16, 8


def shown(tab, step):
    """A picture of both networks at a step."""
    while tab.evaluate("step => (session.show(step), session.picture?.step)", step) != step:
        time.sleep(0.05)
    content = tab.locator("#results .orders").screenshot()
    image = Image.open(io.BytesIO(content)).convert("RGB")
    return image.crop((0, 0, image.width // 16 * 16, image.height // 16 * 16))  # for the film


def main():
    """Writes the three files."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        tab = browser.new_page(viewport={"width": 1280, "height": 960}, reduced_motion="reduce")
        tab.set_content(page())
        while tab.evaluate("Math.min(...Object.values(session.done))") < 1000:
            time.sleep(0.2)
        frames = [shown(tab, step) for step in range(0, 1001, EVERY)]
        tab.evaluate("scrollTo(0, 0)")
        tab.screenshot(path=SITE / "explore.png")
        browser.close()
    frames += [frames[-1]] * LAST
    film = imageio_ffmpeg.write_frames(
        SITE / "explore.mp4", frames[0].size, fps=A_SECOND, quality=8
    )
    film.send(None)
    for frame in frames:
        film.send(np.asarray(frame).tobytes())
    film.close()
    small = [
        frame.resize((660, 660 * frame.height // frame.width)).quantize(128) for frame in frames
    ]
    options = {"save_all": True, "loop": 0, "duration": 1000 // A_SECOND, "optimize": True}
    small[0].save(SITE / "explore.gif", append_images=small[1:], **options)


if __name__ == "__main__":
    main()
