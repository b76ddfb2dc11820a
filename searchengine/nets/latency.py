"""How long a network takes to answer, measured with the device named."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import NamedTuple

import torch

from searchengine.core.jsontext import Json
from searchengine.nets.network import Network


class Latency(NamedTuple):
    """Seconds for one batch in evaluation mode: median and quartiles over ``repetitions`` timed passes.

    ``device`` is the processor's or accelerator's own name, ``threads`` how many torch used on the CPU.
    """

    median: float
    lower: float
    upper: float
    batch: int
    device: str
    threads: int
    repetitions: int

    def to_json(self) -> Json:
        return self._asdict()


def measure(
    network: Network, *, device: str = "cpu", batch: int = 1, repetitions: int = 30, warm_up: int = 5
) -> Latency:
    """Time ``network`` on inputs of zeros. It is left on ``device``, in the mode it was in.

    The shapes come from its architecture. Raises ``ValueError`` for fewer than 2 repetitions.
    """
    if repetitions < 2 or warm_up < 0 or batch < 1:
        raise ValueError(f"at least 2 repetitions and 1 sample are needed, got {repetitions} and {batch}")
    place = torch.device(device)
    network.to(place)
    architecture = network.architecture
    inputs = [
        torch.zeros(batch, *architecture.node(name).shape, device=place) for name in architecture.inputs
    ]
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            seconds = timed(lambda: network(*inputs), place, repetitions=repetitions, warm_up=warm_up)
    finally:
        network.train(was_training)
    lower, median, upper = quantiles(seconds, n=4, method="inclusive")
    return Latency(median, lower, upper, batch, device_name(place), torch.get_num_threads(), repetitions)


def timed(
    call: Callable[[], object],
    device: torch.device,
    *,
    repetitions: int,
    warm_up: int,
    between: Callable[[], None] = lambda: None,
) -> list[float]:
    """Seconds of ``repetitions`` calls after ``warm_up`` of them, the device waited for around each.
    ``between`` is called before every one, outside what is timed; what it raises ends the measurement."""
    for _ in range(warm_up):
        between()
        call()
    seconds = []
    for _ in range(repetitions):
        between()
        _wait(device)
        start = perf_counter()
        call()
        _wait(device)
        seconds.append(perf_counter() - start)
    return seconds


def device_name(device: torch.device) -> str:
    """What the device calls itself: an accelerator's product name, a processor's model name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "cpu":
        described = Path("/proc/cpuinfo")
        if described.exists():
            for line in described.read_text().splitlines():
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
        return platform.processor() or platform.machine()
    return device.type


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
