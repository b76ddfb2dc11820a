"""``methods``: what can be searched with what."""

from __future__ import annotations

import argparse

from searchengine import catalogue
from searchengine.core.jsontext import Json, dumps
from searchengine.core.method import BuiltInSpace, Method
from searchengine.core.params import KnobView, knobs


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("method", nargs="?", help="only this one, with its parameters")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.set_defaults(command=command)


def command(chosen: argparse.Namespace) -> int:
    found = {chosen.method: catalogue.method(chosen.method)} if chosen.method else catalogue.methods()
    if chosen.json:
        print(
            dumps(
                {
                    "methods": [_described(method) for method in found.values()],
                    "spaces": [_space(space) for space in catalogue.built_in_spaces().values()],
                }
            )
        )
        return 0
    for method in found.values():
        print(f"{method.slug:24} {method.title}: {method.summary}")
        print(
            f"{'':24} presets {', '.join(method.presets)}; searches on {_takes(method)};"
            f" finds: {method.result}"
        )
        if chosen.method:
            for view in knobs(method.params):
                print(f"  {view.name:22} {_knob(view)}")
    if not chosen.method:
        for space in catalogue.built_in_spaces().values():
            print(f"{space.slug:24} {space.title} (a space for the controls): {space.summary}")
    return 0


def _takes(method: Method) -> str:
    return " or ".join(sorted(method.accepts.modalities))


def _knob(view: KnobView) -> str:
    limits = "" if view.low is None and view.high is None else f" from {view.low} to {view.high}"
    choices = f" one of {', '.join(map(str, view.choices))}" if view.choices else ""
    paper = f"; paper: {view.paper}" if view.paper else ""
    return f"{view.default!r} {view.unit}{limits}{choices}: {view.help}{paper}"


def _described(method: Method) -> Json:
    return {
        "slug": method.slug,
        "title": method.title,
        "summary": method.summary,
        "paper": method.paper._asdict(),
        "accepts": _accepts(method),
        "result": method.result,
        "control": method.control,
        "is_control": method.is_control,
        "has_space": method.space is not None,
        "presets": {
            name: {"title": p.title, "cost": p.cost, "values": dict(p.values), "window": p.window}
            for name, p in method.presets.items()
        },
        "params": [view._asdict() for view in knobs(method.params)],
    }


def _space(space: BuiltInSpace) -> Json:
    return {
        "slug": space.slug,
        "title": space.title,
        "summary": space.summary,
        "accepts": _accepts(space),
        "params": [view._asdict() for view in knobs(space.params)],
    }


def _accepts(found: Method | BuiltInSpace) -> Json:
    accepts = found.accepts
    return {
        "modalities": sorted(accepts.modalities),
        "labels": sorted(accepts.labels),
        "smallest_side": accepts.smallest_side,
        "fewest_frames": accepts.fewest_frames,
        "needs_flow": accepts.needs_flow,
    }
