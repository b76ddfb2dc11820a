"""Time by the database's clock: leases, presence, and how long a run has run."""

from __future__ import annotations

from django.db.models import Expression, F, FloatField, Func
from django.db.models.functions import Coalesce, Now


class Seconds(Func):
    """A length of time in seconds."""

    template = "EXTRACT(EPOCH FROM (%(expressions)s))"
    output_field = FloatField()


def active_now() -> Expression:
    """Wall time a run has spent running until now, pauses left out, in seconds."""
    return F("active_seconds") + Coalesce(Seconds(Now() - F("active_since")), 0.0, output_field=FloatField())
