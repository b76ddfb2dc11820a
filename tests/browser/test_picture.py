"""A method that draws its births: the picture moves while they train, by pointer, by keyboard and in words.

The method is one of the tests' own, so the product here is a second one, beside that of the other files.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import sign_in
from tests.live.stack import Stack
from tests.live.visitor import PROBES, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.live]

FAULTS = Path(__file__).with_name("access_check.js").read_text().partition("\n")[2]
CHILD = "[data-part=child]"
NUMBER = f"{CHILD} .child-words a"
WATCH = """(child) => {
    window.seen = new Set();
    const look = () => {
        const edge = document.querySelector(`${child} .pic-edge`);
        const number = document.querySelector(`${child} .child-words a`);
        if (edge && number) window.seen.add(`${number.textContent} ${edge.classList[1]}`);
    };
    new MutationObserver(look).observe(document.querySelector(child),
        { subtree: true, attributes: true, childList: true }); }"""
"""Keeps every look that the first edge of the newest child ever has, with the child's number."""

MOVED = """() => {
    const births = [...window.seen].map((one) => one.split(" ")[0]);
    return births.some((birth, at) => births.indexOf(birth) !== at); }"""

EVOLUTION = {"population": 2, "sample_size": 2, "space": "probe"}


@pytest.fixture(scope="module")
def stack(prepared_data: Path) -> Iterator[Stack]:
    """A product that knows the throw-away methods; takes the place of the shared one in this file."""
    with tempfile.TemporaryDirectory(prefix="ev-picture-") as root:
        running = Stack(Path(root) / "var", data=prepared_data, EVOSCOPE_METHODS_PATH=PROBES)
        try:
            yield running.start()
            running.end()
        finally:
            running.clear()


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Visitor:
    return Visitor(stack)


@pytest.fixture(scope="module")
def signed_in(browser: Browser, stack: Stack) -> dict[str, object]:
    """The cookies of a person signed in here."""
    context = browser.new_context(base_url=stack.base_url)
    page = context.new_page()
    sign_in(page, stack)
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture(scope="module")
def ended(visitor: Visitor) -> int:
    """A short evolution that has ended."""
    made = visitor.launch("regularized_evolution", evaluations=12, **EVOLUTION)
    visitor.finished(made)
    return made


@pytest.fixture(scope="module")
def run(visitor: Visitor, ended: int) -> int:
    """An evolution that goes on while the tests look at it: each training moves for some seconds. It has the
    only worker from now on, and dies with the product."""
    slow = {"seconds": 5.0, "steps": 20}
    return visitor.launch("regularized_evolution", evaluations=400, space_params=slow, **EVOLUTION)


@pytest.fixture(autouse=True)
def nothing_left_running() -> None:
    """The runs of this file end with its own product."""


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which nothing is written to the console as an error."""
    made = context.new_page()
    errors: list[str] = []
    made.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield made
    assert not errors, f"the console says: {errors}"


def test_the_newest_child_is_drawn_and_drawn_anew_without_a_reload(page: Page, run: int) -> None:
    page.goto(f"/runs/{run}/")
    page.evaluate("window.stayed = true")
    expect(page.locator(NUMBER)).to_be_visible(timeout=120_000)
    expect(page.locator(f"{CHILD} svg.pic .pic-node").first).to_be_visible()
    page.wait_for_function(
        f"() => document.querySelector('{CHILD} svg.pic .pic-edge:is(.added, .removed) title')"
    )
    assert "number" in page.locator(f"{CHILD} .pic-edge[data-target=number] title").first.inner_html().lower()
    number = page.locator(NUMBER).inner_text()
    expect(page.locator(NUMBER)).not_to_have_text(number, timeout=60_000)
    assert page.evaluate("window.stayed") is True


def test_edges_move_as_training_goes_on_and_leave_a_person_where_they_were(page: Page, run: int) -> None:
    page.goto(f"/runs/{run}/")
    expect(page.locator(f"{CHILD} svg.pic")).to_be_visible(timeout=120_000)
    frame = page.locator(f"{CHILD} [data-picture]")
    page.locator(f"{CHILD} summary").click()
    expect(page.get_by_role("region", name="Connections")).to_be_visible()
    frame.focus()
    page.evaluate(f"() => {{ document.querySelector('{CHILD} svg.pic').mine = true; }}")
    page.evaluate(WATCH, CHILD)
    # One birth was seen with two looks: its weights moved while it trained.
    page.wait_for_function(MOVED, timeout=60_000)
    page.wait_for_function(
        "() => new Set([...seen].map((one) => one.split(' ')[0])).size > 1", timeout=60_000
    )
    assert page.evaluate(f"() => document.querySelector('{CHILD} svg.pic').mine") is True
    assert page.evaluate(f"() => document.activeElement === document.querySelector('{CHILD} [data-picture]')")
    expect(page.get_by_role("region", name="Connections")).to_be_visible()


def test_the_picture_is_read_by_keyboard_and_pointer(page: Page, ended: int) -> None:
    page.goto(f"/runs/{ended}/")
    frame = page.locator("[data-part=best] [data-picture]")
    words = page.locator("[data-part=best] [data-picture-words]")
    expect(words).to_contain_text("Point at a node")
    frame.focus()
    page.keyboard.press("n")
    expect(words).to_contain_text("reads nothing; it is read by Number")
    expect(page.locator("[data-part=best] .pic-edge.lit")).to_have_count(1)
    page.keyboard.press("p")
    expect(words).to_contain_text("Number")
    expect(words).to_contain_text("it is read by nothing")
    page.keyboard.press("Escape")
    expect(words).to_contain_text("Point at a node")
    before = frame.locator("svg").get_attribute("viewBox")
    page.keyboard.press("+")
    assert frame.locator("svg").get_attribute("viewBox") != before
    page.keyboard.press("0")
    page.locator("[data-part=best] .pic-node").first.hover()
    expect(words).to_contain_text("Digit")
    expect(page.locator("[data-part=best] .picking")).to_be_visible()


def test_a_network_s_page_draws_it_beside_its_parent_and_follows_its_training(page: Page, run: int) -> None:
    page.goto(f"/runs/{run}/")
    expect(page.locator(NUMBER)).to_be_visible(timeout=120_000)
    page.goto(f"/runs/{run}/genomes/{int(page.locator(NUMBER).inner_text()[1:]) + 3}/")
    page.evaluate("window.stayed = true")
    expect(page.get_by_role("heading", name="The network", exact=True)).to_be_visible()
    expect(page.locator("[data-part=picture] svg.pic")).to_have_count(2)
    expect(page.locator("[data-picture=network] .pic-edge").first).to_have_class("pic-edge w-unknown")
    expect(page.locator("[data-picture=network] .pic-trace").first).to_be_visible(timeout=60_000)
    assert page.evaluate("window.stayed") is True
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download SVG").first.click()
    root = ElementTree.parse(waiting.value.path()).getroot()
    assert root.tag.endswith("svg")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_with_pictures_are_for_everybody(
    browser: Browser, stack: Stack, signed_in: dict[str, object], ended: int, scheme: str
) -> None:
    narrow = browser.new_context(
        base_url=stack.base_url,
        storage_state=signed_in,
        viewport={"width": 400, "height": 800},
        color_scheme=scheme,
    )
    page = narrow.new_page()
    found = {}
    for path in (f"/runs/{ended}/", f"/runs/{ended}/genomes/11/", "/launch/probe/"):
        page.goto(path)
        page.locator("svg.pic").first.wait_for()
        for fold in page.locator("details:has(.picture-lists) > summary").all():
            fold.press("Enter")
        width = page.evaluate("() => document.documentElement.scrollWidth")
        # Plotly's own buttons have no names; they show under a pointer alone and never take the keyboard.
        faults = [fault for fault in page.evaluate(FAULTS) if "modebar-btn" not in fault]
        faults += [f"it is {width} wide"] if width > 400 else []
        if faults:
            found[path] = faults
    narrow.close()
    assert not found
