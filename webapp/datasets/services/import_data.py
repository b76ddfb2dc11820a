"""Importing a folder or file of the server by an administrator's command."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction
from django.utils.text import slugify

from searchengine.core.errors import DataRefused
from webapp.accounts.models import Team, User
from webapp.datasets.models import Dataset
from webapp.datasets.services.prepare import ask_preparation


@transaction.atomic
def import_data(*, team: Team, path: Path, name: str, actor: User | None, flow: str = "") -> Dataset:
    """A row for the data at ``path``, asked to be prepared, with optical flow by the method ``flow`` names.

    Raises ``DataRefused`` when there is nothing at ``path`` or the team has a set of that name.
    """
    if not path.exists():
        raise DataRefused(
            f"there is nothing at {path}; name a folder with a folder a class, an .npz or a .csv file"
        )
    title = name.strip() or path.stem
    slug = slugify(title)[:80]
    if not slug:
        raise DataRefused(f"a name needs at least one letter or digit, got {name!r}")
    if Dataset.objects.filter(team=team, slug=slug).exists():
        raise DataRefused(f"the team has a data set called {slug!r} already; choose another --name")
    dataset = Dataset.objects.create(
        team=team, slug=slug, title=title[:160], source=str(path.resolve()), flow=flow, created_by=actor
    )
    ask_preparation(dataset=dataset, actor=actor)
    return dataset
