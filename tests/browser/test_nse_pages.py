"""NSE in a real browser: the space that evolves, the front to pick from, and the front taken away whole."""

import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import ENDED
from tests.live.stack import Stack

SMALL = {
    "rounds": 2, "round_steps": 40, "candidates": 12, "guards": 4, "paths_a_job": 8, "finalists": 3,
    "final_steps": 40,
}  # fmt: skip


def launched(page: Page, values: Mapping[str, int | str], resource: str = "macs") -> None:
    """The form filled in over the preset and sent; the page is the run's."""
    page.goto("/launch/nse/")
    page.get_by_text("Every knob").click()
    page.locator('[name="param-resource"]').select_option(resource)
    for name, value in values.items():
        page.locator(f'[name="param-{name}"]').fill(str(value))
    page.get_by_role("button", name="Launch", exact=True).click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))


@pytest.fixture(scope="module")
def run(browser: Browser, stack: Stack, signed_in: dict[str, object]) -> int:
    """A short search of NSE on the digits, launched through its form and ended; its id."""
    context = browser.new_context(base_url=stack.base_url, storage_state=signed_in)
    page = context.new_page()
    launched(page, SMALL)
    expect(page.locator("[data-part=front]")).to_contain_text("trained again, at the end of the search")
    expect(page.locator(ENDED)).to_be_visible(timeout=240_000)
    expect(page.locator('[data-run-state="finished"]')).to_be_visible()
    # The page was never reloaded: the front came by itself.
    expect(page.locator("[data-front-row]")).to_have_count(SMALL["finalists"])
    number = int(page.url.rstrip("/").rsplit("/", 1)[1])
    context.close()
    return number


LONG = {"rounds": 1, "round_steps": 4000, "candidates": 12, "guards": 4, "final_steps": 40}


def test_strips_follow_the_gates_of_a_round_that_trains(page: Page, context: BrowserContext) -> None:
    page.goto("/launch/nse/")
    page.get_by_text("Every knob").click()
    for name, value in LONG.items():
        page.locator(f'[name="param-{name}"]').fill(str(value))
    page.get_by_role("button", name="Launch", exact=True).click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    analysis = context.new_page()
    analysis.goto(f"{page.url}analysis/")
    words = analysis.locator("[data-part=panel-space-words]")
    under_way = re.compile(r"Round 1 trains: gates as they are at step \d+ of 4000")
    expect(words).to_contain_text(under_way, timeout=60_000)
    first = words.inner_text()
    # Neither page is reloaded: gates move, and with them colours.
    drawn = "JSON.stringify(document.querySelector('[data-panel=space]').data[0].z)"
    before = analysis.evaluate(drawn)
    expect(words).not_to_have_text(first, timeout=30_000)
    expect(words).to_contain_text(under_way)
    analysis.wait_for_function(f"(before) => {drawn} !== before", arg=before)
    child = page.locator("[data-part=child]")
    expect(child).to_contain_text(re.compile(r"it trains: gates as they are at step \d+ of 4000"))
    told = child.locator(".legend").inner_text()
    expect(child.locator(".legend")).not_to_have_text(told, timeout=30_000)
    expect(page.locator(ENDED)).to_have_count(0)
    page.get_by_role("button", name="Kill").click()
    page.get_by_role("dialog").get_by_role("button", name="Kill").click()
    expect(page.locator(ENDED)).to_be_visible()


def counts(page: Page) -> list[int]:
    """The places that each limit of the slider offers, as the page holds them."""
    rows = page.locator("[data-front-row]")
    return [int(rows.nth(at).get_attribute("data-offers") or -1) for at in range(rows.count())]


def test_a_slider_picks_from_the_front_by_cost(page: Page, run: int) -> None:
    page.goto(f"/runs/{run}/")
    slider = page.get_by_role("slider", name="Multiply-adds at most")
    expect(slider).to_be_visible()
    rows = page.locator("[data-front-row]")
    last = rows.count() - 1
    offers = counts(page)
    expect(page.locator("[data-front-row].picked")).to_have_count(1)
    expect(rows.nth(offers[last])).to_have_attribute("aria-current", "true")
    slider.focus()
    for _ in range(last):
        slider.press("ArrowLeft")
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-front-row].beyond")).to_have_count(last)
    number = rows.nth(0).get_attribute("data-number")
    assert page.url.endswith(f"#limit={number}")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(f"#{number}, accuracy"))
    page.reload()
    expect(page.locator("[data-front-row]").nth(0)).to_have_attribute("aria-current", "true")


def test_panels_show_the_space_and_the_scores(page: Page, run: int) -> None:
    page.goto(f"/runs/{run}/analysis/")
    slider = page.get_by_role("slider", name="Operations of every cell, at")
    expect(slider).to_have_attribute("aria-valuetext", "round 2")
    drawn = "(slug) => document.querySelector(`[data-panel=${slug}]`).data"
    after = page.evaluate(drawn, "space")[0]["text"]
    # One step back on the slider: the first round's strips, where nothing was locked yet.
    slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "round 1")
    before = page.evaluate(drawn, "space")[0]["text"]
    assert before != after
    assert "L" not in {sign for row in before for sign in row}
    assert page.url.endswith("#space=0")
    page.reload()
    expect(slider).to_have_attribute("aria-valuetext", "round 1")
    page.wait_for_function("() => document.querySelector('[data-panel=scores]')?.data?.length > 2")
    names = {trace["name"] for trace in page.evaluate(drawn, "scores")}
    assert {"candidates", "front before, scored again", "front"} <= names
    shapes = page.evaluate("() => document.querySelector('[data-panel=scores]').layout.shapes")
    assert len(shapes) == 1
    for slug in ("fronts", "covered", "size", "usage"):
        assert page.evaluate(drawn, slug), f"panel {slug} draws nothing"
    for title in ("Which operations survive", "The front"):
        assert page.get_by_role("region", name=f"{title}, as a table", exact=True).locator("tbody tr").count()


def test_a_space_and_a_network_are_drawn_cell_by_cell(page: Page, run: int) -> None:
    page.goto(f"/runs/{run}/genomes/0/")
    picture = page.locator("svg.pic").first
    expect(picture).to_contain_text("0 N")
    expect(picture.locator(".pic-node.added")).to_have_count(7 * 4)
    page.goto(f"/runs/{run}/genomes/1/")
    expect(page.locator("svg.pic").first).to_contain_text("stem")
    expect(page.get_by_role("heading", name="What changed from")).to_have_count(0)


def test_the_whole_front_is_taken_away_and_checked(page: Page, run: int, tmp_path: Path) -> None:
    page.goto(f"/runs/{run}/export/")
    expect(page.locator("form.card")).to_contain_text("front of #")
    page.get_by_role("button", name="Write and check the export").click()
    expect(page.locator('[data-export="ready"]')).to_be_visible(timeout=240_000)
    expect(page.locator(".checks .missed")).to_have_count(0)
    expect(page.locator(".checks")).to_contain_text("the front offers what fits")
    expect(page.locator("#run-lines")).to_contain_text("python front.py")
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("Download")).click()
    packed = tmp_path / "front.zip"
    waiting.value.save_as(packed)
    with zipfile.ZipFile(packed) as found:
        name = next(name for name in found.namelist() if name.endswith("/front.json"))
        entries = json.loads(found.read(name))["networks"]
    assert len(entries) == SMALL["finalists"]
    assert [one["macs"] for one in entries] == sorted(one["macs"] for one in entries)


def test_a_search_by_latency_measures_its_table_and_gives_it_away(page: Page, tmp_path: Path) -> None:
    launched(page, {**SMALL, "rounds": 1, "finalists": 2, "latency_repetitions": 3}, "latency")
    run = page.url
    # The page was never reloaded: the link came when the table was measured.
    link = page.get_by_role("link", name="Download the latency table")
    expect(link).to_be_visible(timeout=120_000)
    with page.expect_download() as waiting:
        link.click()
    waiting.value.save_as(tmp_path / "table.json")
    table = json.loads((tmp_path / "table.json").read_text())
    assert table["repetitions"] == 3
    assert len(table["entries"]) > 50
    expect(page.locator('[data-run-state="finished"]')).to_be_visible(timeout=240_000)
    # A measured table differs a little every time, and with it how many networks the front holds.
    expect(page.locator("label[for=front-limit]")).to_have_text("Latency at most")
    cells = page.locator("[data-front-row] td:nth-child(4)").all_inner_texts()
    times = [float(cell.removesuffix(" ms")) for cell in cells]
    assert times
    assert times == sorted(times)
    assert min(times) > 0
    page.goto(f"{run}analysis/")
    page.wait_for_function("() => document.querySelector('[data-panel=scores]')?.data?.length > 0")
    axis = page.evaluate("() => document.querySelector('[data-panel=scores]').layout.xaxis.title.text")
    assert "ms" in axis

    # Handed to another search it is taken as it is: nothing is measured.
    launched(page, {"rounds": 1, "latency_table": json.dumps(table)}, "latency")
    expect(page.get_by_role("link", name="Download the latency table")).to_be_visible()
    expect(page.locator("[data-part=state]")).to_contain_text("training the supernet", timeout=60_000)
    page.get_by_role("button", name="Kill").click()
    page.get_by_role("dialog").get_by_role("button", name="Kill").click()
    expect(page.locator('[data-run-state="cancelled"]')).to_be_visible(timeout=60_000)
