"""Reading genes from JSON that came from outside: each refusal names the gene, what was expected and what
came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from searchengine.core.errors import InvalidGenome


def object_with(value: Any, name: str, keys: Sequence[str]) -> dict[str, Any]:
    """``value`` if it is an object of exactly these keys. Raises ``InvalidGenome``."""
    if not isinstance(value, dict):
        raise InvalidGenome(f"{name}: expected an object, got {value!r:.60}")
    missing = [key for key in keys if key not in value]
    if missing:
        raise InvalidGenome(f"{name}: missing {', '.join(missing)}")
    unknown = [str(key) for key in value if key not in keys]
    if unknown:
        raise InvalidGenome(
            f"{name}: unknown {', '.join(unknown)[:80]}; expected {', '.join(keys) or 'nothing'}"
        )
    return value


def choice(value: Any, allowed: Sequence[str], name: str) -> str:
    """``value`` if it is one of ``allowed``. Raises ``InvalidGenome``."""
    if not isinstance(value, str) or value not in allowed:
        raise InvalidGenome(f"{name}: expected one of {', '.join(allowed)}, got {value!r:.60}")
    return value


def whole(value: Any, low: int, high: int, name: str) -> int:
    """``value`` if it is a whole number from ``low`` to ``high``, true and false excluded. Raises
    ``InvalidGenome``."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidGenome(f"{name}: expected a whole number from {low} to {high}, got {value!r:.60}")
    return value


def check_header(genes: dict[str, Any], method: str, schema: int) -> None:
    """Raises ``InvalidGenome`` when a genome is of another method or schema."""
    if genes["schema"] != schema or isinstance(genes["schema"], bool):
        raise InvalidGenome(
            f"schema: expected {schema}, got {genes['schema']!r:.60}; this version reads schema {schema} only"
        )
    choice(genes["method"], (method,), "method")
