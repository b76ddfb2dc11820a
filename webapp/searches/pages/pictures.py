"""What a method draws of its births beside their layers: the picture, its legend and its tables."""

from __future__ import annotations

import logging
from typing import NamedTuple

from django.utils.safestring import SafeString

from searchengine import catalogue
from searchengine.core.errors import EngineError, UnknownName
from searchengine.core.jsontext import loads
from searchengine.core.setting import DataSummary
from searchengine.report.picture import Picture, PictureMaker, Portrayed
from webapp.plots.picture_drawing import picture_drawing
from webapp.plots.picture_marks import SIGNS
from webapp.plots.picture_words import EdgeRow, NodeRow, edge_rows, node_rows
from webapp.searches.models import Evaluation, Genome, SearchRun
from webapp.searches.pages.networks import data_of, searched
from webapp.searches.pages.portraits import portrait_of, portraits

log = logging.getLogger(__name__)


class Key(NamedTuple):
    """A sign of the legend with its word; ``look`` is its class."""

    look: str
    sign: str
    word: str


class PictureView(NamedTuple):
    """A picture as a page shows it. ``name`` is its own on the page; ``trouble`` says why there is no
    drawing, empty otherwise."""

    name: str
    help: str
    svg: SafeString
    weighted: bool
    ends: tuple[str, str]
    keys: tuple[Key, ...]
    legend: tuple[str, ...]
    notes: tuple[str, ...]
    edges: tuple[EdgeRow, ...]
    nodes: tuple[NodeRow, ...]
    trouble: str = ""


class BirthPictures(NamedTuple):
    """``network`` is the birth alone; ``change`` what became of its first parent ``parent``, where there is
    one and the method draws a difference."""

    network: PictureView
    change: PictureView | None
    parent: int | None


def picture_maker(run: SearchRun) -> PictureMaker | None:
    """How the run's method, or the one whose space a control searches, draws a genome; None where it draws
    nothing but layers, or is gone. No query."""
    try:
        return maker_of(searched(run))
    except EngineError:
        return None


def maker_of(slug: str) -> PictureMaker | None:
    """How a method or space draws a genome; None where it draws none, or its file cannot be read."""
    try:
        return catalogue.picture(slug)
    except UnknownName:
        return None
    except Exception:  # whatever somebody else's folder does wrong
        log.exception("picture.py of %s cannot be used", slug)
        return None


def birth_pictures(run: SearchRun, birth: Genome) -> BirthPictures | None:
    """The pictures of a birth's page; three queries, none where its method draws none."""
    maker = picture_maker(run)
    if maker is None:
        return None
    parent = first_parent(run, birth)
    drawn = portraits(run, [birth, *([parent] if parent else [])])
    own, data = drawn[birth.number], data_of(run)
    network = view(maker, data, own, None, "network")
    change = view(maker, data, own, drawn[parent.number], "change") if parent else None
    if change is not None and (change.edges, change.nodes) == (network.edges, network.nodes):
        change = None  # nothing in it that the network alone does not show
    return BirthPictures(network, change, parent.number if parent else None)


def birth_picture(run: SearchRun, birth: Genome, name: str) -> PictureView | None:
    """The picture of a birth alone; two queries, none where its method draws none."""
    maker = picture_maker(run)
    if maker is None:
        return None
    return view(maker, data_of(run), portraits(run, [birth])[birth.number], None, name)


def made_picture(run: SearchRun, birth: Genome, *, beside_parent: bool) -> Picture | None:
    """The picture itself, for a file; None where the method draws none, or there is no parent to set it
    beside. Three queries. Raises whatever the method's code raises."""
    maker = picture_maker(run)
    parent = first_parent(run, birth) if beside_parent else None
    if maker is None or (beside_parent and parent is None):
        return None
    drawn = portraits(run, [birth, *([parent] if parent else [])])
    return maker(drawn[birth.number], drawn[parent.number] if parent else None, data_of(run))


def trained_picture(run: SearchRun, birth: Genome, evaluation: Evaluation) -> Picture | None:
    """The picture of a birth with what ``evaluation`` found; None where the method draws none, or fails to.
    No query."""
    maker = picture_maker(run)
    if maker is None:
        return None
    try:
        return maker(portrait_of(run, birth, evaluation), None, data_of(run))
    except Exception:  # whatever somebody else's folder does wrong
        log.exception("the picture of birth %d failed", birth.number)
        return None


def first_parent(run: SearchRun, birth: Genome) -> Genome | None:
    """One query, none for a founder."""
    numbers = loads(birth.parent_numbers)
    return Genome.objects.filter(run=run, number=numbers[0]).first() if numbers else None


def view(
    maker: PictureMaker, data: DataSummary, birth: Portrayed, parent: Portrayed | None, name: str
) -> PictureView:
    """The picture made and drawn. A method whose picture fails costs its page nothing but the picture."""
    try:
        return shown(maker(birth, parent, data), name)
    except Exception as error:  # whatever somebody else's folder does wrong
        log.exception("the picture of birth %d failed", birth.number)
        words = f"Its method's picture cannot be drawn: {error or type(error).__name__}"
        return PictureView(name, "", SafeString(), False, ("", ""), (), (), (), (), (), words)


def shown(picture: Picture, name: str) -> PictureView:
    """A picture with everything beside it."""
    statuses = {edge.status for edge in picture.edges} | {node.status for node in picture.nodes}
    keys = [Key(status, sign, status) for status, sign in SIGNS.items() if status in statuses]
    return PictureView(
        name=name,
        help=picture.help,
        svg=picture_drawing(picture),
        weighted=any(edge.weight is not None for edge in picture.edges),
        ends=picture.ends if any(node.mix is not None for node in picture.nodes) else ("", ""),
        keys=tuple(keys),
        legend=picture.legend,
        notes=picture.notes,
        edges=edge_rows(picture),
        nodes=node_rows(picture),
    )
