"""How long our layout takes: 200 and 1,000 layers, each with and without long skips.

    python -m benchmarks.layout [--rounds 5]

Both sizes are laid out in turns in one process; told are the median seconds of processor time of each and
how often the small one goes into the large one. Work that grows with the layers gives five, work that grows
with their pairs twenty-five."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from statistics import median

from benchmarks.stack import Line, record
from searchengine.architecture.graph import Architecture
from searchengine.report.layout import layout
from tests.engine.report.nets import long_network

SMALL, LARGE = 200, 1000
MOST = {SMALL: 0.15, LARGE: 1.0}
MOST_GROWTH = 7.0
SKIPS = {"a chain": 0, "with skips of 9": 9}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layout", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    lines = []
    for name, skip in SKIPS.items():
        networks = {layers: long_network(layers, skip) for layers in MOST}
        took: dict[int, list[float]] = {layers: [] for layers in MOST}
        for _ in range(chosen.rounds):
            for layers, network in networks.items():
                took[layers].append(_seconds(network))
        middle = {layers: median(times) for layers, times in took.items()}
        for layers, most in MOST.items():
            value = middle[layers]
            lines.append(
                Line(
                    f"{name}: {layers:,} layers",
                    f"{value * 1000:.0f} ms",
                    f"≤ {most * 1000:.0f} ms",
                    value <= most,
                )
            )
        growth = middle[LARGE] / middle[SMALL]
        lines.append(
            Line(
                f"{name}: {LARGE:,} / {SMALL} layers",
                f"{growth:.1f}",
                f"≤ {MOST_GROWTH:.0f}",
                growth <= MOST_GROWTH,
            )
        )
    record("layout", lines, load=load)
    return 0


def _seconds(network: Architecture) -> float:
    began = time.process_time()
    layout(network)
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
