"""JSON as the engine stores it: text, never NaN or infinity, never a duplicate key.

PostgreSQL's ``jsonb`` re-orders keys, loses -0.0 and refuses NaN, so state and results are kept as text.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

Json = dict[str, "JsonValue"]
JsonValue = Any  # str | int | float | bool | None | list[JsonValue] | dict[str, JsonValue]


def dumps(value: JsonValue) -> str:
    """Text of ``value``; compact, key order kept. Raises ``ValueError`` for NaN and infinity."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False)


def canonical(value: JsonValue) -> str:
    """Text that is equal for equal values: keys sorted, compact."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True, sort_keys=True)


def digest(value: JsonValue) -> str:
    """SHA-256 of the canonical text, the first 32 hexadecimal digits: a key for genomes, protocols, data."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:32]


def loads(text: str | bytes) -> JsonValue:
    """The value of ``text``. Raises ``ValueError`` for NaN, infinity, 1e400, for a key that stands twice and
    for nesting too deep to read."""
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_unique
        )
    except RecursionError:
        raise ValueError("JSON may be nested at most some hundred levels deep") from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"JSON numbers must be finite, got {name}")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"JSON numbers must fit a double, got {text}")
    return number


def _unique(pairs: list[tuple[str, JsonValue]]) -> Json:
    found: Json = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"a key may stand once in a JSON object, {key!r} stands twice")
        found[key] = value
    return found
