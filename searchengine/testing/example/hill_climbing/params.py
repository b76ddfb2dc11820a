"""Parameters of hill climbing."""

from __future__ import annotations

from searchengine.core.params import Params, knob


class HillClimbingParams(Params):
    """What the launch form, the command line and the API show."""

    evaluations: int = knob(12, "How many candidates are tried.", low=1, high=100_000, unit="candidates")
    finalists: int = knob(1, "How many of the best are trained again, longer.", low=0, high=10, group="final")
    widest: int = knob(8, "The most channels of a layer.", low=2, high=64, unit="channels", group="space")
    steps: int = knob(
        10, "Optimiser steps of a candidate.", low=1, high=100_000, unit="steps", group="training"
    )
