"""The preparer: imports data and packs exports."""

from typing import Any

from django.core.management.base import BaseCommand

from webapp.config.celery import PREPARE
from webapp.operations.bells import listen


class Command(BaseCommand):
    help = "Prepare data sets and write exports, one at a time; `manage.py up` calls this."

    requires_system_checks = []  # `up` has made them; each would load every page

    def handle(self, *args: Any, **options: Any) -> None:
        listen(PREPARE, "preparer")
