"""What hill climbing claims, as an experiment: ``python -m searchengine claims hill_climbing``."""

from __future__ import annotations

from searchengine.driver.arms import control_arm, search_arm
from searchengine.driver.claims import Claim

CLAIMS = (
    Claim(
        slug="beats-random",
        statement="Hill climbing finds better networks on digits than random search with as many candidates.",
        first="hill climbing",
        second="random search",
        arms={
            "hill climbing": search_arm("hill_climbing", "digits"),
            "random search": control_arm("hill_climbing", "digits"),
        },
    ),
)
