"""A family of births as elements of a graph: where each stands, and what to say of it."""

from __future__ import annotations

from searchengine.core.jsontext import Json
from searchengine.report.lineage import Family
from webapp.plots.scale import fitness, span_of

COLUMN = 150.0
ROW = 96.0


def lineage_elements(family: Family, best: int | None) -> list[Json]:
    """Nodes stand by generation from above, in each by fitness from left to right; edges carry the
    mutation."""
    ranks: dict[int, list[int]] = {}
    for node in family.nodes:
        ranks.setdefault(node.depth, []).append(node.number)
    by_number = {node.number: node for node in family.nodes}
    span = span_of([node.fitness for node in family.nodes if node.fitness is not None], margin=0.0)
    top = min(ranks, default=0)
    elements: list[Json] = []
    for depth, numbers in sorted(ranks.items()):
        ordered = sorted(numbers, key=lambda number: (by_number[number].fitness or -1e9, number))
        for index, number in enumerate(ordered):
            node = by_number[number]
            classes = ["failed" if node.failed else "scored" if node.fitness is not None else "waiting"]
            if number == best:
                classes.append("best")
            if number == family.middle:
                classes.append("middle")
            elements.append(
                {
                    "data": {
                        "id": str(number),
                        "label": f"#{number}",
                        "fitness": fitness(node.fitness),
                        "share": 0.0 if node.fitness is None else round(span.share(node.fitness), 3),
                        "operator": node.operator,
                        "more": node.more,
                    },
                    "position": {
                        "x": round(COLUMN * (index - (len(ordered) - 1) / 2), 1),
                        "y": round(ROW * (depth - top), 1),
                    },
                    "classes": " ".join(classes),
                }
            )
    elements += [
        {
            "data": {
                "id": f"{edge.parent}-{edge.child}",
                "source": str(edge.parent),
                "target": str(edge.child),
                "label": edge.text if len(edge.text) <= 60 else f"{edge.text[:57]}…",
            }
        }
        for edge in family.edges
    ]
    return elements
