"""``python -m searchengine.export SPEC.json --to DIR [--zip FILE] [--json]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from searchengine.core.errors import EngineError
from searchengine.core.jsontext import dumps
from searchengine.export.spec import ExportSpec


def main(arguments: Sequence[str] | None = None) -> int:
    """Write and check an export; 0 when everything holds, 1 when a check failed, 2 when it was refused.

    With ``--json``: progress lines ``{"progress": phase, "done": n, "of": n}``, and at the end
    ``{"folder", "files", "checks", "ok"}`` or ``{"error": text}``.
    """
    parser = argparse.ArgumentParser(
        prog="python -m searchengine.export", description="write and check an export"
    )
    parser.add_argument("spec", type=Path, metavar="SPEC.json", help="what to export")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="a new folder for the export")
    parser.add_argument("--zip", type=Path, metavar="FILE", help="pack the folder as a zip file too")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    chosen = parser.parse_args(arguments)
    try:
        spec = ExportSpec.read(chosen.spec)
        # Only now: loading torch takes seconds, and a refusal should not.
        from searchengine.export.bundle import write_bundle, zip_folder

        bundle = write_bundle(spec, chosen.to, _say_json if chosen.json else _say)
        if chosen.zip is not None:
            zip_folder(bundle.folder, chosen.zip)
    except (EngineError, OSError) as refusal:
        if chosen.json:
            print(dumps({"error": str(refusal)}), flush=True)
        else:
            print(f"refused: {refusal}", file=sys.stderr)
        return 2
    if chosen.json:
        print(dumps(bundle.to_json()), flush=True)
    else:
        for check in bundle.checks:
            verdict = "held  " if check.passed else "FAILED"
            print(f"{verdict} {check.name}: {check.detail} ({check.seconds:.1f} s)")
        print(f"{len(bundle.files)} files in {bundle.folder}")
    return 0 if bundle.ok else 1


def _say_json(phase: str, done: int, of: int) -> None:
    print(dumps({"progress": phase, "done": done, "of": of}), flush=True)


def _say(phase: str, done: int, of: int) -> None:
    print(f"{phase} {done}/{of}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
