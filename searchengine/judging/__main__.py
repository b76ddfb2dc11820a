"""``python -m searchengine.judging SPEC.json [--data-root DIR] [--device D]``: for programs, which count the
looks themselves; people use ``python -m searchengine judge``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from searchengine.core.errors import BadGenome, EngineError
from searchengine.core.jsontext import dumps
from searchengine.data.prepared import default_data_root
from searchengine.export.spec import ExportSpec


def main(arguments: Sequence[str] | None = None) -> int:
    """One JSON object: ``{"metrics": {...}, "samples": n}`` and 0, or ``{"error": text}`` and 2."""
    parser = argparse.ArgumentParser(prog="python -m searchengine.judging", description="judge on test")
    parser.add_argument("spec", type=Path, metavar="SPEC.json", help="what to judge, as for an export")
    parser.add_argument("--data-root", type=Path, help="folder of prepared sets")
    parser.add_argument("--device", default="cpu", help="torch device; default: cpu")
    chosen = parser.parse_args(arguments)
    try:
        spec = ExportSpec.read(chosen.spec)
        from searchengine.judging.judge import judge_spec  # loads torch; a refusal should not wait for it

        found = judge_spec(spec, chosen.data_root or default_data_root(), chosen.device)
    except (EngineError, BadGenome, OSError, RuntimeError) as refusal:
        print(dumps({"error": str(refusal)}), flush=True)
        return 2
    print(dumps({"metrics": found.metrics, "samples": found.samples}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
