"""What a panel is: a titled figure or table that anyone can draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from searchengine.core.jsontext import Json
from searchengine.report.history import RunHistory

Mark = Literal["line", "step", "points", "rings", "bars", "area"]
"""How a series is drawn. ``area`` series of one panel are stacked in order; ``step`` holds a value until the
next; ``rings`` are hollow points."""


class PanelAxis(NamedTuple):
    """An axis: its title, the unit of its numbers (empty: none), logarithmic or not."""

    title: str
    unit: str = ""
    log: bool = False


class PanelSeries(NamedTuple):
    """Numbers of one name. ``x`` and ``y`` are equally long; x may be words for bars; y is None where there
    is no value. ``births`` names the birth behind each point (for links); ``colour`` is a colour class of
    the page (``conv3d``, ``conv2p1d``, ``itgm``, ``pool``, ``point``, ...) or empty."""

    name: str
    mark: Mark
    x: tuple[float | str, ...]
    y: tuple[float | None, ...]
    colour: str = ""
    births: tuple[int, ...] = ()
    text: tuple[str, ...] = ()


class PanelTable(NamedTuple):
    """Rows under headings, for reading instead of a figure. ``births`` names the birth that each row is about
    (for links); empty where rows are about something else."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    births: tuple[int, ...] = ()

    def with_births(self) -> list[tuple[int | None, tuple[str, ...]]]:
        """Every row after the birth it is about."""
        births: tuple[int | None, ...] = self.births or (None,) * len(self.rows)
        return list(zip(births, self.rows, strict=True))


class HeatStep(NamedTuple):
    """A heat map at one moment, called ``name``."""

    name: str
    values: tuple[tuple[float | None, ...], ...]
    signs: tuple[tuple[str, ...], ...] = ()


class PanelBand(NamedTuple):
    """A stretch of the x axis, shaded from ``low`` to ``high``."""

    low: float
    high: float
    name: str


class PanelHeat(NamedTuple):
    """A matrix of numbers drawn as a heat map: ``values[row][column]``, None where there is none; the first
    row stands above. ``unit`` names what the numbers are (``share of the ten best``). ``signs``, of the same
    shape, are a character or two written into the fields. ``steps`` are the same matrix at earlier and later
    moments, in order, the last as here: drawn with a slider."""

    columns: tuple[str, ...]
    rows: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    unit: str
    signs: tuple[tuple[str, ...], ...] = ()
    steps: tuple[HeatStep, ...] = ()

    def tables(self) -> list[tuple[str, list[tuple[str, list[tuple[float | None, str]]]]]]:
        """For those who read: of every moment (one without a name where there are no steps) the rows, each
        its name with (value, sign) of every field."""
        moments = self.steps or (HeatStep("", self.values, self.signs),)
        return [(moment.name, self._fields_of(moment)) for moment in moments]

    def _fields_of(self, moment: HeatStep) -> list[tuple[str, list[tuple[float | None, str]]]]:
        signs = moment.signs or tuple(("",) * len(row) for row in moment.values)
        return [
            (name, list(zip(values, marks, strict=True)))
            for name, values, marks in zip(self.rows, moment.values, signs, strict=True)
        ]

    def to_json(self) -> Json:
        return {**self._asdict(), "steps": [one._asdict() for one in self.steps]}


class Panel(NamedTuple):
    """A figure of a run page: ``series`` over its axes, or a ``heat`` map whose columns and rows they name.
    ``help`` says in a sentence what to see in it; ``empty`` is what stands there while there is nothing to
    draw (empty text: there is something)."""

    slug: str
    title: str
    help: str
    x: PanelAxis
    y: PanelAxis
    series: tuple[PanelSeries, ...] = ()
    table: PanelTable | None = None
    empty: str = ""
    heat: PanelHeat | None = None
    bands: tuple[PanelBand, ...] = ()

    def to_json(self) -> Json:
        return {
            **self._asdict(),
            "x": self.x._asdict(),
            "y": self.y._asdict(),
            "series": [one._asdict() for one in self.series],
            "table": self.table._asdict() if self.table else None,
            "heat": self.heat.to_json() if self.heat else None,
            "bands": [one._asdict() for one in self.bands],
        }


PanelMaker = Callable[[RunHistory], Panel]
"""What a panel's name stands for: a pure function of the run's history."""
