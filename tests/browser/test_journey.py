"""A new user's way: sign in, launch, watch, look at a network, take it away."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import BIRTHS, launch, points
from tests.live.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.live]


def test_a_stranger_is_asked_to_sign_in_and_a_wrong_password_is_refused_in_words(
    browser: Browser, stack: Stack
) -> None:
    page = browser.new_context(base_url=stack.base_url).new_page()
    page.goto("/runs/1/")
    assert "/signin/" in page.url
    page.get_by_label("Name").fill(stack.username)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("is not right")
    page.context.close()


def test_the_first_point_appears_without_a_reload(page: Page) -> None:
    launch(page, evaluations=8, name="Live")
    page.evaluate("window.stayed = true")
    expect(page.locator("[data-line]")).to_have_text("live")
    page.wait_for_function(
        f"() => {BIRTHS}?.x.length > 0",
        timeout=60_000,
    )
    assert page.evaluate("window.stayed") is True
    expect(page.locator("[data-part=feed] .feed-row").first).to_be_visible()
    expect(page.locator("[data-part=best] svg.net")).to_be_visible()
    expect(page.locator('[data-run-state="finished"]')).to_be_visible(timeout=120_000)
    assert points(page) == 8


def test_a_launch_takes_three_clicks_from_home(page: Page) -> None:
    page.goto("/")
    clicks = 0
    for click in (
        lambda: page.get_by_role("navigation", name="Main").get_by_role("link", name="Launch").click(),
        lambda: page.get_by_role("link", name="Random search").click(),
        lambda: page.get_by_role("button", name="Launch").click(),
    ):
        click()
        clicks += 1
    page.wait_for_url("**/runs/*/")
    assert clicks <= 3
    page.get_by_role("button", name="Kill").click()
    page.get_by_role("dialog").get_by_role("button", name="Kill").click()
    expect(page.locator('[data-run-state="cancelled"]')).to_be_visible()


def test_a_wrong_value_is_refused_beside_its_field(page: Page) -> None:
    page.goto("/launch/random_search/")
    page.get_by_text("Every knob").click()
    page.get_by_label("Finalists").fill("many")
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_role("alert")).to_be_visible()
    field = page.get_by_label("Finalists")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = field.get_attribute("aria-describedby") or ""
    said = " ".join(page.locator(f"#{name}").inner_text() for name in described.split())
    assert "whole number" in said
    assert field.input_value() == "many"


def test_a_network_shows_its_drawing_its_training_and_its_source(page: Page, finished_run: int) -> None:
    page.goto(f"/runs/{finished_run}/")
    page.locator("[data-part=best] h3 a").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Network #")
    expect(page.locator("svg.net .net-node").first).to_be_visible()
    expect(page.locator(".curve-grid svg").first).to_be_visible()
    expect(page.locator("#source-text")).to_contain_text("import torch")
    frame = page.locator("[data-pan-zoom]").first
    before = frame.locator("svg").get_attribute("viewBox")
    frame.focus()
    page.keyboard.press("+")
    assert frame.locator("svg").get_attribute("viewBox") != before


def test_an_export_is_written_checked_and_downloaded(page: Page, finished_run: int, tmp_path: Path) -> None:
    page.goto(f"/runs/{finished_run}/export/")
    page.get_by_role("button", name="Write and check the export").click()
    expect(page.locator('[data-export="ready"]')).to_be_visible(timeout=180_000)
    assert page.locator(".checks .passed").count() > 3
    assert page.locator(".checks .missed").count() == 0
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    path = tmp_path / "export.zip"
    waiting.value.save_as(path)
    names = zipfile.ZipFile(path).namelist()
    assert any(name.endswith("model.py") for name in names)
    assert any(name.endswith(".safetensors") for name in names)


def test_what_was_found_is_judged_on_test_once_and_counted(page: Page, finished_run: int) -> None:
    page.goto(f"/runs/{finished_run}/")
    page.get_by_role("link", name="Test", exact=True).click()
    expect(page.get_by_text("Nothing of this run has been judged")).to_be_visible()
    page.get_by_role("button", name="Judge on test").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("look 1")
    dialog.get_by_role("button", name="Judge").click()
    expect(page.locator("[data-judgement=done]")).to_contain_text("359 samples", timeout=60_000)
    page.reload()
    expect(page.locator("[data-judgement]")).to_have_count(1)
    expect(page.get_by_text("1 look of your team")).to_be_visible()


def test_the_analysis_draws_every_panel(page: Page, finished_run: int) -> None:
    page.goto(f"/runs/{finished_run}/analysis/")
    expect(page.locator("[data-panel=accuracy-parameters][data-ready=yes]")).to_be_visible()
    expect(page.locator("[data-lineage] canvas").first).to_be_visible()
    page.wait_for_function("() => Number(document.querySelector('[data-lineage]').dataset.size) > 0")


def test_data_sets_show_samples_and_split(page: Page) -> None:
    page.goto("/data/digits-motion/")
    expect(page.get_by_role("heading", name="Clips, four a class")).to_be_visible()
    assert page.locator(".clips img").count() == 8
    page.wait_for_function(
        "() => [...document.querySelectorAll('.clips img')].every((one) => one.naturalWidth > 0)"
    )
    expect(page.locator(".fingerprint")).to_be_visible()
