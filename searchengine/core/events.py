"""What happened in a step, in order: the lines of a run's feed."""

from __future__ import annotations

from typing import Literal, NamedTuple

from searchengine.core.jsontext import Json

EventKind = Literal["birth", "told", "death", "refused", "milestone", "closing", "finished"]


class Event(NamedTuple):
    """``payload`` is small JSON and depends on nothing but the history: no time, machine or attempt in it.

    ========= =====================================================================================
    birth     ``birth, job, key, parents, operator, text, cycle``
    told      ``job, kind, phase, subjects, reuse_of, cost, fitness`` (by birth), ``failures`` (by birth),
              ``entered``
    death     ``birth, reason, job`` (the job whose telling ended it)
    refused   ``parents, reason, genome``
    milestone ``name, job``
    closing   ``reason``
    finished  ``births, jobs``
    ========= =====================================================================================
    """

    kind: EventKind
    payload: Json
