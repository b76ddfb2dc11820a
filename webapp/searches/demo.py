"""The demo: a method's demo preset with its control on built-in data, launched for the first team."""

from __future__ import annotations

from django.db import transaction

from searchengine import catalogue
from searchengine.core.method import Method
from webapp.accounts.models import Membership, User
from webapp.accounts.roles import Role
from webapp.datasets.models import Dataset, DatasetState
from webapp.datasets.services.add_built_ins import add_built_ins
from webapp.datasets.services.prepare import ask_preparation
from webapp.searches.models import SearchRun
from webapp.searches.services.launch import Launch, draft
from webapp.searches.states import State


@transaction.atomic
def launch_demo(method: str, user: User | None = None) -> SearchRun:
    """The demo run of ``method``: the one launched earlier unless it failed or was cancelled, else a new
    one.

    Its data is prepared first when that was never done; the run is a draft until then. Raises
    ``UnknownName``.
    """
    found = catalogue.method(method)
    owner = user or _owner()
    team = owner.memberships.filter(role__in=Role.RESEARCHER.and_above()).order_by("pk")[0].team
    add_built_ins(team=team, actor=owner)
    dataset = Dataset.objects.get(team=team, slug=built_in_for(found))
    earlier = SearchRun.objects.filter(
        team=team, method=method, preset="demo", dataset=dataset, control_of=None
    )
    alive = earlier.exclude(state__in=[State.FAILED, State.CANCELLED, State.BROKEN]).order_by("-pk").first()
    if alive is not None:
        return alive
    if dataset.state != DatasetState.READY:
        ask_preparation(dataset=dataset, actor=owner)
    wanted = Launch(
        method=method, dataset_id=dataset.pk, preset="demo", seed=1, control=True, name=f"{found.title} demo"
    )
    return draft(user=owner, wanted=wanted)


def built_in_for(method: Method) -> str:
    """The built-in set a method's demo runs on: the one it names, else clips where it takes them."""
    if method.demo_data:
        return method.demo_data
    return "digits-motion" if "clips" in method.accepts.modalities and not method.is_control else "digits"


def _owner() -> User:
    membership = Membership.objects.filter(role=Role.OWNER).order_by("pk").select_related("user").first()
    if membership is None:
        raise RuntimeError("there is no account yet; start the product once, it makes the first one")
    return membership.user
