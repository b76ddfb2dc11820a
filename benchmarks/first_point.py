"""How long a person waits for the first point: after a launch, and after the very first start.

    python -m benchmarks.first_point [--rounds 3] [--method random_search] [--demo evanet] [--only demo]

*launch*: a running product, its data prepared, the launch form open in Chromium; from the click on
Launch to the first point in the run page's chart. *demo*: an empty ``var/``, packages installed; from
the start of ``manage.py up --demo METHOD`` to the first point in Chromium, which signs in and opens the
run as soon as the address is known. Each round of *demo* starts from nothing again."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.stack import POINTS, Line, product, record, signed_in_page
from tests.live.stack import Stack
from tests.waits import wait_until
from webapp.config.var import HOME
from webapp.operations.processes import dies_with_parent

MOST_AFTER_LAUNCH = 20.0
MOST_AFTER_START = 90.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_point", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--method", default="random_search", help="launched by the click")
    parser.add_argument("--demo", default="evanet", help="whose demo the first start shows")
    parser.add_argument("--only", choices=("launch", "demo"))
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    lines = []
    if chosen.only != "demo":
        waited = after_launch(chosen.method, chosen.rounds)
        lines.append(_line(f"launch click → first point ({chosen.method})", waited, MOST_AFTER_LAUNCH))
    if chosen.only != "launch":
        waited = [after_start(chosen.demo) for _ in range(chosen.rounds)]
        lines.append(_line(f"up --demo {chosen.demo} → first point", waited, MOST_AFTER_START))
    record("first_point", lines, load=load)
    return 0


def after_launch(method: str, rounds: int) -> list[float]:
    """Seconds from the click to the first point, a launch a round on one product with two slots."""
    waited = []
    with product(2) as (stack, _), signed_in_page(stack) as page:
        for _ in range(rounds):
            page.goto(f"/launch/{method}/")
            page.get_by_label("Evaluations at most").fill("8")
            button = page.get_by_role("button", name="Launch")
            button.wait_for()
            began = time.perf_counter()
            button.click()
            page.wait_for_url("**/runs/*/")
            page.wait_for_function(f"() => {POINTS}?.x.length > 0")
            waited.append(time.perf_counter() - began)
            page.locator('[data-run-state="finished"]').wait_for()
            print(f"launch: {waited[-1]:.2f} s", flush=True)
    return waited


def after_start(method: str) -> float:
    """Seconds from the start of the process to the first point of the demo."""
    root = Path(tempfile.mkdtemp(prefix="ev-bench-"))
    stack = Stack(root / "var", slots=2)
    said = root / "said"
    try:
        began = time.perf_counter()
        with said.open("wb") as out:
            launcher = subprocess.Popen(
                [
                    sys.executable,
                    str(HOME / "manage.py"),
                    "up",
                    "--port",
                    "0",
                    "--slots",
                    "2",
                    "--demo",
                    method,
                ],
                env=stack.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        address = wait_until(lambda: _run_page(said), 120, "the address of the demo")
        stack.base_url, _, run = address.partition("/runs/")
        with signed_in_page(stack) as page:
            page.goto(f"/runs/{run}")
            page.wait_for_function(f"() => {POINTS}?.x.length > 0")
            waited = time.perf_counter() - began
        print(f"demo: {waited:.2f} s", flush=True)
        launcher.send_signal(signal.SIGTERM)
        launcher.wait(30)
        return waited
    finally:
        stack.clear()
        shutil.rmtree(root, ignore_errors=True)


def _run_page(said: Path) -> str:
    """The demo's address, as the terminal says it; empty before."""
    words = [word for word in said.read_text(errors="replace").split() if "/runs/" in word]
    return words[0] if words else ""


def _line(what: str, waited: list[float], most: float) -> Line:
    each = ", ".join(f"{seconds:.1f}" for seconds in waited)
    return Line(what, f"{median(waited):.1f} s (rounds: {each})", f"≤ {most:.0f} s", median(waited) <= most)


if __name__ == "__main__":
    sys.exit(main())
