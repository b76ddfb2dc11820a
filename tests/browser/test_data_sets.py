"""Optical flow is added to a data set of clips in the browser, in sight all the way."""

import re

from playwright.sync_api import Page, expect


def test_flow_is_added_watched_cancelled_and_begun_anew(page: Page) -> None:
    page.goto("/data/digits-motion/")
    page.get_by_role("radio", name="Farnebäck A smooth").check()
    page.get_by_role("button", name="Add optical flow").click()
    page.wait_for_url("**/data/digits-motion-flow/")
    # No reload from here on: the page follows by itself.
    page.evaluate("() => { window.stayed = true; }")
    expect(page.locator("[data-preparation=preparing]")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-preparation=cancelled]")).to_be_visible()

    page.get_by_role("button", name="Prepare again").click()
    page.evaluate("() => { window.stayed = true; }")
    expect(page.get_by_text(re.compile("Optical flow$|Writing|Reading")).first).to_be_visible()
    expect(page.get_by_role("heading", name="Optical flow (hue")).to_be_visible(timeout=120_000)
    assert page.evaluate("() => window.stayed")
    expect(page.get_by_text("displacements up to 4 pixels a frame")).to_be_visible()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.clips img, .flow-wheel img')]"
        ".filter((one) => one.getBoundingClientRect().top < 800).every((one) => one.naturalWidth > 0)"
    )
    page.goto("/data/digits-motion/")
    page.get_by_role(
        "link", name="Digits in motion (clips of the real digits, 8 classes) with optical flow"
    ).click()
    expect(page.get_by_role("heading", name="Optical flow (hue")).to_be_visible()
