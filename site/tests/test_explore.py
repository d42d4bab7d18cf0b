"""The explorable: the same numbers as the package, and used as a person would."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from browser import node_path
from conftest import SITE, WIDTHS, serious
from playwright.sync_api import expect

PATIENCE = 120_000  # milliseconds: a slow machine trains for that long at worst
# What can be set, and to what.
CHANGES = {
    "rate": "0.03",
    "keep": "20",
    "criterion": "std",
    "compensation": "least_squares",
    "at": "300",
    "activation": "gelu",
    "seed": "7",
}


def test_it_computes_what_the_package_does(tmp_path):
    golden = tmp_path / "golden.json"
    subprocess.run([sys.executable, SITE / "tests" / "golden.py", golden], check=True)
    command = (node_path(), "--test", *map(str, Path(SITE, "tests").glob("*.test.js")))
    ran = subprocess.run(command, env={"GOLDEN": str(golden)}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    assert int(re.search(r"(?:#|ℹ) pass (\d+)", ran.stdout)[1]) >= 60


def test_it_is_one_small_file(explorable):
    path = Path(explorable.removeprefix("file://"))
    text = path.read_text("utf-8")
    assert len(text.encode()) < 400_000
    assert not re.search(r"https?://|\bimport\b.*\bfrom\b|\ssrc=|<link", text)


def until(page, expression):
    """Waits for an expression to be true. (Playwright's own way is against the page's policy.)"""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        time.sleep(0.02)


def finished(page):
    """Waits until both orders are trained and shown; gives what is said of them. (The stranger may
    come later.)"""
    expect(page.locator("#summary")).to_contain_text("After 1000 steps", timeout=PATIENCE)
    return page.locator("#summary").text_content().split(", strangers")[0].rstrip(".")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_can_be_read_by_all(open_page, explorable, width, scheme):
    with open_page(explorable, width, color_scheme=scheme) as page:
        finished(page)
        assert not serious(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for canvas in page.locator("canvas").all():
            assert canvas.get_attribute("aria-label")


@pytest.mark.parametrize("name", CHANGES)
def test_each_control_changes_what_it_should(open_page, explorable, name):
    with open_page(explorable) as page:
        value = CHANGES[name]
        answered = page.evaluate(
            """([name, value]) => {
                const control = document.querySelector(`[name=${name}]`);
                const before = [session.run, location.hash];
                control.value = value;
                control.dispatchEvent(new Event("input", { bubbles: true }));
                return session.run > before[0] && location.hash !== before[1];
            }""",
            [name, value],
        )
        # at once, and not when something is trained
        assert answered and f"{name}={value}" in page.url
        assert page.evaluate("name => String(session.settings[name])", name) == value
        if name not in ("at", "keep"):
            until(page, "session.step > 0")
            return
        until(page, "session.step > 300")
        state = page.locator(".train_first .state")
        if name == "at":
            expect(state).to_contain_text("pruned at step 300 to 50 units")
        else:
            expect(page.locator(".prune_first .state")).to_contain_text("20 units a layer")
            assert page.evaluate("session.keep.every(kept => kept.length === 20)")


def test_it_plays_pauses_steps_and_begins_again(open_page, explorable):
    with open_page(f"{explorable}#at=0&criterion=std", reduced_motion="reduce") as page:
        where = page.locator("#where")
        expect(where).to_have_text("step 0 of 1000")
        time.sleep(0.5)
        expect(where).to_have_text("step 0 of 1000")  # nothing moves by itself
        page.locator("#step").click()
        page.locator("#step").click()
        expect(where).to_have_text("step 2 of 1000")
        page.locator("#speed").select_option("10")
        page.locator("#play").press("Enter")
        expect(page.locator("#play")).to_have_text("Pause")
        time.sleep(2)
        page.locator("#play").press("Space")
        expect(page.locator("#play")).to_have_text("Play")
        assert 5 < page.evaluate("session.step") < 40
        shown = where.text_content()
        time.sleep(0.3)
        expect(where).to_have_text(shown)
        page.locator("#restart").click()
        expect(where).to_have_text("step 0 of 1000")


def test_sliders_follow_the_keyboard(open_page, explorable):
    with open_page(explorable) as page:
        page.locator("#keep").press("ArrowLeft")
        assert "keep=49" in page.url
        expect(page.locator('output[for="keep"]')).to_have_text("49")


def test_a_weight_can_be_pointed_at(open_page, explorable):
    with open_page(f"{explorable}#compensation=none") as page:
        page.locator("#speed").select_option("100")
        until(page, "session.step >= 40")
        page.locator("#play").click()
        expect(page.locator("#moved")).to_contain_text("Steps with a gradient")
        before = page.locator("#moved").text_content()
        canvas = page.locator("#kernels")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        for part in range(4, 16):
            page.mouse.move(box["x"] + box["width"] * part / 20, box["y"] + box["height"] / 2)
        assert page.locator("#moved").text_content() != before
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.7)
        page.mouse.down()
        kept = page.locator("#moved").text_content()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert page.locator("#moved").text_content() == kept
        page.locator("#weight").press("ArrowRight")


def test_an_address_with_nonsense_is_told(open_page, explorable):
    address = f"{explorable}#rate=7&keep=-3&criterion=__proto__&seed=12&constructor=1"
    with open_page(address) as page:
        notice = page.locator("#notice")
        expect(notice).to_contain_text("rate, keep, criterion, constructor")
        settings = page.evaluate("session.settings")
        assert settings["rate"] == 0.1 and settings["keep"] == 50 and settings["seed"] == 12
        page.locator("[name=seed]").fill("1.5")
        expect(notice).to_contain_text("Please enter a whole number")
        until(page, "session.step > 10")


# What each story says, as far as it can be counted, of the accuracies of both orders.
TOLD = {
    "A random half": lambda first, second: first < 0.9 < 0.95 < second,
    "The quiet half": lambda first, second: abs(first - second) < 0.02 and first > 0.95,
    "Slower learning": lambda first, second: first < 0.9 < 0.95 < second,
    "Others take over": lambda first, second: abs(first - second) < 0.02 and first > 0.95,
}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("story", TOLD)
def test_a_story_comes_out_as_it_is_told(open_page, explorable, story, seed):
    with open_page(f"{explorable}#seed={seed}") as page:
        page.get_by_role("button", name=story).click()
        expect(page.get_by_role("button", name=story)).to_have_attribute("aria-pressed", "true")
        found = [float(number) / 100 for number in re.findall(r"([\d.]+) %", finished(page))]
        assert TOLD[story](*found[:2]), found
        if story == "The quiet half":
            dropped_and_dead = page.evaluate(
                """session.picture.change.before.units.map(({ dead }, layer) => {
                    const kept = new Set(session.keep[layer]);
                    const gone = [...dead].filter((_, unit) => !kept.has(unit));
                    return gone.reduce((sum, one) => sum + one) / gone.length;
                })"""
            )
            assert min(dropped_and_dead) > 0.5
        if story == "Others take over":
            whole = page.evaluate("session.picture.change.before.accuracy")
            assert abs(whole - found[0]) < 0.02


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_dashes_appear(open_page, explorable, seed):
    with open_page(f"{explorable}#seed={seed}") as page:
        page.get_by_role("button", name="where ±0.59 comes from").click()
        assert page.locator("#speed").input_value() == "10"
        page.locator("#speed").select_option("100")
        until(page, "session.step >= 60")
        outer, middle = page.evaluate(
            """(() => {
                const moved = ["train_first", "prune_first"].map((name) => {
                    const [first, last] = [0, 60].map((step) => session.traced[name][step].weights);
                    return last.map((weight, at) => weight - first[at]);
                });
                const both = (is) => moved[0].filter((_, at) => moved.every((of) => is(of[at])));
                const near = (wanted) => (value) => Math.abs(value - wanted) < 0.012;
                const outer = both(near(0.6)).length + both(near(-0.6)).length;
                return [outer / moved[0].length, both((value) => value === 0).length];
            })()"""
        )
        # On the outer dashes chance would put about 2 × (0.024 / 1.5)² = 0.0005 of the weights.
        assert outer > 0.02 and middle > 0, (outer, middle)


def test_another_choice_of_units_gives_what_a_new_page_would(open_page, explorable):
    address = f"{explorable}#criterion=std&at=100"
    with open_page(address) as page:
        finished(page)
        page.locator("[name=compensation]").select_option("none")
        page.locator("[name=keep]").fill("30")
        again = finished(page)
    with open_page(f"{address}&compensation=none&keep=30") as page:
        assert finished(page) == again


def test_paused_strangers_are_shown_as_soon_as_they_are_there(open_page, explorable):
    with open_page(f"{explorable}#criterion=std&at=200", reduced_motion="reduce") as page:
        expect(page.locator("#weight")).to_be_disabled()
        until(page, "session.done.prune_first >= 137")
        page.evaluate("session.show(137)")
        until(page, "session.picture?.step === 137 && session.picture.strangers !== null")
        expect(page.locator("#apart")).not_to_contain_text("still training")


def test_skipping_to_the_networks_leaves_the_settings(open_page, explorable):
    with open_page(f"{explorable}#rate=0.01&seed=7") as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "results"
        assert page.evaluate("[session.settings.rate, session.settings.seed]") == [0.01, 7]
        expect(page.locator("#notice")).to_be_hidden()


def test_the_gradient_of_the_step_of_pruning_is_kept(open_page, explorable):
    with open_page(f"{explorable}#at=20") as page:
        until(page, "session.traced.train_first.length > 25")
        seen = page.evaluate(
            "session.traced.train_first.slice(17, 24).map(t => t.gradients.filter(Boolean).length)"
        )
        assert min(seen) > max(seen) / 2, seen


def resident(chromium):
    """Memory of the browser's pages and their threads, in bytes (Linux)."""
    processes = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [Path(f"/proc/{one['id']}/statm") for one in processes if one["type"] == "renderer"]
    return sum(int(path.read_text().split()[1]) for path in pages) * os.sysconf("SC_PAGE_SIZE")


def test_a_minute_of_restarts_leaks_no_memory(open_page, chromium, explorable):
    """Each as soon as the one before is under way."""
    with open_page(explorable) as page:
        devtools = page.context.new_cdp_session(page)

        def used():
            devtools.send("HeapProfiler.collectGarbage")
            found = devtools.send("Runtime.getHeapUsage")
            return found["usedSize"] + found["backingStorageSize"]

        def restart(seconds):
            end, count = time.monotonic() + seconds, 0
            while time.monotonic() < end:
                count += 1
                page.evaluate(f"location.hash = 'seed={count}&criterion=std&at={count % 7 * 10}'")
                until(page, "session.step > 5")
            return count

        restart(10)
        before = used(), resident(chromium)
        assert restart(50) > 20
        after = used(), resident(chromium)
        assert after[0] - before[0] < 5e6
        # A film of the whole network alone has 42 MB.
        assert after[1] - before[1] < 80e6, (before, after)
        assert page.evaluate("document.querySelectorAll('*').length") < 400
        assert len(page.workers) == 4
