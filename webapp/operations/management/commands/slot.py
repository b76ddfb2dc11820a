"""One slot of a worker: the supervisor of one training process at a time."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from webapp.config.celery import EVALUATE
from webapp.operations.bells import listen


class Command(BaseCommand):
    help = "Evaluate candidates, one training process at a time; `manage.py up` and `worker` call this."

    requires_system_checks = []  # `up` has made them; each would load every page

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="how pages call this slot, such as slot-1")

    def handle(self, *args: Any, **options: Any) -> None:
        listen(EVALUATE, options["name"])
