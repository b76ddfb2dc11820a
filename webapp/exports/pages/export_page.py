"""An export as its page shows it, and what can be exported of a run."""

from __future__ import annotations

from typing import NamedTuple

from searchengine.core.errors import EngineError
from webapp.exports.models import Export, ExportKind, ExportState
from webapp.searches.models import Genome, SearchRun
from webapp.searches.pages.source import source_text

LOOKS = {
    ExportState.WAITING: "accent",
    ExportState.WRITING: "accent",
    ExportState.READY: "good",
    ExportState.FAILED: "bad",
    ExportState.CANCELLED: "warn",
}


class Check(NamedTuple):
    """One check of the export, made in a clean process."""

    name: str
    passed: bool
    detail: str


class ExportPage(NamedTuple):
    """``moving`` while it is written; ``passed`` of ``checks`` are green."""

    export: Export
    title: str
    look: str
    moving: bool
    checks: tuple[Check, ...]
    passed: int
    source: str
    reviewed: bool
    lines: tuple[str, ...]


class Candidate(NamedTuple):
    """A network that can be exported."""

    birth: Genome
    best: bool


class NewExport(NamedTuple):
    """``outcome`` says what the run's own result is, empty while there is none."""

    run: SearchRun
    chosen: Genome | None
    candidates: tuple[Candidate, ...]
    outcome: str
    exports: tuple[ExportPage, ...]


def export_page(export: Export, *, source: bool = True) -> ExportPage:
    """One export; one query for its genome when the source is wanted."""
    checks = tuple(
        Check(str(row["name"]).replace("_", " "), bool(row["passed"]), str(row.get("detail", "")))
        for row in export.checks_json
    )
    text = ""
    birth = _first_birth(export) if source else None
    if birth is not None:
        try:
            text = source_text(export.run, birth)
        except EngineError:
            text = ""
    return ExportPage(
        export=export,
        title=_title(export),
        look=LOOKS[ExportState(export.state)],
        moving=export.state in (ExportState.WAITING, ExportState.WRITING),
        checks=checks,
        passed=sum(check.passed for check in checks),
        source=text,
        reviewed=False,
        lines=_lines(export),
    )


def new_export(run: SearchRun, number: int | None) -> NewExport:
    """What of a run can be exported; four queries. ``number`` is the birth a person came from."""
    scored = Genome.objects.filter(run=run, fitness__isnull=False)
    best = list(scored.order_by("-fitness", "number")[:5])
    chosen = scored.filter(number=number).first() if number is not None else None
    exports = Export.objects.filter(run=run).select_related("genome", "run").order_by("-id")[:20]
    return NewExport(
        run=run,
        chosen=chosen or (best[0] if best else None),
        candidates=tuple(Candidate(birth, birth.number == run.best_genome) for birth in best),
        outcome=_outcome(run),
        exports=tuple(export_page(export, source=False) for export in exports),
    )


def _outcome(run: SearchRun) -> str:
    outcome = run.outcome_json
    if not outcome or not outcome.get("members"):
        return ""
    numbers = [f"#{member['birth']}" for member in outcome["members"]]
    if outcome["kind"] == "network":
        return f"network {numbers[0]}, trained again"
    return f"{outcome['kind']} of {', '.join(numbers)}"


def _title(export: Export) -> str:
    if export.kind == ExportKind.OUTCOME or export.genome is None:
        return f"What {export.run.name} found"
    return f"Network #{export.genome.number} of {export.run.name}"


def _first_birth(export: Export) -> Genome | None:
    """The network whose source the page shows: the exported one, or the first member of the outcome."""
    if export.genome is not None:
        return export.genome
    members = (export.run.outcome_json or {}).get("members") or [{}]
    return Genome.objects.filter(run=export.run, number=members[0].get("birth", -1)).first()


def _lines(export: Export) -> tuple[str, ...]:
    outcome = export.run.outcome_json or {}
    kind = outcome.get("kind") if export.genome is None else "network"
    return (
        f"unzip evoscope-run-{export.run_id}-*.zip && cd export",
        "pip install torch safetensors",
        f"python {kind if kind in ('ensemble', 'front') else 'model'}.py",
    )
