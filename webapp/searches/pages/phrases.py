"""How a birth came to be, in a phrase."""

from __future__ import annotations

from searchengine.core.jsontext import loads
from searchengine.report.curves import birth_phrase
from webapp.searches.models import Genome


def phrase_tail(birth: Genome) -> str:
    """Without its own number: `` = #17 with temporal kernel 3 → 7``."""
    words = [change["text"] for change in birth.changes_json]
    return birth_phrase(birth.number, tuple(loads(birth.parent_numbers)), words, birth.operator).removeprefix(
        f"#{birth.number}"
    )
