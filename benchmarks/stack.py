"""What the benchmarks of the whole product share: a running one in a scratch ``var/``, and records of it.

A benchmark runs alone on its machine, at the product's default leases and deadlines.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from playwright.sync_api import Page, sync_playwright

from tests.chromium import chromium
from tests.live.stack import Stack
from tests.live.visitor import PROBES, Visitor

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("torch", "Django", "celery", "redis", "psycopg", "channels", "uvicorn")

CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
]

POINTS = "document.querySelector('[data-chart]')?.data?.find((trace) => trace.name === 'births')"
"""The trace of scored births in a run page's chart."""

CONSTANT: dict[str, Any] = {"flat": True, "seconds": 0.0, "values": 2**53}
"""A search of the probe whose evaluations do nothing and whose genomes never repeat."""


@contextmanager
def product(slots: int, **environment: str) -> Iterator[tuple[Stack, Visitor]]:
    """A started product with ``slots`` worker slots, and its first account signed in; gone afterwards. It
    times no recipes meanwhile."""
    root = Path(tempfile.mkdtemp(prefix="ev-bench-"))
    settings = {
        "EVOSCOPE_METHODS_PATH": PROBES,
        "EVOSCOPE_LOG_LEVEL": "WARNING",
        "EVOSCOPE_CALIBRATE": "0",
        **environment,
    }
    stack = Stack(root / "var", slots=slots, **settings)
    try:
        stack.start()
        visitor = Visitor(stack)
        visitor.prepared()
        yield stack, visitor
        stack.end()
    finally:
        stack.clear()
        shutil.rmtree(root, ignore_errors=True)


def warm(visitor: Visitor) -> None:
    """A short run that is not counted: torch is loaded and every cache filled when it has ended."""
    visitor.finished(visitor.launch(window=8, evaluations=20, **CONSTANT))


def wall_seconds(stack: Stack, run_id: int) -> float:
    """From the launch's row to the run's end, by the database's clock."""
    ((seconds,),) = stack.rows(
        "SELECT extract(epoch FROM finished - created)::float8 FROM searches_searchrun WHERE id = %s", run_id
    )
    return float(seconds)


@contextmanager
def quiet(stack: Stack) -> Iterator[None]:
    """The product stands still (SIGSTOP) meanwhile: what is timed beside it has the machine to itself.
    Nothing may be running in it."""
    stopped = stack.processes()
    for process in stopped:
        with suppress(psutil.NoSuchProcess):  # a server of the database's own may come and go
            process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.resume()


@contextmanager
def signed_in_page(stack: Stack) -> Iterator[Page]:
    """A real Chromium at the home page, signed in."""
    program = chromium()
    if program is None:
        raise SystemExit("this needs Chromium; `python tests/chromium.py` installs or names one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        context = browser.new_context(base_url=stack.base_url, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto("/signin/")
        page.get_by_label("Name").fill(stack.username)
        page.get_by_label("Password").fill(stack.password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Runs", level=1).wait_for()
        yield page
        browser.close()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of ``values`` do not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


class Line(NamedTuple):
    """One figure: what, its value in words, and its bound with whether it holds (None: no bound)."""

    what: str
    value: str
    bound: str = ""
    holds: bool | None = None


def record(name: str, lines: Sequence[Line], *, load: float, remark: str = "") -> Path:
    """Print the figures and append them, with date, machine and command, to this day's results."""
    now = datetime.now(UTC)
    path = RESULTS / f"{name}-{now:%Y-%m-%d}.md"
    told = [f"| {line.what} | {line.value} | {line.bound} | {_verdict(line.holds)} |" for line in lines]
    text = [
        f"## {now:%Y-%m-%d %H:%M} UTC",
        "",
        f"    python -m benchmarks.{name} {' '.join(sys.argv[1:])}".rstrip(),
        "",
        f"{machine()}; load average before the run {load:.1f}.",
        *(["", remark] if remark else []),
        "",
        "| figure | value | bound | |",
        "| --- | --- | --- | --- |",
        *told,
        "",
    ]
    RESULTS.mkdir(exist_ok=True)
    if not path.exists():
        path.write_text(f"# {name}, {now:%Y-%m-%d}\n\n")
    with path.open("a") as file:
        file.write("\n".join(text) + "\n")
    print("\n".join(text))
    return path


def machine() -> str:
    """CPU, cores, memory and versions in a sentence."""
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    python = platform.python_version()
    return f"{_cpu()}, {cores} cores, {memory:.0f} GiB; Python {python}, {packages}"


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _verdict(holds: bool | None) -> str:
    return "" if holds is None else "reached" if holds else "NOT reached"
