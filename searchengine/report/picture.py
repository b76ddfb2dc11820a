"""A method's own picture of one birth: nodes in lanes, and edges that carry what training found.

A method whose genomes say more than their layers show brings ``picture.py`` with ``PICTURE``, a
:data:`PictureMaker`. Pages draw what it returns; nothing here knows how.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from searchengine.architecture.graph import Architecture
from searchengine.core.jobs import Change
from searchengine.core.jsontext import Json
from searchengine.core.setting import DataSummary
from searchengine.report.history import FoundRow

EdgeStatus = Literal["", "added", "removed", "repaired"]


class Portrayed(NamedTuple):
    """A birth as a picture may use it: its genome, how it came to be, the findings of its first told
    evaluation (empty before) with those that only later ones of the search have, the curve of the first so
    far (rows ``{"step": n, name: value}``), its described network (None where it cannot be described), the
    parameters of its search or space, and what an evaluation in work has found so far (None where none
    says)."""

    number: int
    genome: Json
    changes: tuple[Change, ...] = ()
    findings: Json = {}
    curve: tuple[Json, ...] = ()
    network: Architecture | None = None
    params: Json = {}
    so_far: FoundRow | None = None


class PictureNode(NamedTuple):
    """A card in lane ``lane`` (0 is the first), the ``place``-th from the top. ``lines`` stand under the
    title; ``mix`` in [0, 1] is the share of the second of the picture's two ``ends`` (None: no colour);
    ``badges`` name what was done to it in the last step."""

    name: str
    lane: int
    place: int
    title: str
    lines: tuple[str, ...] = ()
    mix: float | None = None
    badges: tuple[str, ...] = ()
    status: EdgeStatus = ""


class PictureEdge(NamedTuple):
    """From node to node, by their names. ``weight`` in [0, 1] gives width and darkness (None: unknown yet);
    ``faint`` edges are dashed; ``trace`` holds weights over the training so far, oldest first."""

    source: str
    target: str
    weight: float | None = None
    faint: bool = False
    status: EdgeStatus = ""
    trace: tuple[float, ...] = ()


class Picture(NamedTuple):
    """``lanes`` are the lanes' titles in order; ``ends`` what a node's ``mix`` of 0 and of 1 means; ``notes``
    are sentences a reader must not miss; ``legend`` says what edges mean, or of when it is."""

    title: str
    help: str
    lanes: tuple[str, ...]
    nodes: tuple[PictureNode, ...]
    edges: tuple[PictureEdge, ...]
    ends: tuple[str, str] = ("", "")
    notes: tuple[str, ...] = ()
    legend: tuple[str, ...] = ()


PictureMaker = Callable[[Portrayed, Portrayed | None, DataSummary], Picture]
"""The picture of a birth, beside its first parent where it has one: what was removed is then drawn too."""
