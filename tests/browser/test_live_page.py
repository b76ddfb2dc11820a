"""The run page while things happen to it: the network is cut, a person zooms, a verb is given."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import BIRTHS, launch, points
from tests.live.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.live]

BEST = "document.querySelector('[data-chart]').data.find((trace) => trace.name === 'best so far')"
RANGE = """() => {
    const { xaxis, yaxis } = document.querySelector('[data-chart]')._fullLayout;
    return [...xaxis.range, ...yaxis.range]; }"""
ZOOM = """() => Plotly.relayout(document.querySelector('[data-chart]'), {
    'xaxis.range[0]': 1.5, 'xaxis.range[1]': 3.5, 'yaxis.range[0]': 0.2, 'yaxis.range[1]': 0.9 })"""


def wait_for_points(page: Page, count: int) -> None:
    page.wait_for_function(
        """(count) => document.querySelector('[data-chart]').data
            ?.filter((trace) => ['births', 'failed'].includes(trace.name))
            .reduce((sum, trace) => sum + trace.x.length, 0) >= count""",
        arg=count,
        timeout=90_000,
    )


def kill(page: Page) -> None:
    page.get_by_role("button", name="Kill").click()
    page.get_by_role("dialog").get_by_role("button", name="Kill").click()
    expect(page.locator('[data-run-state="cancelled"]')).to_be_visible()


def test_zoom_and_selection_survive_updates_and_a_reload(page: Page) -> None:
    launch(page, evaluations=400, name="Zoomed")
    wait_for_points(page, 2)
    page.evaluate(ZOOM)
    page.wait_for_function("() => location.hash.includes('zoom=')")
    seen = points(page)
    wait_for_points(page, seen + 2)
    assert page.evaluate(RANGE) == [1.5, 3.5, 0.2, 0.9]
    page.reload()
    wait_for_points(page, seen + 2)
    assert page.evaluate(RANGE) == [1.5, 3.5, 0.2, 0.9]
    page.get_by_role("button", name="Show everything").click()
    page.wait_for_function("() => !location.hash.includes('zoom=')")
    kill(page)


def test_the_light_goes_offline_with_the_network_and_catches_up(page: Page, context: BrowserContext) -> None:
    launch(page, evaluations=400, name="Cut off")
    wait_for_points(page, 1)
    expect(page.locator("[data-line]")).to_have_text("live")
    context.set_offline(True)
    expect(page.locator("[data-line]")).to_have_text("offline")
    seen = points(page)
    context.set_offline(False)
    expect(page.locator("[data-line]")).to_have_text("live")
    wait_for_points(page, seen + 1)
    numbers = page.evaluate(f"() => {BIRTHS}.customdata")
    assert len(numbers) == len(set(numbers)), "a point was counted twice after the network came back"
    kill(page)


def test_verbs_ask_once_and_show_their_effect(page: Page) -> None:
    launch(page, evaluations=400, name="Paused")
    wait_for_points(page, 1)
    page.get_by_role("button", name="Pause").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nothing is lost")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator('[data-run-state="running"]')).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(page.locator('[data-run-state="paused"]')).to_be_visible(timeout=5_000)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator('[data-run-state="running"]')).to_be_visible(timeout=5_000)
    kill(page)


def test_a_verb_whose_buttons_were_drawn_anew_under_its_question_is_still_done(page: Page) -> None:
    launch(page, evaluations=400, name="Killed")
    wait_for_points(page, 1)
    page.get_by_role("button", name="Kill").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.evaluate("() => { document.querySelector('[data-part=verbs]').innerHTML += ''; }")
    dialog.get_by_role("button", name="Kill").click()
    expect(page.locator('[data-run-state="cancelled"]')).to_be_visible()


def test_a_verb_that_is_gone_when_its_question_is_answered_says_so(page: Page) -> None:
    launch(page, evaluations=400, name="Overtaken")
    wait_for_points(page, 1)
    page.get_by_role("button", name="Pause").click()
    dialog = page.get_by_role("dialog")
    page.evaluate("() => document.querySelector('form[data-verb=pause]').remove()")
    dialog.get_by_role("button", name="Pause").click()
    expect(dialog.get_by_role("alert")).to_contain_text("can no longer be done")
    dialog.get_by_role("button", name="Close").click()
    kill(page)


def test_reads_leave_the_buttons_in_place(page: Page) -> None:
    launch(page, evaluations=400, name="Untouched")
    wait_for_points(page, 1)
    page.evaluate("() => { document.querySelector('form[data-verb=kill]').mine = true; }")
    with page.expect_response("**/live/**"):
        pass
    with page.expect_response("**/live/**"):
        pass
    assert page.evaluate("() => document.querySelector('form[data-verb=kill]').mine") is True
    kill(page)


def test_points_come_with_the_events_before_the_server_is_asked(page: Page) -> None:
    launch(page, evaluations=400, name="Told at once")
    wait_for_points(page, 1)
    page.wait_for_function("() => document.querySelector('[data-run]').dataset.seq > 0")
    page.route("**/live/**", lambda route: route.abort())
    seen = points(page)
    wait_for_points(page, seen + 6)
    numbers = page.evaluate(f"() => {BIRTHS}.customdata")
    assert len(numbers) == len(set(numbers))
    texts = page.evaluate(f"() => {BIRTHS}.text")
    assert texts[-1].startswith(f"#{numbers[-1]} "), "a point says how its birth came to be"
    best = page.evaluate(f"() => {BEST}")
    assert best["y"] == sorted(best["y"])
    assert best["x"][-1] >= seen + 6
    page.unroute("**/live/**")
    page.wait_for_function("(seen) => Number(document.querySelector('[data-run]').dataset.seq) > 0", arg=seen)
    kill(page)


def test_a_network_s_page_follows_its_training(page: Page) -> None:
    run = launch(page, evaluations=400, name="Followed")
    wait_for_points(page, 1)
    page.goto(f"/runs/{run}/genomes/{points(page) + 5}/")
    expect(page.locator("[data-part=fitness]")).to_have_text("–")
    page.evaluate("window.stayed = true")
    expect(page.locator("[data-part=fitness]")).not_to_have_text("–")
    expect(page.locator("[data-part=training] .curve-grid svg").first).to_be_visible()
    assert page.evaluate("window.stayed") is True
    page.goto(f"/runs/{run}/")
    kill(page)


def test_a_reload_in_the_middle_shows_the_curve_so_far(page: Page) -> None:
    launch(page, evaluations=400, name="Reloaded")
    wait_for_points(page, 2)
    page.reload()
    wait_for_points(page, 2)
    drawing = page.request.get(page.url).text()
    assert 'class="spark"' in drawing, "the page holds no curve before its script runs"
    kill(page)


def test_the_page_is_whole_without_any_script(
    browser: Browser, stack: Stack, signed_in: dict[str, object], finished_run: int
) -> None:
    bare = browser.new_context(base_url=stack.base_url, storage_state=signed_in, java_script_enabled=False)
    page = bare.new_page()
    page.goto(f"/runs/{finished_run}/")
    expect(page.locator('[data-run-state="finished"]')).to_be_visible()
    expect(page.locator("[data-chart-fallback] svg.spark")).to_be_visible()
    expect(page.locator("[data-part=best] svg.net")).to_be_visible()
    bare.close()
