"""Everybody can use every page: names for controls, order of headings, one main part, no sideways
scrolling."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.live.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.live]

FAULTS = Path(__file__).with_name("access_check.js").read_text().partition("\n")[2]


def paths(run: int) -> list[str]:
    return [
        "/",
        "/data/",
        "/data/digits/",
        "/launch/",
        "/launch/evanet/",
        "/launch/random_search/",
        f"/runs/{run}/",
        f"/runs/{run}/analysis/",
        f"/runs/{run}/genomes/",
        f"/runs/{run}/genomes/0/",
        f"/runs/{run}/test/",
        f"/runs/{run}/export/",
    ]


def test_every_page_names_its_controls_and_orders_its_headings(page: Page, finished_run: int) -> None:
    found = {}
    for path in ["/signin/", *paths(finished_run)]:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        faults = page.evaluate(FAULTS)
        if faults:
            found[path] = faults
    assert not found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_on_a_phone(
    browser: Browser, stack: Stack, signed_in: dict[str, object], finished_run: int, scheme: str
) -> None:
    narrow = browser.new_context(
        base_url=stack.base_url,
        storage_state=signed_in,
        viewport={"width": 400, "height": 800},
        color_scheme=scheme,
    )
    page = narrow.new_page()
    wide = {}
    for path in paths(finished_run):
        page.goto(path)
        page.wait_for_load_state("networkidle" if "runs/" not in path else "load")
        width = page.evaluate("() => document.documentElement.scrollWidth")
        if width > 400:
            wide[path] = width
    narrow.close()
    assert not wide


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/launch/")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"


def test_the_theme_is_kept(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    before = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Switch to").click()
    after = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert after != before
    page.reload()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == after
