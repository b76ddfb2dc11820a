"""Import data that lies on this machine."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from searchengine.core.errors import DataRefused
from webapp.accounts.models import Team
from webapp.datasets.models import Dataset, DatasetState, FlowChoice
from webapp.datasets.services.import_data import import_data
from webapp.datasets.services.prepare import prepare


class Command(BaseCommand):
    help = (
        "Import a folder with a class per folder (images or videos), an .npz file or a .csv table of paths,"
        " and prepare it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the folder or file")
        parser.add_argument("--name", default="", help="how pages call it; the file's name by default")
        parser.add_argument("--team", default="", help="the team's slug; the first team by default")

        parser.add_argument(
            "--flow",
            nargs="?",
            const=FlowChoice.AUTO,
            default="",
            choices=FlowChoice.values,
            help="add optical flow to clips; auto: farneback up to 64 pixels a side, dis above",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        teams = Team.objects.order_by("pk")
        team = (teams.filter(slug=options["team"]) if options["team"] else teams).first()
        if team is None:
            raise CommandError("there is no such team; start the product once, it makes the first one")
        try:
            dataset = import_data(
                team=team, path=options["path"], name=options["name"], actor=None, flow=options["flow"]
            )
        except DataRefused as refused:
            raise CommandError(str(refused)) from None
        prepare(dataset.pk)
        dataset = Dataset.objects.get(pk=dataset.pk)
        if dataset.state != DatasetState.READY:
            raise CommandError(f"{dataset.title} is {dataset.state}: {dataset.error}")
        self.stdout.write(f"{dataset.title} is ready: {dataset.fingerprint}")
