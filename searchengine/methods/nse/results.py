"""What a search gives: members of its front to train again, what it found, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from searchengine.core.archive import Archive
from searchengine.core.finals import Finals, Leader, Leaders
from searchengine.core.jsontext import Json
from searchengine.core.method import Member, Outcome
from searchengine.methods.nse.limits import THOUSAND
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.state import Entry


def finalists(front: Sequence[Entry], wanted: int, archive: Archive) -> Leaders:
    """Members of the front, given in order of cost, to train again: the most accurate, and others spread
    evenly by cost."""
    held = list(front)
    if wanted < len(held):
        step = len(held) / max(1, wanted)
        # From the dearest, which is the most accurate, downwards.
        places = {len(held) - 1 - ceil(step * number) for number in range(wanted)}
        held = [held[place] for place in sorted(places) if place >= 0]
    chosen = sorted(held, key=lambda one: (-one.value, one.birth))
    return Leaders(
        max(1, len(chosen)),
        [Leader(one.birth, archive.birth(one.birth).key, one.job, one.value, {}, None) for one in chosen],
    )


def outcome(finals: Finals, front: Sequence[Entry], running: Sequence[Entry]) -> Outcome:
    """The members of the front that were trained again, most accurate first; before that the whole front by
    the supernet's scores, which hold no weights of their own. In a first round what leads it so far."""
    again = list(finals.scored)
    if again:
        return Outcome("front", tuple(one.member for one in again), dict(again[0].metrics))
    entries = front or [one for one in running if not one.guard]
    best = sorted(entries, key=lambda one: (-one.value, one.cost, one.birth))
    metrics = {"fitness": best[0].value, "cost": best[0].cost} if best else {}
    return Outcome("front", tuple(Member(one.birth, one.job, None) for one in best), metrics)


def front_cost(params: NseParams, front: Sequence[Entry]) -> Json | None:
    """What the front trades, where it is not multiply-adds. No latency where networks are trained again in
    another form than the one that was searched, for which the table has no layers."""
    if params.resource == "parameters":
        return {"name": "parameters"}
    same = params.final_scale == 1 and (params.excitation or not params.final_excitation)
    if params.resource == "macs" or not same:
        return None
    return {"name": "latency", "members": {str(one.birth): one.cost / THOUSAND for one in front}}
