"""NSE's own panels: how the space evolves, and the front of cost and accuracy it ends with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from searchengine.core.pareto import hypervolume
from searchengine.core.ranks import spearman
from searchengine.methods.nse.limits import THOUSAND, UNITS
from searchengine.methods.nse.rounds import RoundRows, costs, guards, path_of, rounds
from searchengine.methods.nse.survival import Round, survival
from searchengine.report.history import RunHistory, ScoreRow
from searchengine.report.panels.base import (
    HeatStep,
    Panel,
    PanelAxis,
    PanelBand,
    PanelHeat,
    PanelMaker,
    PanelSeries,
    PanelTable,
)

FEWEST_RETRAINED = 5
"""From so many members trained again on, ranks are compared."""


def space(run: RunHistory) -> Panel:
    """Every cell's operations by the probability of their gates, round by round."""
    found = rounds(run)
    steps = tuple(HeatStep(f"round {one.number}", *_strips(one)) for one in found)
    heat = None
    if found:
        skeleton = found[-1].genome.skeleton
        heat = PanelHeat(
            columns=tuple(op.label for op in skeleton.ops),
            rows=_cells(skeleton.cells),
            values=steps[-1].values,
            unit="probability of its gate",
            signs=steps[-1].signs,
            steps=steps,
        )
    return Panel(
        "space", "Operations of every cell",
        "N new this round, L locked by an earlier one, K kept by this round's front, P pruned while it"
        " trained, × dropped, · not tried yet; darker where the gate lets an operation through more often."
        f"{_under_way(found)}",
        PanelAxis("operation"), PanelAxis("cell"), heat=heat,
        empty="" if heat else "Appears with the first round.",
    )  # fmt: skip


def size(run: RunHistory) -> Panel:
    """Operations in the supernet of each round: locked before, new; and what waits, what was dropped."""
    found = rounds(run)
    x = tuple(float(one.number) for one in found)
    counts: dict[str, list[int]] = {"locked": [], "new": [], "waiting": [], "dropped": []}
    for one in found:
        locked, active = _count(one.space.locked), _count(one.space.active)
        counts["locked"].append(locked)
        counts["new"].append(active - locked)
        counts["waiting"].append(_count(one.space.pending))
        counts["dropped"].append(_count(one.space.dropped))
    colours = {"locked": "accent", "new": "good", "waiting": "muted", "dropped": "bad"}
    series = tuple(
        PanelSeries(name, "bars", x, tuple(map(float, values)), colours[name])
        for name, values in counts.items()
    )
    help = "How many operations, over all cells, each round's supernet holds, and how many wait for theirs."
    left = int(run.progress.get("left_over", 0))
    if run.progress.get("standstill") == "stalled":
        help = f"The search stands still: every place is locked, and {left} operations were never tried."
    elif left:
        help += f" {left} will not be tried in the rounds that are left."
    return Panel(
        "size", "Size of the space", help, PanelAxis("round"), PanelAxis("operations"),
        series if found else (), empty="" if found else "Appears with the first round.",
    )  # fmt: skip


def scores(run: RunHistory) -> Panel:
    """The latest round's scored paths over their cost, with the front before and the front now."""
    found = rounds(run)
    held = [one for one in found if one.scored]
    axes = (PanelAxis("cost", _unit(run)), PanelAxis("accuracy"))
    title = "Cost and accuracy of scored paths"
    if not held:
        # In its help, which stays when the run has ended.
        missing = " ".join(f"{text}." for one in found for text in one.short)
        return Panel("scores", title, missing, *axes, empty="Appears when the first paths are scored.")
    last = held[-1]
    missing = "".join(f" {text}." for text in last.short)
    where = run.progress.get("measured")
    if where:
        missing += (
            f" Times are those of {where['device']}, {where['threads']} threads, {where['batch']} images."
        )
    cost, below = costs(run), guards(run)
    before = {birth for one in held[:-1][-1:] for birth, _, _ in one.front}
    rows = [row for row in last.scored if row.fitness is not None and row.birth in cost]
    kinds = {
        "candidates": [row for row in rows if row.birth not in below and row.birth not in before],
        "guards": [row for row in rows if row.birth in below],
        "front before, scored again": [row for row in rows if row.birth in before],
    }
    looks = {"candidates": "points", "guards": "rings", "front before, scored again": "points"}
    colours = {"candidates": "point", "guards": "quiet", "front before, scored again": "warn"}
    series = [
        _scatter(name, found, cost, looks[name], colours[name]) for name, found in kinds.items() if found
    ]
    if last.front:
        x = tuple(one / THOUSAND for _, one, _ in last.front)
        births = tuple(birth for birth, _, _ in last.front)
        series.append(PanelSeries("front", "step", x, tuple(v for _, _, v in last.front), "accent", births))
    return Panel(
        "scores", title,
        f"Round {last.number}: one supernet scores all of them. The front takes from the band; a guard,"
        " cheaper than the band, keeps out what only its place at the edge would let in."
        f"{missing}",
        *axes, tuple(series), bands=_bands(run),
    )  # fmt: skip


def fronts(run: RunHistory) -> Panel:
    """The front of every round."""
    series = tuple(
        PanelSeries(
            f"round {one.number}",
            "step",
            tuple(cost / THOUSAND for _, cost, _ in one.front),
            tuple(value for _, _, value in one.front),
            births=tuple(birth for birth, _, _ in one.front),
        )
        for one in rounds(run)
        if one.ended
    )
    return Panel(
        "fronts", "The front of every round",
        "Each by its own round's supernet: supernets differ, so heights of two fronts compare"
        " them only roughly.",
        PanelAxis("cost", _unit(run)), PanelAxis("accuracy"), series, bands=_bands(run) if series else (),
        empty="" if series else "Appears at the end of the first round.",
    )  # fmt: skip


def covered(run: RunHistory) -> Panel:
    """The hypervolume of every round's front as a mean accuracy over the band."""
    found = [one for one in rounds(run) if one.ended]
    band = run.progress.get("band")
    if not found or not band:
        return Panel(
            "covered", "What the front covers", "", PanelAxis("round"), PanelAxis("accuracy"),
            empty="Appears at the end of the first round.",
        )  # fmt: skip
    low, high = map(float, band)
    values = tuple(
        hypervolume([(max(cost, low), value) for _, cost, value in one.front], (high, 0.0)) / (high - low)
        for one in found
    )
    series = PanelSeries("hypervolume", "line", tuple(float(one.number) for one in found), values, "accent")
    return Panel(
        "covered", "What the front covers",
        "The hypervolume of each round's front over the band's width: the best accuracy to be had for a cost,"
        " averaged over the costs of the band.",
        PanelAxis("round"), PanelAxis("accuracy"), (series,),
    )  # fmt: skip


def usage(run: RunHistory) -> Panel:
    """Of every cell and operation the share of the latest front's members that use it."""
    found = [one for one in rounds(run) if one.ended]
    heat = None
    if found:
        last, births = found[-1], run.birth_rows()
        paths = [path_of(births[birth]) for birth, _, _ in last.front if birth in births]
        active = last.space.active
        skeleton = last.genome.skeleton
        heat = PanelHeat(
            columns=tuple(op.label for op in skeleton.ops),
            rows=_cells(skeleton.cells),
            values=tuple(
                tuple(
                    sum(op in path[cell] for path in paths) / len(paths) if op in active[cell] else None
                    for op in range(len(skeleton.ops))
                )
                for cell in range(len(skeleton.cells))
            ),
            unit="share of the front's members",
        )  # fmt: skip
    return Panel(
        "usage", "What the front uses",
        "The share of the latest front's members that use an operation in a cell; empty where the supernet"
        " did not hold it.",
        PanelAxis("operation"), PanelAxis("cell"), heat=heat,
        empty="" if heat else "Appears at the end of the first round.",
    )  # fmt: skip


def survivors(run: RunHistory) -> Panel:
    """Of every operation of the pool: in how many cells it was tried and kept."""
    found = [one for one in rounds(run) if one.ended]
    table = None
    if found:
        pool = found[-1].genome.skeleton.ops
        rows = survival([Round(one.space.active, one.kept) for one in found], len(pool))
        columns: tuple[str, ...] = ("operation", "cells that tried it", "cells that keep it")
        columns += tuple(f"round {one.number}: kept of tried" for one in found)
        table = PanelTable(
            columns,
            tuple(
                (
                    pool[row.op].label,
                    str(row.tried),
                    str(row.kept),
                    *(f"{kept} of {tried}" if tried else "" for tried, kept in row.by_round),
                )
                for row in sorted(rows, key=lambda row: (-row.kept, -row.tried, row.op))
            ),
        )
    return Panel(
        "survivors", "Which operations survive",
        "In how many cells an operation stood in a supernet and was kept.",
        PanelAxis(""), PanelAxis(""), (), table,
        empty="" if table else "Appears at the end of the first round.",
    )  # fmt: skip


def members(run: RunHistory) -> Panel:
    """The latest front's members: cost, score by the supernet, accuracy trained again."""
    found = [one for one in rounds(run) if one.ended]
    title, help = (
        "The front",
        "Scores come from the supernet; trained again is from scratch, both on validation.",
    )
    if not found:
        return Panel(
            "members", title, help, PanelAxis(""), PanelAxis(""),
            empty="Appears at the end of the first round.",
        )  # fmt: skip
    last = found[-1]
    again = {row.birth: row for row in run.scores if row.phase == "final" and row.fitness is not None}
    scored = {row.birth: row for row in last.scored}
    births = run.birth_rows()
    rows = tuple(
        (
            f"#{birth}",
            *_counts(again.get(birth) or scored.get(birth)),
            str(_count(path_of(births[birth]))) if birth in births else "",
            f"{value:.3f}",
            f"{again[birth].fitness:.3f}" if birth in again else "",
        )
        for birth, _, value in last.front
    )
    both = [(value, again[birth].fitness or 0.0) for birth, _, value in last.front if birth in again]
    if len(both) >= FEWEST_RETRAINED:
        agree = spearman([one for one, _ in both], [other for _, other in both])
        help += (
            " Their ranks say nothing: all of one side are equal."
            if agree is None
            else f" Rank correlation of the two over {len(both)} members: {agree:.2f}."
        )
    columns = ("network", "multiply-adds", "parameters", "operations", "supernet's score", "trained again")
    return Panel("members", title, help, PanelAxis(""), PanelAxis(""), (), PanelTable(columns, rows))


PANELS: dict[str, PanelMaker] = {
    "space": space,
    "size": size,
    "scores": scores,
    "fronts": fronts,
    "covered": covered,
    "usage": usage,
    "survivors": survivors,
    "members": members,
}


def _under_way(found: Sequence[RoundRows]) -> str:
    """What of the panel is not settled yet, in words."""
    return "".join(
        f" Round {one.number} trains: gates as they are at step {one.at[0]} of {one.at[1]}."
        for one in found
        if one.at is not None
    )


def _strips(one: RoundRows) -> tuple[tuple[tuple[float | None, ...], ...], tuple[tuple[str, ...], ...]]:
    values, signs = [], []
    for cell in range(len(one.space.cells)):
        gates = dict(one.gates[cell]) if one.gates else {}
        row: list[float | None] = []
        marks = []
        for op in range(one.space.pool):
            row.append(gates.get(op, 0.0 if op in one.space.active[cell] and one.gates else None))
            marks.append(_sign(one, cell, op, gates))
        values.append(tuple(row))
        signs.append(tuple(marks))
    return tuple(values), tuple(signs)


def _sign(one: RoundRows, cell: int, op: int, gates: dict[int, float]) -> str:
    held = one.space
    if op in held.active[cell]:
        if one.gates and op not in gates:
            return "P"
        if one.ended:
            return "K" if op in one.kept[cell] else "×"
        return "L" if op in held.locked[cell] else "N"
    if op in held.pending[cell]:
        return "·"
    return "×" if op in held.dropped[cell] else ""


def _scatter(
    name: str, rows: Iterable[ScoreRow], cost: dict[int, float], mark: str, colour: str
) -> PanelSeries:
    held = list(rows)
    return PanelSeries(
        name,
        "rings" if mark == "rings" else "points",
        tuple(cost[row.birth] / THOUSAND for row in held),
        tuple(row.fitness for row in held),
        colour,
        tuple(row.birth for row in held),
    )


def _bands(run: RunHistory) -> tuple[PanelBand, ...]:
    band = run.progress.get("band")
    return (PanelBand(band[0] / THOUSAND, band[1] / THOUSAND, "band"),) if band else ()


def _unit(run: RunHistory) -> str:
    return UNITS.get(str(run.progress.get("resource", "macs")), "")


def _cells(kinds: str) -> tuple[str, ...]:
    return tuple(f"{cell} {kind}" for cell, kind in enumerate(kinds))


def _count(cells: Iterable[Iterable[int]]) -> int:
    return sum(len(list(ops)) for ops in cells)


def _counts(row: ScoreRow | None) -> tuple[str, str]:
    metrics = row.metrics if row is not None else {}
    flops, parameters = (
        f"{int(metrics[name]):,}" if name in metrics else "" for name in ("flops", "parameters")
    )
    return flops, parameters
