"""``{"schema": 1, "method": "hill_climbing", "width": 4, "depth": 2}``: codec, validity, canonical hash."""

from __future__ import annotations

from typing import Any

from searchengine.core.errors import InvalidGenome
from searchengine.core.jsontext import Json, digest

DEEPEST = 3


def make(width: int, depth: int) -> Json:
    return {"schema": 1, "method": "hill_climbing", "width": width, "depth": depth}


def key(genome: Json) -> str:
    return digest(genome)


def check(genome: Any, widest: int) -> None:
    """Raises ``InvalidGenome`` with the gene, what was expected and what came."""
    names = ("schema", "method", "width", "depth")
    if not isinstance(genome, dict) or set(genome) != set(names):
        raise InvalidGenome(f"a genome is an object of {', '.join(names)}, got {repr(genome)[:60]}")
    if (type(genome["schema"]), genome["schema"], genome["method"]) != (int, 1, "hill_climbing"):
        raise InvalidGenome("expected schema 1 of hill_climbing, got a genome of another method or version")
    for name, high in (("width", widest), ("depth", DEEPEST)):
        value = genome[name]
        if type(value) is not int or not 1 <= value <= high:
            raise InvalidGenome(f"{name}: expected a whole number from 1 to {high}, got {repr(value)[:40]}")
