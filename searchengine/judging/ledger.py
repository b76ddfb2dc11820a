"""Looks at a test part, a line each: who picks among many by looking often fools nobody who can count."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from searchengine.core.jsontext import dumps, loads


def note_look(
    ledger: Path, *, fingerprint: str, what: str, networks: int, metrics: Mapping[str, float]
) -> int:
    """Append a look at the test part of the data set with ``fingerprint``; the how many-th it is here."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    look = {"data": fingerprint, "what": what, "networks": networks, "metrics": dict(metrics)}
    with ledger.open("a", encoding="utf-8") as lines:
        lines.write(dumps(look) + "\n")
    return looks(ledger, fingerprint)


def looks(ledger: Path, fingerprint: str) -> int:
    """How often the test part was looked at."""
    if not ledger.exists():
        return 0
    found = map(loads, ledger.read_text(encoding="utf-8").splitlines())
    return sum(look["data"] == fingerprint for look in found)
