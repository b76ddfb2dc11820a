"""AssembleNet's own panels: what connections learned, what rewiring did with it, and what the result can do
without."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from searchengine.core.jsontext import Json
from searchengine.core.schedules import mutations_for_round
from searchengine.methods.assemblenet.genome import LEVELS, Genome, admissible, parse
from searchengine.report.history import BirthRow, RunHistory
from searchengine.report.panels.base import Panel, PanelAxis, PanelHeat, PanelMaker, PanelSeries, PanelTable
from searchengine.report.panels.mutations import mutation_schedule
from searchengine.report.population import alive

UNLEARNED_SHARE = 0.8
"""From this share of weights between 0.45 and 0.55 on, the panel warns that logits do not learn."""
LEADERS = 10
NEWEST = 10
"""Children in the table of what rewiring did."""


def connection_weights(run: RunHistory) -> Panel:
    """The histogram of connection weights over the population now."""
    counts = [int(count) for count in run.progress.get("weights", ())]
    total = sum(counts)
    width = 1 / len(counts) if counts else 0.0
    middles = tuple(round((place + 0.5) * width, 4) for place in range(len(counts)))
    near = sum(count for middle, count in zip(middles, counts, strict=True) if abs(middle - 0.5) < 0.05)
    help = "How strong the connections of the living learned to be; what is at or below the threshold goes."
    if total and near >= UNLEARNED_SHARE * total:
        help = (
            f"{near / total:.0%} of the weights are still near one half: the logits do not learn, so rewiring"
            " by them is a coin flip. Raise the connection learning rate or train longer."
        )
    series = (PanelSeries("connections", "bars", middles, tuple(map(float, counts)), "accent"),)
    return Panel(
        "connection-weights", "Learned connection weights", help,
        PanelAxis("weight"), PanelAxis("connections"),
        series if total else (), empty="" if total else "Appears with the first trained network.",
    )  # fmt: skip


def rewiring(run: RunHistory) -> Panel:
    """Connections of every birth, and how many its rewiring dropped and added."""
    births = [birth for birth in run.births if birth.genome is not None]
    rows = [(birth, parse(birth.genome or {})) for birth in births]
    children = [(birth, birth.changes[0].arguments) for birth in births if birth.changes]
    children = [(birth, told) for birth, told in children if "dropped" in told]

    def series(name: str, colour: str, mark: str, points: list[tuple[int, float, str]]) -> PanelSeries:
        return PanelSeries(
            name,
            "points" if mark == "points" else "step",
            tuple(float(number) for number, _, _ in points),
            tuple(value for _, value, _ in points),
            colour,
            tuple(number for number, _, _ in points),
            tuple(text for _, _, text in points),
        )

    count = [(birth.number, float(len(list(graph.edges))), "") for birth, graph in rows]
    dropped = [(b.number, float(len(told["dropped"])), f"q {told.get('q', 0):.2f}") for b, told in children]
    added = [(b.number, float(len(told["added"])), f"q {told.get('q', 0):.2f}") for b, told in children]
    found = tuple(
        one
        for one in (
            series("connections", "accent", "points", count),
            series("dropped", "bad", "points", dropped),
            series("added", "good", "points", added),
        )
        if one.x
    )
    return Panel(
        "rewiring", "Connections of each birth",
        "A child drops what its parent's training found weak, and adds absent ones at the same rate q.",
        PanelAxis("birth"), PanelAxis("connections"), found, _newest_children(children),
        empty="" if found else "Appears with the first births.",
    )  # fmt: skip


def _newest_children(children: Sequence[tuple[BirthRow, Json]]) -> PanelTable | None:
    """Counts and q of the newest children in numbers, for those who cannot point."""
    newest = children[: -NEWEST - 1 : -1]
    rows = tuple(
        (
            f"#{birth.number}",
            str(len(told["dropped"])),
            str(len(told["added"])),
            str(len(told.get("repaired", ()))),
            f"{told['q']:.2f}" if "q" in told else "",
        )
        for birth, told in newest
    )
    columns = ("birth", "dropped", "added", "repaired", "q")
    return PanelTable(columns, rows, tuple(birth.number for birth, _ in newest)) if rows else None


def dilations(run: RunHistory) -> Panel:
    """The temporal dilations of the living, level by level."""
    living = set(alive(run))
    counts: dict[int, Counter[int]] = {level: Counter() for level in range(LEVELS + 1)}
    for birth in run.births:
        if birth.number in living and birth.genome is not None:
            for node in parse(birth.genome).nodes:
                if node.kind != "flow":
                    counts[node.level][node.dilation] += 1
    values = sorted({value for found in counts.values() for value in found})
    lanes = tuple("RGB stems" if level == 0 else f"level {level}" for level in range(LEVELS + 1))
    series = tuple(
        PanelSeries(
            f"dilation {value}",
            "bars",
            lanes,
            tuple(found[value] / found.total() if found else None for found in counts.values()),
        )
        for value in values
    )
    return Panel(
        "dilations", "Temporal resolution by level",
        "The share of each dilation among the nodes of the living population.",
        PanelAxis("level"), PanelAxis("share"), series,
        empty="" if series else "Appears with the first population.",
    )  # fmt: skip


def leaderboard(run: RunHistory) -> Panel:
    """The best births of the search with what they cost and how sure their connections are."""
    births = run.birth_rows()
    rows, leaders = [], _leaders(run)
    for row in leaders:
        birth = births[row]
        score = run.first_scores()[row]
        rows.append(
            (
                f"#{row}",
                f"{score.fitness:.3f}",
                _count(birth.parameters, score.metrics.get("parameters")),
                _count(birth.flops, score.metrics.get("flops")),
                _count(None, score.metrics.get("connections")),
                f"{score.metrics['weight_entropy']:.2f}" if "weight_entropy" in score.metrics else "",
            )
        )
    columns = ("birth", "fitness", "parameters", "multiply-adds", "connections", "weight entropy, bits")
    return Panel(
        "leaderboard", "The best so far",
        "Entropy says how undecided connections are: 1 where every weight is one half, 0 where all are sure.",
        PanelAxis(""), PanelAxis(""), (),
        PanelTable(columns, tuple(rows), tuple(leaders)) if rows else None,
        empty="" if rows else "Appears with the first result.",
    )  # fmt: skip


def edge_frequency(run: RunHistory) -> Panel:
    """Which kinds of connection the best networks have: the share of possible ones that are there."""
    births = run.birth_rows()
    graphs = [parse(births[one].genome or {}) for one in _leaders(run) if births[one].genome is not None]
    sources = ("RGB stems", "flow stems", *(f"level {level}" for level in range(1, LEVELS)))
    targets = tuple(f"level {level}" for level in range(1, LEVELS + 1))
    possible: Counter[tuple[str, str]] = Counter()
    there: Counter[tuple[str, str]] = Counter()
    for graph in graphs:
        held = set(graph.edges)
        for source, target in admissible(graph):
            pair = (_group(graph, source), _group(graph, target))
            possible[pair] += 1
            there[pair] += (source, target) in held
    values = tuple(
        tuple(there[s, t] / possible[s, t] if possible[s, t] else None for t in targets) for s in sources
    )
    heat = PanelHeat(columns=targets, rows=sources, values=values, unit="share of possible connections")
    return Panel(
        "edge-frequency", f"Connections of the best {LEADERS}",
        "Where the best networks connect: the share of possible connections that they have.",
        PanelAxis("to"), PanelAxis("from"), heat=heat if graphs else None,
        empty="" if graphs else "Appears with the first result.",
    )  # fmt: skip


def without(run: RunHistory) -> Panel:
    """What validation loses when the best final network does without a stem or a connection."""
    found = run.progress.get("ablation") or {}
    whole = found.get("whole")
    called = _called(run, found.get("birth"))
    parts = [(f"stem {called(int(name))}", value) for name, value in found.get("stems", {}).items()]
    for name, value in found.get("connections", {}).items():
        source, _, target = name.partition(">")
        parts.append((f"{called(int(source))} → {called(int(target))}", value))
    parts.sort(key=lambda one: one[1])
    series = (
        (
            PanelSeries(
                "lost",
                "bars",
                tuple(name for name, _ in parts),
                tuple(round(whole - value, 4) for _, value in parts),
                "accent",
            ),
        )
        if parts and whole is not None
        else ()
    )
    # A figure has no room for levels under each bar; the table beside it says them.
    short = tuple(
        one._replace(x=tuple(re.sub(r" \(level \d\)", "", str(x)) for x in one.x)) for one in series
    )
    rows = tuple(
        (str(name), f"{lost:+.1%}")
        for one in series
        for name, lost in zip(one.x, one.y, strict=True)
        if lost is not None
    )
    help = "What the metric on validation loses without each stem and connection, not trained anew."
    if series:
        help = f"Network #{found['birth']}, {whole:.1%} whole: {help[0].lower()}{help[1:]}"
    return Panel(
        "without", "What it can do without", help, PanelAxis("left out"), PanelAxis("lost"), short,
        PanelTable(("left out", "lost"), rows) if rows else None,
        empty="" if series else "Appears with the final trainings.",
    )  # fmt: skip


def planned_mutations(run: RunHistory) -> dict[int, int]:
    """The rewiring and the structural mutations that the schedule gives each child; none where connections
    are only read off."""
    params = run.plan.get("params", {})
    start, decay = params.get("mutations_start"), params.get("mutations_decay")
    if start is None or decay is None:
        return {}
    return {
        birth.number: 1 + mutations_for_round(max(birth.cycle - 1, 0), start, decay)
        for birth in run.births
        if birth.operator == "mutation"
    }


PANELS: dict[str, PanelMaker] = {
    "connection-weights": connection_weights,
    "rewiring": rewiring,
    "dilations": dilations,
    "leaderboard": leaderboard,
    "edge-frequency": edge_frequency,
    "without": without,
    "mutations": mutation_schedule(planned_mutations),
}


def _leaders(run: RunHistory) -> list[int]:
    told = [(-row.fitness, number) for number, row in run.first_scores().items() if row.fitness is not None]
    return [number for _, number in sorted(told)[:LEADERS]]


def _called(run: RunHistory, birth: int | None) -> Callable[[int], str]:
    """How the nodes of a birth are called: by stream or level. By number alone where its genome is not
    known."""
    row = run.birth_rows().get(birth) if birth is not None else None
    if row is None or row.genome is None:
        return str
    nodes = {node.id: node for node in parse(row.genome).nodes}

    def name(number: int) -> str:
        node = nodes.get(number)
        if node is None:
            return str(number)
        streams = {"rgb": f"RGB {number}", "flow": f"flow {number}"}
        return streams.get(node.kind, f"block {number} (level {node.level})")

    return name


def _group(graph: Genome, number: int) -> str:
    node = graph.nodes[number]
    return {"rgb": "RGB stems", "flow": "flow stems"}.get(node.kind, f"level {node.level}")


def _count(counted: int | None, measured: float | None) -> str:
    value = counted if counted is not None else measured
    return "" if value is None else f"{int(value):,}"
