"""A real Chromium on the whole product: web, steward, preparer and one worker slot."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    TimeoutError,
    expect,
    sync_playwright,
)

import searchengine.testing.example
from tests.chromium import chromium
from tests.live.stack import Stack
from tests.waits import wait_until

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SEVENTH = Path(searchengine.testing.example.__file__).parent / "hill_climbing"
"""A method that is none of the project's own."""

BIRTHS = "document.querySelector('[data-chart]').data?.find((trace) => trace.name === 'births')"
"""The chart's trace of scored births, as a page's script finds it."""

ENDED = ", ".join(f'[data-run-state="{state}"]' for state in ("cancelled", "finished", "failed"))

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def folder() -> Iterator[ExitStack]:
    """What lasts from the first test of this folder to the last one. Playwright keeps an event loop running,
    and other tests of the process would find themselves inside it."""
    with ExitStack() as lasting:
        yield lasting


@pytest.fixture(autouse=True)
def end_of_folder(request: pytest.FixtureRequest, folder: ExitStack) -> None:
    request.node.getparent(pytest.Dir).addfinalizer(folder.close)


@pytest.fixture(scope="session")
def stack(prepared_data: Path, folder: ExitStack) -> Stack:
    """One product for all browser tests; its built-in data is found ready before the first page is opened.

    Beside the project's own methods it knows one more, in a folder outside the project.
    """
    root = Path(tempfile.mkdtemp(prefix="ev-browser-"))
    methods = root / "methods"
    shutil.copytree(SEVENTH, methods / SEVENTH.name, ignore=shutil.ignore_patterns("__pycache__"))
    running = Stack(root / "var", data=prepared_data, EVOSCOPE_METHODS_PATH=str(methods))
    folder.callback(shutil.rmtree, root, ignore_errors=True)
    folder.callback(running.clear)
    folder.callback(running.end)
    running.start()
    wait_until(
        lambda: running.rows("SELECT count(*) FROM datasets_dataset WHERE state = 'ready'")[0][0] >= 3,
        120,
        "the built-in data sets to be found",
    )
    return running


@pytest.fixture(scope="session")
def playwright(folder: ExitStack) -> Playwright:
    return folder.enter_context(sync_playwright())


@pytest.fixture(scope="session")
def browser(playwright: Playwright, folder: ExitStack) -> Browser:
    program = chromium()
    assert program is not None, (
        "the browser tests need Chromium; `python tests/chromium.py` installs or names one"
    )
    running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
    folder.callback(running.close)
    return running


@pytest.fixture(scope="session")
def signed_in(browser: Browser, stack: Stack) -> dict[str, object]:
    """The cookies of a signed-in person."""
    context = browser.new_context(base_url=stack.base_url)
    page = context.new_page()
    sign_in(page, stack)
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture
def context(browser: Browser, stack: Stack, signed_in: dict[str, object]) -> Iterator[BrowserContext]:
    """A browser window of its own, signed in; a fault in a page's script fails the test."""
    made = browser.new_context(
        base_url=stack.base_url, storage_state=signed_in, viewport={"width": 1280, "height": 900}
    )
    faults: list[str] = []
    made.on("weberror", lambda error: faults.append(str(error.error)))
    made.on(
        "console",
        lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield made
    made.close()
    assert not faults, f"scripts of the pages failed: {faults}"


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def finished_run(browser: Browser, stack: Stack, signed_in: dict[str, object]) -> int:
    """The id of a short random search on the digits that has ended."""
    context = browser.new_context(base_url=stack.base_url, storage_state=signed_in)
    page = context.new_page()
    run = launch(page, evaluations=6, name="A finished search")
    expect(page.locator('[data-run-state="finished"]')).to_be_visible(timeout=120_000)
    context.close()
    return run


def sign_in(page: Page, stack: Stack) -> None:
    page.goto("/")
    page.get_by_label("Name").fill(stack.username)
    page.get_by_label("Password").fill(stack.password)
    page.get_by_role("button", name="Sign in").click()


def launch(page: Page, *, evaluations: int, name: str, method: str = "Random search") -> int:
    """Launch from the home page through the form; the new run's id."""
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Launch").click()
    page.get_by_role("link", name=method).click()
    page.get_by_label("Evaluations at most").fill(str(evaluations))
    page.get_by_text("Every knob").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Launch").click()
    page.wait_for_url("**/runs/*/")
    return int(page.url.rstrip("/").rsplit("/", 1)[1])


def points(page: Page) -> int:
    """How many births the live chart holds."""
    return int(page.evaluate(f"() => {BIRTHS}?.x.length ?? 0"))


@pytest.fixture(autouse=True)
def nothing_left_running(stack: Stack, browser: Browser, signed_in: dict[str, object]) -> Iterator[None]:
    """A test that fails leaves no search behind that would take the only worker from the next one."""
    yield
    living = "state IN ('queued', 'running', 'paused', 'stopping') OR (state = 'draft' AND held = 'control')"
    left = stack.rows(f"SELECT id FROM searches_searchrun WHERE {living}")
    if left:
        context = browser.new_context(base_url=stack.base_url, storage_state=signed_in)
        page = context.new_page()
        for (run,) in left:
            page.goto(f"/runs/{run}/")
            with suppress(TimeoutError):  # one that ends by itself meanwhile has no such button
                page.get_by_role("button", name="Kill").click(timeout=5_000)
                page.get_by_role("dialog").get_by_role("button", name="Kill").click(timeout=5_000)
            expect(page.locator(ENDED)).to_be_visible()
        context.close()
