"""From a told result to its point on the screen: one Chromium and 19 socket clients on one run.

    python -m benchmarks.commit_to_pixel [--births 120] [--seconds 0.4] [--slots 2] [--sockets 19]

The clock starts at the event's own timestamp, taken in the step just before its commit, so the commit
itself is counted too. It stops in the page at the first animation frame at which the chart holds the
birth's point, and in a socket client when the frame with the event has come. All of it on one machine,
hence one clock."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page

from benchmarks.stack import POINTS, Line, percentile, product, record, signed_in_page, warm
from tests.live.stack import Stack
from tests.live.visitor import Visitor

MOST_SECONDS = 1.0

WATCH = f"""() => {{
    window.seenAt = new Map();
    const look = () => {{
        for (const number of {POINTS}?.customdata ?? [])
            if (!window.seenAt.has(number)) window.seenAt.set(number, Date.now() / 1000);
        requestAnimationFrame(look);
    }};
    look();
}}"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commit_to_pixel", description=__doc__)
    parser.add_argument("--births", type=int, default=120)
    parser.add_argument("--seconds", type=float, default=0.4, help="how long a candidate sleeps")
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--sockets", type=int, default=19)
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    with product(chosen.slots) as (stack, visitor):
        warm(visitor)
        with signed_in_page(stack) as page:
            run_id = visitor.launch(evaluations=chosen.births, seconds=chosen.seconds, steps=4, values=2**53)
            clients = [Client(visitor, run_id) for _ in range(chosen.sockets)]
            seen, opened = _watched(page, visitor, run_id, chosen.births)
        for client in clients:
            client.join(60)
        told = _told(stack, run_id, opened)
    if not told:
        raise SystemExit("the run had ended before its page was open; take more --births")
    pixels = [seen[number] - at for number, at in told.items() if number in seen]
    frames = [
        client.came[number] - at for client in clients for number, at in told.items() if number in client.came
    ]
    missing = len(told) - len(pixels) + len(told) * chosen.sockets - len(frames)
    worst = percentile(pixels, 0.95)
    lines = [
        Line("results, sockets, slots", f"{len(told)}, {chosen.sockets}, {chosen.slots}"),
        Line("commit to pixel, median", f"{percentile(pixels, 0.5):.3f} s"),
        Line("commit to pixel, p95", f"{worst:.3f} s", f"≤ {MOST_SECONDS} s", worst <= MOST_SECONDS),
        Line("commit to socket client, median", f"{percentile(frames, 0.5):.3f} s"),
        Line("commit to socket client, p95", f"{percentile(frames, 0.95):.3f} s"),
        Line("results that never came", str(missing), "0", missing == 0),
    ]
    record("commit_to_pixel", lines, load=load)
    return 0


class Client(threading.Thread):
    """A socket that notes when each result came. Those told before it was open count from its opening."""

    def __init__(self, visitor: Visitor, run_id: int) -> None:
        super().__init__(daemon=True)
        self.came: dict[int, float] = {}
        self._socket = visitor.socket(run_id, query="?since=0")
        self.start()

    def run(self) -> None:
        with self._socket as socket:
            while True:
                frame: dict[str, Any] = json.loads(socket.recv(timeout=60))
                now = time.time()
                for event in frame["events"]:
                    if event["kind"] == "told":
                        for number in event["payload"]["subjects"]:
                            self.came.setdefault(int(number), now)
                if frame["state"]["state"] not in ("queued", "running"):
                    return


def _watched(page: Page, visitor: Visitor, run_id: int, births: int) -> tuple[dict[int, float], float]:
    """When the page first showed each birth, and when it was open and live, in seconds since 1970."""
    page.goto(f"/runs/{run_id}/")
    page.evaluate(WATCH)
    page.wait_for_function(f"() => {POINTS}?.x.length > 0")
    opened = time.time()
    visitor.finished(run_id, 60 + 2 * births)
    page.wait_for_function(f"() => {POINTS}?.x.length >= {births}")
    page.wait_for_function(f"() => window.seenAt.size >= {births}")
    return {int(number): at for number, at in page.evaluate("() => [...window.seenAt]")}, opened


def _told(stack: Stack, run_id: int, opened: float) -> dict[int, float]:
    """When each birth was told, in seconds since 1970; those told before the page was open are left out."""
    rows = stack.rows(TOLD, run_id)
    found = {int(subject): at for payload, at in rows for subject in json.loads(payload)["subjects"]}
    return {number: at for number, at in found.items() if at >= opened}


TOLD = """
SELECT payload, extract(epoch FROM at)::float8 FROM searches_event WHERE run_id = %s AND kind = 'told'
"""

if __name__ == "__main__":
    sys.exit(main())
