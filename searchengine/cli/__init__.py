"""The command line: ``python -m searchengine methods|data|calibrate|run|resume|show|export|judge|claims``.

Exit codes: 0 done, 1 a claim is contradicted, 2 refused (the message says what to change), 3 broken by a bug,
130 interrupted (resume goes on).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from searchengine.cli import calibrate, claims, export, judge, methods, run, show
from searchengine.core.errors import BrokenContract, EngineError
from searchengine.data.command import add_data_arguments, data_command
from searchengine.driver.local import RunBroken

REFUSED, BROKEN, INTERRUPTED = 2, 3, 130


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        code: int = chosen.command(chosen)
        return code
    except (RunBroken, BrokenContract) as error:
        print(f"broken: {error}", file=sys.stderr)
        return BROKEN
    except EngineError as error:
        print(f"refused: {error}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m searchengine", description="Evolutionary search of vision models, without a browser."
    )
    verbs = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    for name, help_text, module in (
        ("methods", "the methods, their presets and parameters", methods),
        ("calibrate", "time precisions and memory layouts on this machine, once", calibrate),
        ("run", "run a search in a new folder", run),
        ("resume", "go on with a search that was interrupted", run),
        ("show", "a genome as a network: layers, shapes, parameters, multiply-adds", show),
        ("export", "take a found network away", export),
        ("judge", "open the test part for what a run found; counted", judge),
        ("claims", "measure what a method claims, against its control", claims),
    ):
        declare = module.declare_resume if name == "resume" else module.declare
        declare(verbs.add_parser(name, help=help_text))
    data = verbs.add_parser("data", help="list and prepare data sets")
    add_data_arguments(data)
    data.set_defaults(command=data_command)
    return parser
