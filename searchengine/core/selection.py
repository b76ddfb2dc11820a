"""Who becomes a parent."""

from __future__ import annotations

import numpy as np

from searchengine.core.population import Individual, Population


def tournament(population: Population, sample_size: int, rng: np.random.Generator) -> Individual:
    """The fittest of ``sample_size`` different individuals drawn at random; of equals the earlier birth.

    A population smaller than the sample takes part whole. Raises ``ValueError`` when it is empty.
    """
    if not len(population):
        raise ValueError("a tournament needs at least one individual, the population is empty")
    places = rng.choice(len(population), size=min(sample_size, len(population)), replace=False)
    drawn = [population[int(place)] for place in places]
    return min(drawn, key=lambda one: (-one.fitness, one.number))
