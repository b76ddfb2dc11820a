"""EvaNet's own panels: which layers evolution prefers, how they look in time, and what the final phase
found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from searchengine.core.jsontext import Json
from searchengine.core.schedules import mutations_for_round
from searchengine.methods.evanet.genome import Genome, canonical, genes_of, parse
from searchengine.methods.evanet.handmade import HAND_MADE
from searchengine.report.history import RunHistory, ScoreRow
from searchengine.report.panels.base import Panel, PanelAxis, PanelMaker, PanelSeries, PanelTable
from searchengine.report.panels.histogram import temporal_sizes
from searchengine.report.panels.layer_kinds import layer_kinds
from searchengine.report.panels.mutations import mutation_schedule

KIND_ORDER = ("conv3d", "conv2p1d", "itgm", "pool", "point")
FRAME = PanelAxis("frame of the window", "frames")


def layers_of(genome: Json) -> Counter[str]:
    """Searched layers of a genome by kind, the stem included; a block counts once however often it
    repeats."""
    found = canonical(parse(genome))
    counts: Counter[str] = Counter([found.stem.op])
    for block in found.blocks:
        for branch in block.branches:
            if branch.kind in ("pool", "point"):
                counts[branch.kind] += 1
            else:
                counts.update(
                    str(getattr(branch, gene)) for gene in genes_of(branch.kind) if gene in ("op", "op2")
                )
    return counts


def sizes_of(genome: Json) -> list[int]:
    """Every temporal size of a genome: stem, pools between blocks, branches."""
    found: Genome = canonical(parse(genome))
    sizes = [found.stem.t, *(size for _, size in found.pools)]
    for block in found.blocks:
        for branch in block.branches:
            sizes += [getattr(branch, gene) for gene in genes_of(branch.kind) if gene in ("t", "t2")]
    return sizes


def planned_mutations(run: RunHistory) -> dict[int, int]:
    """What the schedule says for each child: its round was fixed when it was born."""
    params = run.plan.get("params", {})
    start, decay = params.get("mutations_start"), params.get("mutations_decay")
    if start is None or decay is None:
        return {}
    return {
        birth.number: mutations_for_round(max(birth.cycle - 1, 0), start, decay)
        for birth in run.births
        if birth.parents
    }


def final_accuracy(run: RunHistory) -> Panel:
    """Finalists and hand-made networks after equal final training: accuracy on validation over what they
    cost.

    The cost is measured latency where every one of them has it, else multiply-adds.
    """
    rows = _final_rows(run)
    births = run.birth_rows()
    timed = bool(rows) and all("latency_ms" in row.metrics for row in rows.values())
    axis = (
        PanelAxis("latency of one clip", "ms", log=True)
        if timed
        else PanelAxis("multiply-adds of one clip", "", log=True)
    )
    names = _hand_made_names(run)
    groups: dict[str, list[tuple[float, float, int]]] = {"found": [], "hand-made": []}
    for number, row in rows.items():
        counted = row.metrics.get("flops", births[number].flops)
        cost = row.metrics["latency_ms"] if timed else counted
        if cost is not None:
            group = "hand-made" if number in names else "found"
            groups[group].append((float(cost), row.metrics["accuracy"], number))
    series = tuple(
        PanelSeries(
            f"{name} networks",
            "points",
            tuple(cost for cost, _, _ in points),
            tuple(accuracy for _, accuracy, _ in points),
            colour="accent" if name == "found" else "muted",
            births=tuple(number for _, _, number in points),
            text=tuple(names.get(number, f"#{number}") for _, _, number in points),
        )
        for name, points in groups.items()
        if points
    )
    ranked = sorted(rows.items(), key=lambda item: -item[1].metrics["accuracy"])
    table = tuple(
        (
            f"#{number}",
            names.get(number, "found"),
            f"{row.metrics['accuracy']:.3f}",
            _whole(births[number].parameters, row.metrics.get("parameters")),
            _whole(births[number].flops, row.metrics.get("flops")),
        )
        for number, row in ranked
    )
    columns = ("birth", "network", "accuracy", "parameters", "multiply-adds")
    return Panel(
        "final-accuracy",
        "Found and hand-made networks",
        "All were trained equally long; above and to the left is better. Scores are on validation.",
        axis,
        PanelAxis("accuracy"),
        series,
        PanelTable(columns, table, tuple(number for number, _ in ranked)) if table else None,
        empty="" if series else "Appears when the first networks have had their final training.",
    )


def itgm_profiles(run: RunHistory) -> Panel:
    """The M temporal profiles of an iTGM layer before and after training, and the middles of all layers."""
    layers = _itgm_layers(run)
    series: list[PanelSeries] = []
    title = "iTGM profiles"
    if layers:
        shown = layers[0]
        title = f"iTGM profiles of {shown['layer']} in #{run.progress['itgm']['birth']}"
        frames = tuple(float(frame) for frame in range(shown["frames"]))
        for when, colour in (("before", "muted"), ("after", "itgm")):
            for index, profile in enumerate(shown[when]["profiles"]):
                series.append(
                    PanelSeries(f"profile {index + 1} {when}", "line", frames, tuple(profile), colour=colour)
                )
    rows = tuple(
        (
            layer["layer"],
            str(layer["frames"]),
            _numbers(layer["before"]["mu"]),
            _numbers(layer["after"]["mu"]),
        )
        for layer in layers
    )
    return Panel(
        "itgm-profiles",
        title,
        "How much each frame weighs in a profile: grey as it was drawn, in colour as it was learned.",
        FRAME,
        PanelAxis("weight"),
        tuple(series),
        PanelTable(("layer", "frames", "middles before", "middles after"), rows) if rows else None,
        empty="" if series else "Appears when a network with an iTGM layer has had its final training.",
    )


def itgm_mixture(run: RunHistory) -> Panel:
    """How the mixed temporal kernels tau are distributed over all pairs of channels, frame by frame."""
    layers = _itgm_layers(run)
    series: list[PanelSeries] = []
    if layers:
        shown = layers[0]
        frames = tuple(float(frame) for frame in range(shown["frames"]))
        for when, colour in (("before", "muted"), ("after", "itgm")):
            for place, name in ((0, "least"), (2, "median"), (4, "most")):
                values = tuple(levels[place] for levels in shown[when]["tau"])
                series.append(PanelSeries(f"{name} {when}", "line", frames, values, colour=colour))
    return Panel(
        "itgm-mixture",
        "iTGM kernels over channel pairs",
        "Every pair of channels mixes the profiles its own way: between least and most lies that freedom.",
        FRAME,
        PanelAxis("weight"),
        tuple(series),
        empty="" if series else "Appears when a network with an iTGM layer has had its final training.",
    )


def ensemble(run: RunHistory) -> Panel:
    """The run's own ensemble beside its members, on validation."""
    metrics: Mapping[str, float] = run.progress.get("ensemble") or {}
    made = _hand_made_names(run)
    members = sorted(
        ((number, row) for number, row in _final_rows(run).items() if number not in made),
        key=lambda item: -item[1].metrics["accuracy"],
    )
    labels = [f"#{number}" for number, _ in members]
    values: list[float] = [row.metrics["accuracy"] for _, row in members]
    if "accuracy" in metrics:
        labels.append("ensemble")
        values.append(metrics["accuracy"])
    series = PanelSeries(
        "accuracy",
        "bars",
        tuple(labels),
        tuple(values),
        colour="accent",
        births=tuple(number for number, _ in members),
    )
    rows = tuple((label, f"{value:.4f}") for label, value in zip(labels, values, strict=True))
    return Panel(
        "ensemble",
        "Ensemble of the best distinct networks",
        "Logits are averaged. An ensemble no better than its best member is not worth its cost.",
        PanelAxis("network"),
        PanelAxis("accuracy"),
        (series,) if labels else (),
        PanelTable(("network", "accuracy"), rows) if rows else None,
        empty="" if labels else "Appears when the best networks have had their final training.",
    )


PANELS: dict[str, PanelMaker] = {
    "layer-kinds": layer_kinds(layers_of, KIND_ORDER),
    "temporal-sizes": temporal_sizes(sizes_of),
    "mutations": mutation_schedule(planned_mutations),
    "final-accuracy": final_accuracy,
    "itgm-profiles": itgm_profiles,
    "itgm-mixture": itgm_mixture,
    "ensemble": ensemble,
}


def _final_rows(run: RunHistory) -> dict[int, ScoreRow]:
    """Each birth's first score of the final phase that did not fail."""
    found: dict[int, ScoreRow] = {}
    for row in run.scores:
        if row.phase == "final" and row.failure is None and "accuracy" in row.metrics:
            found.setdefault(row.birth, row)
    return found


def _hand_made_names(run: RunHistory) -> dict[int, str]:
    made = [birth for birth in run.births if birth.operator == "hand_made"]
    return {birth.number: HAND_MADE[birth.changes[0].arguments["name"]].title for birth in made}


def _itgm_layers(run: RunHistory) -> list[Json]:
    layers: list[Json] = (run.progress.get("itgm") or {}).get("layers", [])
    return layers


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _whole(counted: int | None, measured: float | None) -> str:
    value = counted if counted is not None else measured
    return "" if value is None else f"{int(value):,}"
