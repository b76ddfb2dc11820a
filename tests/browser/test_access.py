"""Everybody can use every page: names for controls, order of headings, one main part, no sideways scrolling."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.live.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.live]

FAULTS = """() => {
  const faults = [];
  const seen = (one) => one.checkVisibility({ visibilityProperty: true });
  const named = (one) => one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.textContent.trim() || one.title;
  for (const one of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    if (seen(one) && !one.labels?.length && !one.getAttribute('aria-label')) faults.push(`no label: ${one.name}`);
  }
  for (const one of document.querySelectorAll('a, button, summary')) {
    if (seen(one) && !one.closest('svg.strip') && !named(one)) faults.push(`no name: ${one.outerHTML.slice(0, 80)}`);
  }
  for (const one of document.querySelectorAll('img')) if (!one.hasAttribute('alt')) faults.push(`no alt: ${one.src}`);
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) faults.push(`id twice: ${id}`);
  let level = 0;
  for (const one of document.querySelectorAll('h1, h2, h3, h4')) {
    const now = Number(one.tagName[1]);
    if (now > level + 1) faults.push(`heading ${now} after ${level}: ${one.textContent.trim().slice(0, 40)}`);
    level = now;
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push('there must be one h1');
  if (document.querySelectorAll('main').length !== 1) faults.push('there must be one main');
  if (!document.documentElement.lang) faults.push('no language');
  for (const one of document.querySelectorAll('[style]')) {
    if (!one.closest('.js-plotly-plot, .plotly-notifier, svg, [data-dash]') && one.getAttribute('style') && one.tagName !== 'SPAN') {
      faults.push(`inline style: ${one.outerHTML.slice(0, 80)}`);
    }
  }
  return faults;
}"""


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
