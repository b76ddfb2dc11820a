"""``export``: take a found network out of a run's folder, as files that run without this project."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from searchengine.core.errors import StateMismatch, UnknownName
from searchengine.core.jsontext import Json, dumps
from searchengine.core.method import Member
from searchengine.data.manifest import Manifest
from searchengine.data.prepared import default_data_root, find_prepared
from searchengine.driver.documents import documents_of, files_of, latency_of, reader
from searchengine.driver.folder import RunFolder
from searchengine.driver.summary import summary
from searchengine.jobs.store import Store


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of a run")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--best",
        action="store_true",
        help="what the search found: its best network, or its ensemble (default)",
    )
    which.add_argument("--genome", type=int, metavar="ID", help="the network of one birth, by its number")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="a new folder for the export")
    parser.add_argument(
        "--data-root", type=Path, help="folder of prepared sets; default: data in EVOSCOPE_VAR or var"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object at the end")
    parser.set_defaults(command=command)


def command(chosen: argparse.Namespace) -> int:
    """Write and check an export; 0 when every check held, 1 when one failed."""
    if not (chosen.folder / "plan.json").is_file():
        raise StateMismatch(f"{chosen.folder} holds no run")
    folder = RunFolder(chosen.folder, read_only=True)
    manifest = find_prepared(chosen.data_root or default_data_root(), folder.plan.data.fingerprint)
    made = export_spec(folder, manifest, chosen.genome)

    from searchengine.export.bundle import write_bundle  # loads torch
    from searchengine.export.spec import ExportSpec

    bundle = write_bundle(ExportSpec.from_json(made), chosen.to, _say)
    if chosen.json:
        print(dumps(bundle.to_json()))
    else:
        for check in bundle.checks:
            print(f"{'held  ' if check.passed else 'FAILED'} {check.name}: {check.detail}")
        print(f"{len(bundle.files)} files in {bundle.folder}")
    return 0 if bundle.ok else 1


def export_spec(folder: RunFolder, manifest: Manifest, birth: int | None = None) -> Json:
    """What to export, as JSON: the run's result, or with ``birth`` that one network as it was trained last.

    Raises ``UnknownName`` when nothing was found or the birth's weights are not there any more."""
    kind, members, metrics = _found(folder) if birth is None else ("network", [_member(folder, birth)], {})
    facts, plan = summary(folder), folder.plan
    store = Store(folder.artifacts)
    files = files_of(documents_of(plan.method, plan.params, folder.progress, reader(store)))
    kept = (
        "method",
        "params",
        "seed",
        "window",
        "evaluations",
        "reused",
        "births",
        "cost",
        "finished",
        "data",
    )
    preparation = {
        "scale": manifest.scale,
        "offset": manifest.offset,
        "mean": manifest.mean,
        "std": manifest.std,
        "flow": manifest.flow.to_json() if manifest.flow is not None else None,
        "how": manifest.preparation.to_json(),
    }
    return {
        "kind": kind,
        "members": [_described(folder, store, member, files) for member in members],
        "data": folder.plan.data.to_json(),
        "preparation": preparation,
        "lineage": _ancestry(folder, [member.birth for member in members]),
        "run": {name: facts[name] for name in kept},
        "recipe": folder.plan.recipe,
        "metrics": metrics,
    }


def _found(folder: RunFolder) -> tuple[str, list[Member], dict[str, float]]:
    outcome = folder.outcome
    if outcome is None:
        raise UnknownName(f"the run in {folder.path} has found no network yet")
    members = list(outcome.members)
    return outcome.kind, members[:1] if outcome.kind == "network" else members, outcome.metrics


def _member(folder: RunFolder, birth: int) -> Member:
    folder.archive.birth(birth)
    for evaluation in reversed(folder.lineage.record(birth)["evaluations"]):
        report = folder.archive.report(evaluation["job"])
        weights = report.artifacts.get("weights") if report is not None else None
        if weights is not None and Store(folder.artifacts).has(weights):
            return Member(birth, evaluation["job"], weights)
    raise UnknownName(f"no weights of birth {birth} are kept any more; only the best and the last hour's are")


def _described(folder: RunFolder, store: Store, member: Member, files: dict[str, str]) -> Json:
    job = folder.job(member.job)
    report = folder.archive.report(member.job)
    if member.weights is None or report is None:
        raise UnknownName(f"birth {member.birth} was never trained, so there are no weights to export")
    return {
        "genome": folder.archive.birth(member.birth).genome,
        "space": job.evaluator,
        "space_params": job.arguments.get("space_params", {}),
        "weights": str(store.path(member.weights, check=True)),
        "birth": member.birth,
        "metrics": report.scores[member.birth].metrics,
        "fidelity": job.fidelity.to_json(),
        "files": files,
        "latency_ms": latency_of(folder.progress, member.birth),
    }


def _ancestry(folder: RunFolder, births: list[int]) -> list[Json]:
    """Records of these births and all their ancestors, in order of birth."""
    wanted, left = set(births), list(births)
    while left:
        for parent in folder.archive.birth(left.pop()).parents:
            if parent not in wanted:
                wanted.add(parent)
                left.append(parent)
    return [folder.lineage.record(number) for number in sorted(wanted)]


def _say(phase: str, done: int, of: int) -> None:
    print(f"{phase} {done}/{of}", file=sys.stderr, flush=True)
