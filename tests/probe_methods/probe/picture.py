"""A probe's number as a picture: the digits it is written with feed the number, all as strongly as the newest
loss says."""

from __future__ import annotations

from searchengine.core.setting import DataSummary
from searchengine.report.picture import EdgeStatus, Picture, PictureEdge, PictureNode, Portrayed


def picture(birth: Portrayed, parent: Portrayed | None, data: DataSummary) -> Picture:
    """Digits that only the parent or only the child has are removed and added."""
    own = digits(birth)
    before = digits(parent) if parent else own
    trace = tuple(float(row["loss"]) for row in birth.curve if "loss" in row)
    weight = trace[-1] if trace else None
    nodes, edges = [], []
    for place, digit in enumerate(sorted(own | before)):
        status: EdgeStatus = "removed" if digit not in own else "added" if digit not in before else ""
        nodes.append(PictureNode(digit, 0, place, f"Digit {digit}", mix=int(digit) / 9, status=status))
        edges.append(PictureEdge(digit, "number", weight, bool(weight and weight < 0.5), status, trace))
    nodes.append(PictureNode("number", 1, 0, f"Number {birth.genome['value']}", (f"birth {birth.number}",)))
    return Picture(
        title="The digits of the number",
        help="Which digits it is written with.",
        lanes=("Digits", "Number"),
        nodes=tuple(nodes),
        edges=tuple(edges),
        ends=("zero", "nine"),
    )


def digits(birth: Portrayed) -> set[str]:
    """``{"value": 4042}`` has 0, 2 and 4."""
    return set(str(birth.genome["value"]))


PICTURE = picture
