"""How the optical flow of a prepared data set was computed, in words."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from searchengine.core.jsontext import loads
from webapp.datasets.models import Dataset, FlowChoice

WORDS = {
    "preset": "preset",
    "pyr_scale": "pyramid scale",
    "levels": "levels",
    "winsize": "window",
    "iterations": "iterations",
    "poly_n": "neighbourhood",
    "poly_sigma": "its spread",
}


class FlowFacts(NamedTuple):
    """The method's name, the largest displacement that is kept in pixels a frame, and its parameters in
    words."""

    method: str
    clip: int
    parameters: tuple[tuple[str, str], ...]


def flow_facts(dataset: Dataset) -> FlowFacts | None:
    """None where there is no flow; reads the set's manifest."""
    path = Path(settings.VAR) / "data" / dataset.fingerprint / "manifest.json"
    try:
        flow = loads(path.read_bytes())["preparation"]["flow"]
        method, clip = str(FlowChoice(flow["method"]).label), int(flow["clip"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    parameters = tuple((words, str(flow[name])) for name, words in WORDS.items() if name in flow)
    return FlowFacts(method, clip, parameters)
