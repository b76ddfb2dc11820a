"""Genomes are one number; what an evaluation of it does is a parameter."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import InfeasibleArchitecture, InvalidGenome
from searchengine.core.jobs import Change, Proposal
from searchengine.core.jsontext import Json, digest
from searchengine.core.method import Child
from searchengine.core.params import Params, knob
from searchengine.core.setting import DataSummary, Setting

Fault = Literal["none", "nan", "memory", "hang", "bug", "suicide"]


class ProbeParams(Params):
    """``fault`` happens in evaluations of every ``fault_every``-th genome; the others sleep and score their
    number."""

    evaluations: int = knob(30, "How many genomes are drawn.", low=1, high=1_000_000)
    finalists: int = knob(0, "Kept for the shape of a control; a probe has no final phase.", low=0, high=20)
    fault: Fault = knob("none", "What goes wrong.")
    fault_every: int = knob(5, "Genomes whose number divides by this misbehave.", low=1)
    seconds: float = knob(0.0, "How long an evaluation sleeps.", low=0.0, high=600.0, unit="seconds")
    seconds_most: float = knob(
        0.0,
        "Sleep from ``seconds`` up to this, by the genome's number; 0: always ``seconds``.",
        low=0.0,
        high=600.0,
    )
    spins: bool = knob(False, "Compute instead of sleeping, in steps that checkpoint.")
    steps: int = knob(10, "Steps an evaluation reports.", low=1, high=100_000)
    flat: bool = knob(False, "Every genome scores the same.")
    values: int = knob(10_000, "How many different genomes there are.", low=2, high=2**53)


class ProbeSpace:
    """Numbers from 0 to one less than ``values``."""

    slug = "probe"

    def __init__(self, params: Any, data: DataSummary) -> None:
        self._params = params

    def random(self, rng: np.random.Generator) -> Json:
        return {"value": int(rng.integers(self._params.values))}

    def mutate(self, genome: Json, rng: np.random.Generator) -> Child:
        to = int(rng.integers(self._params.values))
        change = Change("redraw", {"from": genome["value"], "to": to}, f"value {genome['value']} → {to}")
        return Child({"value": to}, (change,))

    def key(self, genome: Json) -> str:
        return digest(genome)

    def check(self, genome: Json) -> None:
        if set(genome) != {"value"}:
            raise InvalidGenome(f"a probe genome has one gene, value; got {sorted(genome)}")

    def describe(self, genome: Json, setting: Setting) -> Architecture:
        raise InfeasibleArchitecture("a probe is no network")

    def evaluation(self, genome: Json) -> Proposal:
        arguments = {"space_params": self._params.to_json()}
        return Proposal("probe", subjects=(), arguments=arguments, cost=1.0)

    def final_evaluation(self, genome: Json) -> Proposal | None:
        return None
