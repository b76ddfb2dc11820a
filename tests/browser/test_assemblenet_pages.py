"""AssembleNet itself in the browser: a small search on clips with optical flow, its run page, a child's page
and its analysis."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import ENDED
from tests.live.stack import Stack
from tests.waits import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.timeout(600)]

SMALL = {"population": 4, "sample_size": 2, "rounds": 3, "train_steps": 20, "finalists": 1, "final_steps": 20}
BIRTHS = SMALL["population"] + SMALL["rounds"]
QUICK = {"most_blocks": "2, 2, 2, 1", "batch": 8, "final_batch": 8}
"""Fewer blocks and smaller batches than the demo's: the pages are the same, the trainings last a second."""
READY = "SELECT 1 FROM datasets_dataset WHERE slug = 'digits-motion16' AND state = 'ready'"
LANES = ["streams", "level 1", "level 2", "level 3", "level 4"]
PANELS = ("connection-weights", "rewiring", "edge-frequency", "dilations", "mutations", "ancestry", "without")
CHILD, BEST = "[data-part=child]", "[data-part=best]"


@pytest.fixture(scope="module")
def run(browser: Browser, stack: Stack, signed_in: dict[str, object]) -> int:
    """A search launched through the form; it may be training still."""
    wait_until(lambda: stack.rows(READY), 120, "the clips with optical flow to be prepared")
    context = browser.new_context(base_url=stack.base_url, storage_state=signed_in)
    context.set_default_navigation_timeout(120_000)
    page = context.new_page()
    page.goto("/launch/assemblenet/")
    page.get_by_label("Data set").select_option("digits-motion16")
    page.get_by_label("Launch a control").uncheck()
    page.get_by_text("Every knob").click()
    for knob, value in {**SMALL, **QUICK}.items():
        page.locator(f"[name=param-{knob}]").fill(str(value))
    page.get_by_role("button", name="Launch").click()
    page.wait_for_url("**/runs/*/")
    made = int(page.url.rstrip("/").rsplit("/", 1)[1])
    context.close()
    return made


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page that may take its time to load: the search trains beside it."""
    made = context.new_page()
    made.set_default_navigation_timeout(120_000)
    return made


@pytest.fixture
def finished(page: Page, run: int) -> int:
    """The same search once it has ended, on its own page."""
    page.goto(f"/runs/{run}/")
    expect(page.locator(ENDED)).to_be_visible(timeout=240_000)
    expect(page.locator('[data-run-state="finished"]')).to_be_visible()
    return run


def looks(edges: Locator) -> list[set[str]]:
    """The classes of every edge."""
    return [set(look.split()) for look in edges.evaluate_all("all => all.map((one) => one.classList.value)")]


def panel(page: Page, title: str) -> Locator:
    """The card of one panel, by its heading."""
    return page.locator("section", has=page.get_by_role("heading", name=title, exact=True))


def test_words_and_tables_of_the_analysis_follow_the_search_without_a_reload(page: Page, run: int) -> None:
    page.goto(f"/runs/{run}/analysis/")
    page.evaluate("window.stayed = true")
    board, without = panel(page, "The best so far"), panel(page, "What it can do without")
    assert board.locator("tbody tr").count() < BIRTHS, "the search goes on while its analysis is looked at"
    expect(without).to_contain_text("Appears with the final trainings")
    expect(board.locator("tbody tr")).to_have_count(BIRTHS, timeout=240_000)
    expect(board.locator("tbody th a").first).to_have_attribute(
        "href", re.compile(rf"/runs/{run}/genomes/\d/")
    )
    expect(without).to_contain_text("whole: what", timeout=120_000)
    expect(without.locator(".empty")).to_have_count(0)
    assert page.evaluate("window.stayed") is True


def test_the_run_page_draws_streams_levels_and_learned_connections(page: Page, finished: int) -> None:
    best = page.locator(BEST)
    expect(best.locator(".pic-lane")).to_have_text(LANES)
    titles = best.locator(".pic-node .pic-title").all_text_contents()
    assert [title for title in titles if not title.startswith("block")] == [
        "RGB 0",
        "RGB 1",
        "flow 2",
        "flow 3",
    ]
    nodes = {
        name: float(x)
        for name, x in best.locator(".pic-node").evaluate_all(
            "all => all.map((one) => [one.dataset.node, one.querySelector('rect').getAttribute('x')])"
        )
    }
    assert len(set(nodes.values())) == len(LANES), "every lane has its nodes"
    ends = best.locator(".pic-edge").evaluate_all(
        "all => all.map((one) => [one.dataset.source, one.dataset.target])"
    )
    assert ends
    assert all(nodes[source] < nodes[target] for source, target in ends), "connections go from left to right"

    weights = best.locator(".pic-edge").evaluate_all("all => all.map((one) => one.dataset.weight)")
    found = list(zip(weights, looks(best.locator(".pic-edge")), strict=True))
    weighted = [(float(weight), look) for weight, look in found if weight]
    assert weighted
    for weight, look in weighted:
        (width,) = [int(name[2:]) for name in look if re.fullmatch(r"w-\d+", name)]
        assert abs(width - 10 * weight) <= 0.51
        assert ("faint" in look) == (weight < 0.5) or weight == 0.5
    assert len({frozenset(look - {"pic-edge", "faint"}) for _, look in weighted}) > 1, "they learned apart"
    assert all("w-unknown" in look for weight, look in found if not weight)

    best.locator("[data-picture]").focus()
    page.keyboard.press("n")
    read = best.locator('.pic-edge.lit:not([data-weight=""])')
    assert read.count() > 0
    expect(best.locator(".pic-mark.lit .pic-trace")).to_have_count(read.count())


def test_the_newest_child_shows_what_was_dropped_and_added(page: Page, finished: int) -> None:
    child = page.locator(CHILD)
    number = child.locator(".child-words a").inner_text().removeprefix("#")
    statuses = {"added", "removed", "repaired"}
    changed = [look for look in looks(child.locator(".pic-edge")) if look & statuses]
    expect(child.get_by_text(re.compile(r"^q \d\.\d\d: the probability"))).to_be_visible()
    signs = child.locator(".pic-mark .pic-sign")
    assert signs.count() == len(changed), "every change has its sign"
    page.goto(f"/runs/{finished}/genomes/{number}/")
    expect(page.locator("[data-part=picture] svg.pic")).to_have_count(2)
    own = page.locator("[data-picture=network]")
    expect(own.locator(".pic-lane")).to_have_text(LANES)
    assert not any(look & statuses for look in looks(own.locator(".pic-edge")))
    expect(page.locator("[data-picture=change] .pic-edge")).to_have_count(child_edges(page))
    names = page.locator(".training figcaption strong").all_text_contents()
    assert "train loss" in names
    assert not any(">" in name for name in names), "no curve a connection"


def child_edges(page: Page) -> int:
    """How many connections the table beside the picture of the change holds."""
    return page.locator("#picture-change-lists table").first.locator("tbody tr").count()


def test_the_panels_hold_what_the_search_found(page: Page, finished: int) -> None:
    page.goto(f"/runs/{finished}/analysis/")
    for name in PANELS:
        expect(page.locator(f"[data-panel={name}][data-ready=yes]")).to_be_visible(timeout=60_000)
    rows = page.locator("section", has=page.get_by_role("heading", name="The best so far")).locator(
        "tbody tr"
    )
    expect(rows).to_have_count(SMALL["population"] + SMALL["rounds"])
    without = page.evaluate("document.querySelector('[data-panel=without]').data[0].x")
    assert len(without) > 4, "streams and connections were left out one by one"
    counts = page.evaluate("document.querySelector('[data-panel=connection-weights]').data[0].y")
    assert sum(counts) > 0
