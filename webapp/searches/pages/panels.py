"""A run's panels, drawn from its whole history and kept until something new happened, or was found by what
is in work."""

from __future__ import annotations

from functools import lru_cache

from searchengine import catalogue
from searchengine.core.errors import UnknownName
from searchengine.report.panels import PANELS, Panel, PanelMaker, draw
from webapp.searches.models import SearchRun
from webapp.searches.pages.found import Stamp, found_stamp
from webapp.searches.pages.history import run_history

GENERIC = ("operators", "accuracy-parameters", "accuracy-flops")
"""Shown for every method, after its own."""


def run_panels(run: SearchRun) -> tuple[Panel, ...]:
    """The panels of the run's method, its own first; a control shows those of the space it searches. Six
    queries, one when nothing happened since the last look."""
    return _drawn(run.pk, run.last_seq, run.state, found_stamp(run))


@lru_cache(maxsize=32)
def _drawn(run_id: int, seq: int, state: str, found: Stamp) -> tuple[Panel, ...]:
    run = SearchRun.objects.get(pk=run_id)
    names, own = _makers(run)
    drawn = draw(names, run_history(run, genomes=True), own)
    return tuple(panel._replace(empty=_nothing(panel, run)) for panel in drawn)


def _nothing(panel: Panel, run: SearchRun) -> str:
    """What stands where a panel is empty. What will come is promised by a method's own search alone, and only
    while that goes on: a control need not have it ever."""
    if not panel.empty:
        return ""
    if run.ended:
        return "This run has nothing for it."
    return "This control has nothing for it so far." if _is_control(run) else panel.empty


def _is_control(run: SearchRun) -> bool:
    try:
        return catalogue.method(run.method).is_control
    except UnknownName:
        return False


def _makers(run: SearchRun) -> tuple[list[str], dict[str, PanelMaker]]:
    slug = run.method
    try:
        method = catalogue.method(slug)
        if method.is_control:
            slug = str(run.params_json.get("space", slug))
            found = catalogue.spaces().get(slug)
            names = [*(found.panels if found else ())]
        else:
            names = [*method.panels]
    except UnknownName:
        return [*GENERIC], {}
    own = catalogue.panels(slug)
    names = [name for name in names if name in own or name in PANELS]
    return [*dict.fromkeys([*names, *GENERIC])], own
