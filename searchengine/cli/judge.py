"""``judge``: open the test part for what a run found, once a person has decided to; every look is counted."""

from __future__ import annotations

import argparse
from pathlib import Path

from searchengine.cli.export import export_spec
from searchengine.core.errors import StateMismatch
from searchengine.core.jsontext import dumps
from searchengine.data.prepared import default_data_root, find_prepared
from searchengine.driver.folder import RunFolder
from searchengine.judging.ledger import note_look
from searchengine.report.intervals import wilson

LEDGER = "test_looks.jsonl"


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of a run")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--best", action="store_true", help="what the search found (default)")
    which.add_argument("--genome", type=int, metavar="ID", help="the network of one birth, by its number")
    parser.add_argument("--device", default="cpu", help="torch device; default: cpu")
    parser.add_argument(
        "--data-root", type=Path, help="folder of prepared sets; default: data in EVOSCOPE_VAR or var"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object at the end")
    parser.set_defaults(command=command)


def command(chosen: argparse.Namespace) -> int:
    if not (chosen.folder / "plan.json").is_file():
        raise StateMismatch(f"{chosen.folder} holds no run")
    root = chosen.data_root or default_data_root()
    folder = RunFolder(chosen.folder, read_only=True)
    manifest = find_prepared(root, folder.plan.data.fingerprint)
    made = export_spec(folder, manifest, chosen.genome)

    from searchengine.export.spec import ExportSpec
    from searchengine.judging.judge import judge_spec  # loads torch

    spec = ExportSpec.from_json(made)
    found = judge_spec(spec, root, chosen.device)
    look = note_look(
        chosen.folder / LEDGER,
        fingerprint=folder.plan.data.fingerprint,
        what=", ".join(f"#{member.birth}" for member in spec.members),
        networks=len(spec.members),
        metrics=found.metrics,
    )
    if chosen.json:
        print(dumps({"metrics": found.metrics, "samples": found.samples, "look": look}))
        return 0
    metric = folder.plan.data.metric
    words = f"test {metric.replace('_', ' ')} {found.metrics[metric]:.4f}"
    if metric == "accuracy":
        low, high = wilson(found.metrics[metric], found.samples)
        words += f", 95 % interval {low:.4f} to {high:.4f}"
    print(f"{words} over {found.samples} samples")
    print(f"look {look} of this run at its test part; each one is written in {chosen.folder / LEDGER}")
    return 0
