"""Launching a search: checked whole before a row is written; a launch that arrives twice is one run."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from searchengine import catalogue, driver
from searchengine.core.errors import DataRefused, InvalidParams, UnknownName
from searchengine.core.jsontext import Json, digest, dumps, loads
from searchengine.driver.control import control_plan, control_title
from searchengine.driver.plan import preset_name
from searchengine.driver.recipes import recipe_at_launch
from webapp.accounts.models import User
from webapp.accounts.permissions import one_of, require
from webapp.accounts.roles import Role
from webapp.accounts.services.audit import record
from webapp.datasets.models import Dataset, DatasetState
from webapp.searches.models import SearchRun
from webapp.searches.services.queue_run import queue_run

LONGEST_NAME = 160
LARGEST_SEED = 2**63 - 1
CONTROL_PRIORITY = -10
"""A control is served after the run it stands beside."""


@dataclass(frozen=True)
class Launch:
    """What a person asks for. ``values`` are parameters over the preset's; None means the preset's or the
    method's own.

    ``control`` adds a control of equal cost, which starts when the search ends, for only then its cost is
    known. ``key`` is the same for a launch that is sent again.
    """

    method: str
    dataset_id: int
    preset: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    seed: int | None = None
    window: int | None = None
    budget_evaluations: int | None = None
    budget_seconds: float | None = None
    control: bool = False
    key: str = ""

    def content(self) -> Json:
        """Everything but the key, to tell a repeated launch from another one under the same key."""
        return {
            "method": self.method,
            "dataset": self.dataset_id,
            "preset": self.preset,
            "values": dict(self.values),
            "name": self.name,
            "seed": self.seed,
            "window": self.window,
            "budget_evaluations": self.budget_evaluations,
            "budget_seconds": self.budget_seconds,
            "control": self.control,
        }

    @classmethod
    def of_run(cls, run: SearchRun) -> Launch:
        """The launch a draft was written from."""
        wish = loads(run.wish)
        dataset_id = wish.pop("dataset")
        return cls(**wish, dataset_id=dataset_id)


class Launched(NamedTuple):
    """``fresh`` is False when the same launch had arrived before."""

    run: SearchRun
    control: SearchRun | None
    fresh: bool


def launch(*, user: User, wanted: Launch, priority: int = 0) -> Launched:
    """Check, write run and control, queue, ring.

    Raises ``PermissionDenied``, and ``InvalidParams`` with a sentence a field; the fields are those of
    ``Launch`` and the method's parameters.
    """
    dataset = _dataset(user, wanted.dataset_id)
    key = f"{user.pk}:{digest(wanted.key)}" if wanted.key else None
    earlier = _earlier(key, wanted)
    if earlier is not None:
        return earlier
    plan = plan_of(wanted, dataset)
    try:
        with transaction.atomic():
            run = _row(user, wanted, dataset, key, priority)
            control = start(run, wanted, plan, actor=user)
    except IntegrityError:
        earlier = _earlier(key, wanted)
        if earlier is None:
            raise
        return earlier
    return Launched(run, control, True)


def draft(*, user: User, wanted: Launch) -> SearchRun:
    """A launch on data that may not be prepared yet: a draft until it is, then queued by ``start_drafts``.

    Raises as ``launch``; what only the data can tell is found when the draft starts.
    """
    dataset = _dataset(user, wanted.dataset_id)
    if dataset.state == DatasetState.READY:
        return launch(user=user, wanted=wanted).run
    return _row(user, wanted, dataset, None, 0, held="data")


@transaction.atomic
def start(run: SearchRun, wanted: Launch, plan: driver.Plan, *, actor: User | None) -> SearchRun | None:
    """Queue a checked launch; returns its control when it wanted one."""
    queue_run(run, plan)
    control = add_control(run, plan) if wanted.control else None
    record(
        team_id=run.team_id,
        actor=actor,
        action="launch",
        kind="run",
        object_id=run.pk,
        detail={
            "method": run.method,
            "dataset": run.dataset.slug,
            "control": control.pk if control else None,
        },
    )
    return control


def add_control(run: SearchRun, plan: driver.Plan) -> SearchRun | None:
    """The control's row beside ``run``, a draft until that one's cost is known; None where the method has
    none."""
    method = catalogue.method(run.method)
    if method.control is None:
        return None
    control = catalogue.method(method.control)
    return SearchRun.objects.create(
        team=run.team,
        name=f"{control_title(run.method)}, control of {run.name}"[:LONGEST_NAME],
        method=control.slug,
        params=dumps(control_plan(plan).params),
        dataset=run.dataset,
        seed=run.seed,
        window=run.window,
        recipe=dumps(plan.recipe),
        held="control",
        priority=run.priority + CONTROL_PRIORITY,
        control_of=run,
        created_by=run.created_by,
    )


def _dataset(user: User, dataset_id: int) -> Dataset:
    try:
        dataset = one_of(Dataset.objects.select_related("team"), user, dataset_id, Role.VIEWER)
    except PermissionDenied:
        raise InvalidParams({"dataset_id": "choose one of your team's data sets"}) from None
    require(user, dataset.team_id, Role.RESEARCHER)
    return dataset


def plan_of(wanted: Launch, dataset: Dataset) -> driver.Plan:
    """The checked plan. Raises ``InvalidParams`` for everything that is wrong with the wish."""
    if wanted.seed is not None and not 0 <= wanted.seed <= LARGEST_SEED:
        raise InvalidParams({"seed": f"expected a whole number from 0 to {LARGEST_SEED}, got {wanted.seed}"})
    try:
        budget = driver.Budget(evaluations=wanted.budget_evaluations, seconds=wanted.budget_seconds)
    except InvalidParams as wrong:
        raise InvalidParams({f"budget_{name}": text for name, text in wrong.fields.items()}) from None
    try:
        catalogue.method(wanted.method)
    except UnknownName as wrong:
        raise InvalidParams({"method": str(wrong)}) from None
    try:
        return driver.make_plan(
            wanted.method,
            dataset.data_summary(),
            seed=secrets.randbelow(2**31) if wanted.seed is None else wanted.seed,
            preset=wanted.preset or None,
            values=wanted.values,
            window=wanted.window,
            budget=budget,
            recipe=recipe_at_launch(
                settings.VAR, wanted.method, wanted.preset, dataset.data_summary(), settings.DEVICE
            ),
        )
    except UnknownName as wrong:
        raise InvalidParams({"preset": str(wrong)}) from None
    except DataRefused as wrong:
        raise InvalidParams({"dataset_id": str(wrong)}) from None


def _row(
    user: User, wanted: Launch, dataset: Dataset, key: str | None, priority: int, held: str = ""
) -> SearchRun:
    method = catalogue.method(wanted.method)
    name = _name(wanted.name) or f"{method.title} on {dataset.title}"
    return SearchRun.objects.create(
        team=dataset.team,
        name=name[:LONGEST_NAME],
        method=wanted.method,
        params=dumps(dict(wanted.values)),
        preset=preset_name(method, wanted.preset),
        dataset=dataset,
        seed=wanted.seed or 0,
        budget_evaluations=wanted.budget_evaluations,
        budget_seconds=wanted.budget_seconds,
        priority=priority,
        launch_key=key,
        wish=dumps(wanted.content()),
        held=held,
        created_by=user,
    )


def _earlier(key: str | None, wanted: Launch) -> Launched | None:
    run = SearchRun.objects.filter(launch_key=key).first() if key else None
    if run is None:
        return None
    if run.wish != dumps(wanted.content()):
        raise InvalidParams(
            {"key": f"this launch was already sent with other contents, as run {run.pk}; open a new form"}
        )
    return Launched(run, run.controls.first(), False)


def _name(text: str) -> str:
    """A name as it is shown: control signs and surrounding blanks dropped."""
    name = "".join(sign for sign in text if sign.isprintable()).strip()
    if len(name) > LONGEST_NAME:
        raise InvalidParams({"name": f"expected at most {LONGEST_NAME} signs, got {len(name)}"})
    return name
