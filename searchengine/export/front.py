"""What an export says of a front: its networks from the cheapest to the dearest, and what chooses among
them."""

from __future__ import annotations

from collections.abc import Sequence

from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import Json
from searchengine.export.spec import ExportRefused, ExportSpec

FRONT_FILE = "front.json"
VALUE = "fitness"


def ordered(spec: ExportSpec) -> ExportSpec:
    """The same export with the members of a front from the cheapest to the dearest; other kinds as they are.

    Raises :class:`ExportRefused` where a member has no value to be chosen by."""
    if spec.kind != "front":
        return spec
    for number, member in enumerate(spec.members):
        if VALUE not in member.metrics:
            raise ExportRefused(
                f"members.{number}.metrics: a front is chosen from by {VALUE}, and this member has none"
            )
    counted = [(spec.architecture(member).macs, number) for number, member in enumerate(spec.members)]
    return spec.model_copy(update={"members": tuple(spec.members[number] for _, number in sorted(counted))})


def front_json(spec: ExportSpec, architectures: Sequence[Architecture]) -> Json:
    """``front.json``: ``{"metric": name, "networks": [{"folder", "birth", "macs", "parameters", "value"}]}``
    in the order of the members, with ``latency_ms`` where it is known of all."""
    timed = all(member.latency_ms is not None for member in spec.members)
    rows = zip(spec.members, architectures, strict=True)
    return {
        "metric": VALUE,
        "networks": [
            {
                "folder": f"members/{number}",
                "birth": member.birth,
                "macs": architecture.macs,
                "parameters": architecture.parameters,
                "value": member.metrics[VALUE],
                **({"latency_ms": member.latency_ms} if timed else {}),
            }
            for number, (member, architecture) in enumerate(rows)
        ],
    }


def chosen(spec: ExportSpec, architectures: Sequence[Architecture], most_macs: float | None = None) -> int:
    """The number of the member that a front offers: the most accurate within ``most_macs``, of equals the
    cheapest."""
    numbers = [
        number for number, one in enumerate(architectures) if most_macs is None or one.macs <= most_macs
    ]
    return max(
        numbers,
        key=lambda number: (
            spec.members[number].metrics[VALUE],
            -architectures[number].macs,
            -architectures[number].parameters,
        ),
    )
