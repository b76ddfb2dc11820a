"""`manage.py up`: the whole product from one command."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from webapp.operations.launcher.roles import default_slots


class Command(BaseCommand):
    help = """\
Start Evoscope on this machine and keep it running until Ctrl-C.

Starts PostgreSQL and Redis under var/ (unless DATABASE_URL and REDIS_URL name your own), brings the
database up to date, makes the first account (its password is printed once; EVOSCOPE_ADMIN_PASSWORD
sets it), then starts web, steward, preparer and one worker slot a graphics card (EVOSCOPE_DEVICES names
others), or a core where there is none. Whatever dies is started again. Ctrl-C ends every one of them; the
next start finds all data. EVOSCOPE_VAR moves var/."""

    requires_system_checks = []  # the database they may ask is not up yet

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8000, help="port to listen on; the next free one when taken (8000)"
        )
        parser.add_argument(
            "--host", default="127.0.0.1", help="interface to listen on; this machine alone by default"
        )
        parser.add_argument(
            "--slots", type=int, default=None, help="trainings at once (one a GPU or core, or EVOSCOPE_SLOTS)"
        )
        parser.add_argument(
            "--demo", metavar="METHOD", help="launch this method's demo and its control, and show progress"
        )
        parser.add_argument(
            "--until-done",
            action="store_true",
            help="with --demo: end once the run is done and its export is checked",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout, words on stderr")

    def handle(self, *args: Any, **options: Any) -> None:
        from webapp.operations.launcher.up import Wanted, up

        if options["until_done"] and not options["demo"]:
            self.stderr.write("--until-done needs --demo METHOD, such as --demo evanet")
            sys.exit(2)
        slots = default_slots() if options["slots"] is None else options["slots"]
        if not 0 <= slots <= 512 or not 0 <= options["port"] <= 65_535:
            self.stderr.write("--slots must lie between 0 and 512, --port between 0 and 65535")
            sys.exit(2)
        sys.exit(
            up(
                Wanted(
                    host=options["host"],
                    port=options["port"],
                    slots=slots,
                    demo=options["demo"] or "",
                    until_done=options["until_done"],
                    machine=options["json"],
                )
            )
        )
