"""The steward: takes the next step of runs, and sweeps."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from webapp.config.celery import CONTROL
from webapp.operations.bells import listen
from webapp.operations.ticker import Ticker
from webapp.searches.sweep import sweep


class Command(BaseCommand):
    help = "Step runs and sweep for lost work; `manage.py up` calls this. Two may run."

    requires_system_checks = []  # `up` has made them; each would load every page

    def handle(self, *args: Any, **options: Any) -> None:
        Ticker(sweep, settings.SWEEP_SECONDS).start()
        listen(CONTROL, "steward")
