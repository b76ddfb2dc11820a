"""A method's whole demo as a person sees it: launched, watched to its end through a kill, taken away, run
elsewhere."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, points, sign_in
from tests.chromium import chromium
from tests.live.audit import audit
from tests.live.stack import Stack
from tests.long.scale import SCALE, scaled
from tests.waits import wait_until

pytestmark = [pytest.mark.long, pytest.mark.live, pytest.mark.browser]

DEMOS = {"evanet": "digits-motion", "assemblenet": "digits-motion16", "nse": "digits"}
"""Methods by the built-in set that their demo runs on."""

LONGEST_DEMO = 3 * 3600
LEAST_EVALUATIONS = scaled(60, least=12)
"""What the demo is shortened to when a person only tries the test."""


@pytest.mark.parametrize("method", DEMOS)
@pytest.mark.timeout(LONGEST_DEMO + 1800)
def test_the_demo_runs_to_its_end_and_its_winner_runs_elsewhere(
    new_stack: Callable[..., Stack], tmp_path: Path, method: str
) -> None:
    stack = new_stack(slots=2).start()
    ready = "SELECT 1 FROM datasets_dataset WHERE slug = %s AND state = 'ready'"
    wait_until(
        lambda: stack.rows(ready, DEMOS[method]),
        180,
        "the demo's data to be prepared",
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        context = browser.new_context(base_url=stack.base_url, viewport={"width": 1280, "height": 900})
        faults: list[str] = []
        context.on("weberror", lambda error: faults.append(str(error.error)))
        page = context.new_page()
        sign_in(page, stack)
        run_id = _launched(page, method)
        page.wait_for_function("() => document.querySelector('[data-line]').textContent === 'live'")
        _wait_for_points(page, 3)
        stack.back("slot-1", stack.kill("slot-1"))
        expect(page.locator('[data-run-state="finished"]')).to_be_visible(timeout=1000 * LONGEST_DEMO)
        assert points(page) > 3
        page.screenshot(path=tmp_path / "run.png", full_page=True)
        ((seconds,),) = stack.rows("SELECT active_seconds FROM searches_searchrun WHERE id = %s", run_id)
        print(f"{method}: the demo ran for {seconds:.0f} s; its page is {tmp_path / 'run.png'}")
        audit(stack, run_id)
        bundle = _exported(page, run_id, tmp_path)
        assert faults == []
        browser.close()
    _run_elsewhere(bundle)
    stack.end()


def _launched(page: Page, method: str) -> int:
    page.goto(f"/launch/{method}/")
    if SCALE < 1:
        page.get_by_label("Evaluations at most").fill(str(LEAST_EVALUATIONS))
    page.get_by_role("button", name="Launch").click()
    page.wait_for_url("**/runs/*/")
    return int(page.url.rstrip("/").rsplit("/", 1)[1])


def _wait_for_points(page: Page, count: int) -> None:
    page.wait_for_function(
        "(count) => (document.querySelector('[data-chart]').data ?? [])"
        ".filter((trace) => ['births', 'failed'].includes(trace.name))"
        ".reduce((sum, trace) => sum + trace.x.length, 0) >= count",
        arg=count,
        timeout=600_000,
    )


def _exported(page: Page, run_id: int, folder: Path) -> Path:
    """Write, check and download the run's export; where it was unpacked."""
    page.goto(f"/runs/{run_id}/export/")
    page.get_by_role("button", name="Write and check the export").click()
    expect(page.locator('[data-export="ready"]')).to_be_visible(timeout=600_000)
    assert page.locator(".checks .missed").count() == 0
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    waiting.value.save_as(folder / "export.zip")
    with zipfile.ZipFile(folder / "export.zip") as packed:
        packed.extractall(folder / "elsewhere")
    return folder / "elsewhere"


def _run_elsewhere(bundle: Path) -> None:
    """Every Python file of the export, alone, in a process that cannot import the project."""
    sources = sorted(bundle.rglob("*.py"))
    assert sources
    for source in sources:
        done = subprocess.run(
            [sys.executable, "-I", str(source)],
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, (source.name, done.stderr)
        assert done.stdout.strip()
