"""Parameters of regularized evolution."""

from __future__ import annotations

from pydantic import ValidationInfo, field_validator

from searchengine.core.controls import ControlParams
from searchengine.core.params import knob


class RegularizedEvolutionParams(ControlParams):
    """Parameters of ageing evolution."""

    population: int = knob(
        10,
        "How many individuals are alive; the oldest leaves when one more enters.",
        low=2,
        high=10_000,
        unit="individuals",
        paper="100",
    )
    sample_size: int = knob(
        3,
        "How many individuals take part in a tournament; the fittest becomes the parent.",
        low=1,
        high=10_000,
        unit="individuals",
        paper="25",
    )

    @field_validator("sample_size")
    @classmethod
    def _not_above_population(cls, value: int, info: ValidationInfo) -> int:
        population = info.data.get("population")
        if population is not None and value > population:
            raise ValueError(
                f"expected at most the population of {population}, got {value}; choose a smaller sample"
            )
        return value
