"""A family of births as elements of a graph: where each stands, and what to say of it."""

from __future__ import annotations

from searchengine.core.jsontext import Json
from searchengine.report.lineage import Family
from webapp.plots.scale import fitness, span_of

COLUMN = 150.0
ROW = 116.0
MOST_WORDS = 72
TEXT_BELOW = 20.0
"""Where the words of a birth begin, below its middle: each column has its own, so they never meet."""


def lineage_elements(family: Family, best: int | None) -> list[Json]:
    """Nodes stand by generation from above, in each by fitness from left to right; what changed from their
    parents stands in words below each."""
    ranks: dict[int, list[int]] = {}
    for node in family.nodes:
        ranks.setdefault(node.depth, []).append(node.number)
    by_number = {node.number: node for node in family.nodes}
    span = span_of([node.fitness for node in family.nodes if node.fitness is not None], margin=0.0)
    top = min(ranks, default=0)
    words: dict[int, list[str]] = {}
    for edge in family.edges:
        words.setdefault(edge.child, []).append(edge.text)
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
            x, y = round(COLUMN * (index - (len(ordered) - 1) / 2), 1), round(ROW * (depth - top), 1)
            if number in words:
                elements.append(_text(number, "; ".join(dict.fromkeys(words[number])), x, y))
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
                    "position": {"x": x, "y": y},
                    "classes": " ".join(classes),
                }
            )
    elements += [
        {
            "data": {
                "id": f"{edge.parent}-{edge.child}",
                "source": str(edge.parent),
                "target": str(edge.child),
            }
        }
        for edge in family.edges
    ]
    return elements


def _text(number: int, words: str, x: float, y: float) -> Json:
    short = words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 1].rstrip()}…"
    return {
        "data": {"id": f"words-{number}", "label": short},
        "position": {"x": x, "y": y + TEXT_BELOW},
        "classes": "words",
        "selectable": False,
    }
