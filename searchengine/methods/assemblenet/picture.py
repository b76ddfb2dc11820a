"""The multi-stream graph of a birth: streams and levels in lanes, connections as strong as they learned to
be. Beside its parent, what the last step dropped, added and repaired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from searchengine.architecture.graph import Architecture
from searchengine.architecture.text import shape_text
from searchengine.core.jsontext import Json
from searchengine.core.setting import DataSummary
from searchengine.methods.assemblenet.connections import edge_named, from_blocks
from searchengine.methods.assemblenet.describe import output_name, stem_width
from searchengine.methods.assemblenet.dropped import Dropped, edges_of, place_dropped
from searchengine.methods.assemblenet.genome import Edge, Genome, Node, parse
from searchengine.report.picture import EdgeStatus, Picture, PictureEdge, PictureNode, Portrayed

LANES = ("streams", "level 1", "level 2", "level 3", "level 4")
WEAK = 0.5
"""The threshold where parameters name none."""
UNLEARNED = 0.05
"""Weights this close to one half have not moved from where they began."""


def picture(birth: Portrayed, parent: Portrayed | None, data: DataSummary) -> Picture:
    """The graph of ``birth``; with ``parent`` also what went: dropped connections stand between the nodes
    that continue the parent's, where both went on."""
    genome = parse(birth.genome)
    traces = _traces(birth)
    weights = from_blocks(genome, birth.findings.get("weights", {})) or {
        edge: trace[-1] for edge, trace in traces.items()
    }
    limit = threshold_of(birth.params)
    changes = {change.operator: change for change in birth.changes}
    step: Json = changes["rewire"].arguments if "rewire" in changes else {}
    shown = parent is not None
    added = edges_of(step.get("added", ())) if shown else set()
    repaired = edges_of(step.get("repaired", ())) if shown else set()
    gone = Dropped({}, 0)
    if parent is not None:
        gone = place_dropped(parse(parent.genome), birth.changes, set(genome.edges))
    edges = [
        PictureEdge(
            _name(edge[0]),
            _name(edge[1]),
            weights.get(edge),
            _weak(weights.get(edge), limit),
            _status(edge, added, repaired),
            traces.get(edge, ()),
        )
        for edge in genome.edges
    ]
    if parent is not None:
        edges += _gone(parent, gone, limit)
    shares = flow_share(genome, weights)
    badges = _badges(birth) if shown else {}
    nodes = _nodes(genome, birth.network, data, shares, badges)
    return Picture(
        title=f"#{birth.number}" if parent is None else f"#{birth.number}, from #{parent.number}",
        help="Streams enter on the left; the wider and darker a connection, the more it lets through.",
        lanes=LANES,
        nodes=nodes,
        edges=tuple(edges),
        ends=("RGB", "flow"),
        notes=tuple(_notes(genome, weights, data)),
        legend=(*_dashes(weights, limit), *(_step_words(step, gone) if shown else ())),
    )


PICTURE = picture


def threshold_of(params: Json) -> float | None:
    """At which weight a connection is weak in a search with these parameters; None where every child draws
    its own."""
    return None if params.get("threshold_rule") == "uniform" else float(params.get("threshold", WEAK))


def flow_share(genome: Genome, weights: Mapping[Edge, float]) -> dict[int, float]:
    """For every node the share of flow among what reaches it: products of connection weights along all
    paths, from the stems on. A connection without a weight lets everything through."""
    reach: dict[int, tuple[float, float]] = {}
    for node in genome.nodes:
        if node.is_stem:
            reach[node.id] = (0.0, 1.0) if node.kind == "flow" else (1.0, 0.0)
            continue
        rgb = sum(weights.get((source, node.id), 1.0) * reach[source][0] for source in node.inputs)
        flow = sum(weights.get((source, node.id), 1.0) * reach[source][1] for source in node.inputs)
        total = rgb + flow or 1.0
        reach[node.id] = (rgb / total, flow / total)
    return {number: flow for number, (_, flow) in reach.items()}


def _nodes(
    genome: Genome,
    network: Architecture | None,
    data: DataSummary,
    shares: Mapping[int, float],
    badges: Mapping[int, list[str]],
) -> tuple[PictureNode, ...]:
    places: dict[int, int] = {}
    found = []
    for node in genome.nodes:
        place = places.get(node.level, 0)
        places[node.level] = place + 1
        found.append(
            PictureNode(
                _name(node.id),
                node.level,
                place,
                f"{'RGB' if node.kind == 'rgb' else 'flow'} {node.id}"
                if node.is_stem
                else f"block {node.id}",
                _lines(genome, node, network, data),
                round(shares[node.id], 3),
                tuple(badges.get(node.id, ())),
            )
        )
    return tuple(found)


def _lines(genome: Genome, node: Node, network: Architecture | None, data: DataSummary) -> tuple[str, ...]:
    """Width and temporal resolution, then the shape of what it gives: channels, frames, height, width."""
    width = f"{stem_width(genome)} channels" if node.is_stem else f"{node.filters} filters"
    lines = [width if node.kind == "flow" else f"{width} · dilation {node.dilation}"]
    if node.kind != "flow" and node.dilation >= data.shape[1]:
        lines.append("beyond the clip")
    output = None if network is None else network.by_name.get(output_name(genome, node))
    return tuple(lines) if output is None else (*lines, shape_text(output.shape))


def _traces(birth: Portrayed) -> dict[Edge, tuple[float, ...]]:
    """Weights over the training so far: what the curve holds while it runs, what was found afterwards."""
    found: dict[Edge, list[float]] = {}
    for row in birth.curve:
        for name, value in row.items():
            edge = edge_named(name)
            if edge is not None:
                found.setdefault(edge, []).append(float(value))
    return {edge: tuple(values) for edge, values in found.items()}


def _gone(parent: Portrayed, gone: Dropped, limit: float | None) -> list[PictureEdge]:
    """What went, red; of connections that merged blocks had side by side the strongest."""
    weights = from_blocks(parse(parent.genome), parent.findings.get("weights", {}))
    found = []
    for (source, target), were in gone.drawn.items():
        known = [weights[edge] for edge in were if edge in weights]
        weight = max(known, default=None)
        found.append(PictureEdge(_name(source), _name(target), weight, _weak(weight, limit), "removed"))
    return found


def _badges(birth: Portrayed) -> dict[int, list[str]]:
    words = {"split": "split", "merge": "merged", "temporal": "dilation", "stem": "new"}
    found: dict[int, list[str]] = {}
    for change in birth.changes:
        for number in change.arguments.get("nodes", ()) if change.operator in words else ():
            found.setdefault(int(number), []).append(words[change.operator])
    return found


def _notes(genome: Genome, weights: Mapping[Edge, float], data: DataSummary) -> Iterable[str]:
    if weights and all(abs(weight - 0.5) < UNLEARNED for weight in weights.values()):
        yield (
            "Every connection weight is still near one half: the logits do not learn, and rewiring by them is"
            " a coin flip. Raise the connection learning rate or train longer."
        )
    idle = [node.id for node in genome.nodes if node.kind != "flow" and node.dilation >= data.shape[1]]
    if idle:
        names = ", ".join(str(number) for number in idle)
        yield (
            f"The dilation of {names} reaches beyond the clip of {data.shape[1]} frames: its temporal"
            " convolutions see one frame."
        )


def _dashes(weights: Mapping[Edge, float], limit: float | None) -> Iterable[str]:
    if weights and limit is None:
        yield "nothing is dashed: every child draws a threshold of its own"
    elif weights:
        yield f"dashed: weight {limit:g} or less"


def _step_words(step: Json, gone: Dropped) -> Iterable[str]:
    weak = f"weight {step.get('threshold', WEAK):g} or less in the parent"
    yield f"red: dropped, {'any of the weighted' if step.get('rule') == 'random' else weak}"
    if gone.hidden:
        yield (
            f"{gone.hidden} more dropped and not drawn: a merged block has the connection from its other"
            " half, or an end is gone"
        )
    if step.get("rule") in ("guided", "random") and "q" in step:
        yield f"q {min(step['q'], 1.0):.2f}: the probability with which each absent connection was added"
    yield "green: added; orange: added so that every node is read and reads"


def _weak(weight: float | None, limit: float | None) -> bool:
    return weight is not None and limit is not None and weight <= limit


def _status(edge: Edge, added: set[Edge], repaired: set[Edge]) -> EdgeStatus:
    return "repaired" if edge in repaired else "added" if edge in added else ""


def _name(number: int) -> str:
    return f"n{number}"
