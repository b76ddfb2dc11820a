"""Which files of the store hold exports."""

from __future__ import annotations

from collections.abc import Collection

from webapp.exports.models import Export


def exported(names: Collection[str]) -> set[str]:
    """Those of ``names`` (sha256) that are exports; one query."""
    return set(Export.objects.filter(sha256__in=names).values_list("sha256", flat=True))
