"""Golden runs: a small lineage of every method under a fixed seed, kept in ``tests/golden``.

``python -m searchengine.testing.golden METHOD`` compares the stored one with what the method does now;
``--refresh`` writes it anew. Refresh only on purpose, in a change that says why the history changed. Scores
come from genomes by a hash, so a golden run is the same on every machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from searchengine.core.events import Event
from searchengine.core.jobs import Birth, Job
from searchengine.core.jsontext import dumps
from searchengine.testing.contract import plan_for
from searchengine.testing.rehearsal import Rehearsal

SEED = 20
EVALUATIONS = 30
FOLDER = Path("tests/golden")


def golden(slug: str) -> list[str]:
    """The lines of a method's golden run: births, jobs, deaths and the ending, in order of what happened."""
    run = Rehearsal(plan_for(slug, seed=SEED, evaluations=EVALUATIONS)).run()
    births = {birth.number: birth for birth in run.births}
    lines: list[str] = []
    for job in run.jobs:
        lines += [
            _birth(births[number]) for number in job.subjects if job.phase == "search" and number in births
        ]
        lines.append(_job(job))
    lines += [
        _event(event) for event in run.events if event.kind in ("death", "refused", "milestone", "closing")
    ]
    assert run.outcome is not None
    members = [[member.birth, member.job] for member in run.outcome.members]
    lines.append(dumps({"outcome": run.outcome.kind, "members": members, "metrics": run.outcome.metrics}))
    return lines


def difference(expected: Sequence[str], came: Sequence[str]) -> str | None:
    """The first line in which two golden runs differ, in words; None when they are equal."""
    for number, (old, new) in enumerate(zip(expected, came, strict=False), start=1):
        if old != new:
            return f"line {number} differs\n  stored: {old}\n  now:    {new}"
    if len(expected) != len(came):
        return f"expected {len(expected)} lines, got {len(came)}"
    return None


def _birth(birth: Birth) -> str:
    text = "; ".join(change.text for change in birth.changes)
    return dumps(
        {
            "birth": birth.number,
            "key": birth.key,
            "parents": list(birth.parents),
            "operator": birth.operator,
            "changes": text,
            "cycle": birth.cycle,
            "genome": birth.genome,
        }
    )


def _job(job: Job) -> str:
    return dumps(
        {
            "job": job.number,
            "kind": job.kind,
            "phase": job.phase,
            "subjects": list(job.subjects),
            "fidelity": job.fidelity.to_json(),
            "seed": job.seed,
            "cost": job.cost,
            "reuse_of": job.reuse_of,
            "protocol": job.protocol,
        }
    )


def _event(event: Event) -> str:
    return dumps({event.kind: event.payload})


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m searchengine.testing.golden")
    parser.add_argument("method", help="slug of a method")
    parser.add_argument("--refresh", action="store_true", help="write what the method does now")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"default: {FOLDER}")
    chosen = parser.parse_args(arguments)
    path: Path = chosen.folder / f"{chosen.method}.jsonl"
    came = golden(chosen.method)
    if chosen.refresh:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line + "\n" for line in came), encoding="utf-8")
        print(f"wrote {path}: {len(came)} lines")
        return 0
    if not path.exists():
        print(f"there is no {path}; record it with --refresh", file=sys.stderr)
        return 2
    found = difference(path.read_text(encoding="utf-8").splitlines(), came)
    print(f"{chosen.method}: {found or 'as recorded'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
