"""Random genomes and mutations: pure functions of genome and generator."""

from __future__ import annotations

import numpy as np

from searchengine.core.jobs import Change
from searchengine.core.jsontext import Json
from searchengine.core.method import Child

from . import genome as code


def draw(rng: np.random.Generator, widest: int) -> Json:
    return code.make(int(rng.integers(1, widest + 1)), int(rng.integers(1, code.DEEPEST + 1)))


def mutate(genome: Json, rng: np.random.Generator, widest: int) -> Child:
    """Width or depth set to another value."""
    name, high = (("width", widest), ("depth", code.DEEPEST))[int(rng.integers(2))]
    before = genome[name]
    others = [value for value in range(1, high + 1) if value != before]
    after = others[int(rng.integers(len(others)))]
    change = Change(name, {"from": before, "to": after}, f"{name} {before} → {after}")
    return Child({**genome, name: after}, (change,))
