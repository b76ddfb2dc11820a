from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given, settings

from searchengine.architecture.graph import Architecture
from searchengine.report.difference_drawing import draw_difference
from searchengine.report.drawing import Drawing, DrawnGroup, DrawnNode
from searchengine.report.layout import layout
from searchengine.report.svg import STANDALONE_CSS, svg

from ..architecture.graphs import architectures
from .nets import long_network, video_network

Placed = DrawnNode | DrawnGroup


def apart(one: Placed, other: Placed) -> bool:
    beside = one.x + one.width <= other.x + 0.2 or other.x + other.width <= one.x + 0.2
    return beside or one.y + one.height <= other.y + 0.2 or other.y + other.height <= one.y + 0.2


def holds(outer: Placed, inner: Placed) -> bool:
    across = outer.x - 0.2 <= inner.x and inner.x + inner.width <= outer.x + outer.width + 0.2
    return across and outer.y - 0.2 <= inner.y and inner.y + inner.height <= outer.y + outer.height + 0.2


def check(drawing: Drawing) -> None:
    """Nothing overlaps, frames hold what is theirs, every line joins its two boxes, all lies on the sheet."""
    depths = {group.name: group.depth for group in drawing.groups}
    for number, node in enumerate(drawing.nodes):
        assert all(apart(node, other) for other in drawing.nodes[number + 1 :])
        assert node.x >= 0
        assert node.x + node.width <= drawing.width
        assert node.y >= 0
        assert node.y + node.height <= drawing.height
        for group in drawing.groups:
            # The second of two networks may have stacked a scope that the first has once: a.r2 is not in a.
            deeper = node.group.startswith(f"{group.name}.") and depths[node.group] > group.depth
            inside = node.group == group.name or deeper
            assert holds(group, node) if inside else apart(group, node)
    boxes = {node.name: node for node in drawing.nodes}
    for edge in drawing.edges:
        source, target = boxes[edge.source], boxes[edge.target]
        (x0, y0), (x1, y1) = edge.points[0], edge.points[-1]
        assert y0 == pytest.approx(source.y + source.height, abs=0.2)
        assert y1 == pytest.approx(target.y, abs=0.2)
        assert source.x <= x0 <= source.x + source.width
        assert target.x <= x1 <= target.x + target.width


@settings(max_examples=40, deadline=None)
@given(architectures(most_layers=14))
def test_boxes_never_overlap_and_lines_join_them(architecture: Architecture) -> None:
    drawing = layout(architecture)
    check(drawing)
    drawn = {member for node in drawing.nodes for member in node.members}
    assert drawn == {node.name for node in architecture.deployed}
    assert sum(node.parameters * node.times for node in drawing.nodes) == architecture.parameters


def lines_run(call: Callable[[], object]) -> int:
    count = 0

    def in_a_function(frame: FrameType, event: str, argument: object) -> Callable[..., object]:
        nonlocal count
        count += event == "line"
        return in_a_function

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: in_a_function)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def test_repeats_are_drawn_once_and_can_be_expanded() -> None:
    architecture = video_network((4,))
    folded, open_ = layout(architecture), layout(architecture, expanded={"block1"})
    check(folded)
    check(open_)
    labels = {group.label for group in folded.groups if group.series}
    assert labels == {
        "block 1, repeat 1 of 4",
        "block 1 ×2, repeats 2, 4 of 4",
        "block 1, repeat 3 of 4",
    }
    assert len(open_.nodes) > len(folded.nodes)
    assert sum(group.parameters for group in folded.groups if group.series) == sum(
        group.parameters for group in open_.groups if group.series
    )


def test_a_folded_repeat_leaves_no_dead_end() -> None:
    drawing = layout(video_network((5,)))
    read = {edge.source for edge in drawing.edges}
    assert [node.name for node in drawing.nodes if node.name not in read] == [drawing.nodes[-1].name]


def test_a_closed_scope_is_one_box_with_its_costs() -> None:
    architecture = video_network((2,))
    drawing = layout(architecture, collapsed={"block1.r1"}, expanded={"block1"})
    check(drawing)
    box = next(node for node in drawing.nodes if node.kind == "group")
    assert box.parameters == architecture.costs_by_scope()["block1.r1"].parameters


def test_colour_and_digit_follow_the_figure_code() -> None:
    looks = {node.members[0]: (node.colour, node.digit) for node in layout(video_network()).nodes}
    assert looks["stem.temporal"] == ("conv2p1d", "3")
    assert looks["stem.spatial"] == ("conv2p1d", "1")
    assert looks["block1.r1.branch2.conv"] == ("itgm", "5")
    assert looks["block1.r1.branch1.pool"] == ("pool", "3")
    assert looks["block1.r1.point"] == ("point", "1")
    assert looks["block1.r2.branch2.conv"] == ("conv3d", "1")


def test_a_drawing_is_the_same_every_time_and_survives_json() -> None:
    drawing = layout(video_network())
    assert drawing == layout(video_network())
    assert Drawing.from_json(json.loads(json.dumps(drawing.to_json()))) == drawing


@pytest.mark.parametrize(
    ("layers", "skip", "most"),
    [(200, 0, 150_000), (200, 9, 600_000), (1000, 0, 750_000), (1000, 12, 3_200_000)],
)
def test_big_networks_are_laid_out_in_few_steps(layers: int, skip: int, most: int) -> None:
    """Lines of Python that run, the same on every machine; some four million take a second on a slow one, so
    200 layers stay within 150 ms and 1,000 within a second. ``benchmarks/layout.py`` takes the seconds."""
    architecture = long_network(layers, skip)
    assert lines_run(lambda: layout(architecture)) <= most


def test_lines_that_span_everything_stay_drawable() -> None:
    drawing = layout(long_network(400, 150))
    assert len(drawing.nodes) == 400
    check(drawing)


def test_the_svg_is_well_formed_and_carries_no_style() -> None:
    text = svg(layout(video_network()), 'a <b> & "c"', ident="n1")
    root = ET.fromstring(text)
    assert root.find("{http://www.w3.org/2000/svg}title").text == 'a <b> & "c"'  # type: ignore[union-attr]
    assert "style" not in text
    assert "block1.r1.branch2" in root.find("{http://www.w3.org/2000/svg}desc").text  # type: ignore
    assert "<style>" in svg(layout(video_network()), "t", stylesheet=STANDALONE_CSS)


def test_the_text_list_names_every_box() -> None:
    drawing = layout(video_network())
    lines = drawing.text_list()
    assert len(lines) == len(drawing.nodes)
    assert "iTGM 5×3×3" in " ".join(lines)


def test_a_difference_marks_what_came_went_and_changed() -> None:
    parent, child = video_network((2, 2), temporal=3), video_network((2, 3), temporal=7)
    found = draw_difference(parent, child)
    check(found.drawing)
    marks = {node.members[0]: node.status for node in found.drawing.nodes}
    assert marks["block1.r1.branch2.conv"] == "changed"
    assert marks["block2.r3.point"] == "added"
    assert marks["stem.temporal"] == "same"
    assert ("block1.r1.branch2.conv", "changed", "kernel", "3×3×3", "7×3×3") in found.changes
    assert found.parameters == child.parameters - parent.parameters
    back = draw_difference(child, parent)
    check(back.drawing)
    assert {n.members[0]: n.status for n in back.drawing.nodes}["block2.r3.point"] == "removed"
    assert any(edge.status == "removed" for edge in back.drawing.edges)


@settings(max_examples=20, deadline=None)
@given(architectures(most_layers=8), architectures(most_layers=8))
def test_any_two_networks_can_be_drawn_as_a_difference(parent: Architecture, child: Architecture) -> None:
    found = draw_difference(parent, child)
    check(found.drawing)
    drawn = {member for node in found.drawing.nodes for member in node.members}
    assert drawn == {node.name for node in (*parent.deployed, *child.deployed)}
