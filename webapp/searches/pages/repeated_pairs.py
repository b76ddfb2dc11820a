"""The same search under other seeds, each with its control: what tells skill from luck."""

from __future__ import annotations

from webapp.searches.models import SearchRun
from webapp.searches.states import State

MOST_PAIRS = 20

SAME = (
    "team_id", "method", "dataset_id", "params", "window", "order", "recipe",
    "budget_evaluations", "budget_seconds", "budget_cost",
)  # fmt: skip
"""Columns in which two runs agree that differ by their seed alone."""


def repeated_pairs(run: SearchRun) -> list[tuple[SearchRun, SearchRun]]:
    """Finished runs like ``run`` but for the seed, with their finished controls: one a seed, the newest;
    two queries."""
    alike = (
        SearchRun.objects.filter(**{name: getattr(run, name) for name in SAME})
        .filter(state=State.FINISHED, control_of=None)
        .exclude(seed=run.seed)
        .order_by("-id")[: 2 * MOST_PAIRS]
    )
    by_seed: dict[int, SearchRun] = {}
    for found in alike:
        by_seed.setdefault(found.seed, found)
    chosen = {found.pk: found for found in by_seed.values()}
    controls = SearchRun.objects.filter(control_of__in=chosen, state=State.FINISHED).order_by("id")
    beside = {control.control_of_id: control for control in controls}
    return [(found, beside[pk]) for pk, found in chosen.items() if pk in beside][:MOST_PAIRS]
