"""`manage.py worker`: slots alone, for a further machine."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from webapp.operations.launcher.roles import default_slots


class Command(BaseCommand):
    help = (
        "Work for the Evoscope whose DATABASE_URL, REDIS_URL and EVOSCOPE_STORE are set, until Ctrl-C. Says "
        "what this machine has, and reads a known file from the store before it takes work. It holds the "
        "database's password: run it on machines you trust fully."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--slots", type=int, default=None, help="trainings at once (one a GPU or core, or EVOSCOPE_SLOTS)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from webapp.operations.launcher.work import work

        slots = default_slots() if options["slots"] is None else options["slots"]
        if not 1 <= slots <= 512:
            self.stderr.write("--slots must lie between 1 and 512")
            sys.exit(2)
        sys.exit(work(slots))
