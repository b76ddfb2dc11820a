"""Every knob of EvaNet in full words: the same names on the command line, in the form and in the API."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from searchengine.core.params import Params, knob

SPACE_KNOBS = (
    "meta",
    "blocks",
    "width",
    "temporal_sizes",
    "max_branches",
    "max_repeats",
    "profiles",
    "profile",
    "dropout",
)
"""The knobs that decide which genomes there are and what network each one is."""


class EvaNetParams(Params):
    """Parameters of an EvaNet search; the defaults are the demo preset."""

    population: int = knob(
        10,
        "Networks that live at the same time.",
        low=4,
        high=200,
        paper="not stated with certainty; 50 at full scale here",
    )
    sample_size: int = knob(
        3,
        "Networks drawn for a tournament; the fittest of them becomes the parent. At most the population.",
        low=2,
        high=200,
        paper="25, or a quarter of the population",
    )
    rounds: int = knob(40, "Children evaluated after the first population.", low=0, high=5000, paper="2000")
    mutations_start: int = knob(
        3,
        "Mutations a child gets in the first round.",
        low=1,
        high=20,
        paper="many early, one late; 5 at full scale here",
    )
    mutations_decay: int = knob(
        10,
        "After how many rounds a child gets one mutation fewer; never below one.",
        low=1,
        high=1000,
        unit="rounds",
    )
    initialisation: Literal["random", "hybrid"] = knob(
        "hybrid",
        "How the first population is made: all random, or a share of it from hand-made networks"
        " with one mutation each.",
        paper="random",
    )
    hybrid_share: float = knob(
        0.2,
        "Share of the first population that starts from hand-made networks (hybrid only).",
        low=0.0,
        high=1.0,
    )
    reevaluate_elite: int = knob(
        0,
        "Train the fittest network again with a new seed every so many rounds and rank it by its mean,"
        " so that one lucky score does not rule; 0 switches it off.",
        low=0,
        high=1000,
        unit="rounds",
        paper="off",
    )

    meta: Literal["resnet", "inception"] = knob(
        "resnet",
        "Backbone: residual blocks that repeat, or modules in a row without residual.",
        group="space",
        paper="both",
    )
    blocks: int = knob(
        3,
        "Searched blocks. 1 to 3 use the small template; 4 the published one, with stem pool and temporal"
        " strides (for the inception-like backbone its nine modules).",
        low=1,
        high=4,
        group="space",
        paper="4",
    )
    width: int = knob(
        4,
        "Channels of the stem; block i is 4, 8, 16, 32 times as wide.",
        low=2,
        high=128,
        unit="channels",
        group="space",
        paper="64",
    )
    temporal_sizes: tuple[int, ...] = knob(
        (1, 3, 5, 7),
        "Temporal sizes of convolutions and pools, odd.",
        unit="frames",
        group="space",
        paper="1, 3, 5, 7, 9, 11",
    )
    max_branches: int = knob(
        4, "Parallel branches of a block at most.", low=1, high=6, group="space", paper="6"
    )
    max_repeats: int = knob(
        2,
        "How often a block repeats at most (residual backbone only).",
        low=1,
        high=6,
        group="space",
        paper="5 found",
    )
    profiles: int = knob(
        4, "Temporal profiles that an iTGM layer mixes.", low=1, high=16, group="space", paper="4"
    )
    profile: Literal["release", "cauchy", "gaussian"] = knob(
        "release",
        "Shape of a temporal profile of iTGM.",
        group="space",
        paper="release (published code), gaussian (text)",
    )
    dropout: float = knob(
        0.5, "Share of features dropped before the classifier.", low=0.0, high=0.9, group="space", paper="0.5"
    )

    train_steps: int = knob(
        80,
        "Optimiser steps of one evaluation.",
        low=1,
        high=1_000_000,
        unit="steps",
        group="training",
        paper="short, fixed",
    )
    batch: int = knob(32, "Clips in a batch.", low=2, high=1024, unit="clips", group="training")
    learning_rate: float = knob(
        0.05,
        "Peak learning rate of SGD with momentum 0.9; cosine to zero.",
        low=1e-5,
        high=10.0,
        group="training",
    )
    weight_decay: float = knob(1e-4, "Weight decay.", low=0.0, high=0.1, group="training")
    gradient_clip: float = knob(
        5.0, "Largest gradient norm; 0 switches clipping off.", low=0.0, high=1000.0, group="training"
    )
    evaluation_seeds: int = knob(
        1, "Trainings whose mean is one evaluation.", low=1, high=5, unit="seeds", group="training", paper="1"
    )
    search_resolution: int = knob(
        1,
        "During the search clips are shrunk by this divisor.",
        low=1,
        high=8,
        group="training",
        paper="224 to 112 pixels: 2",
    )
    inherit_weights: bool = knob(
        False,
        "Start a child from its parent's weights wherever name and shape agree (iTGM keeps its shape when"
        " its temporal size changes).",
        group="training",
        paper="off",
    )

    ensemble_size: int = knob(
        3,
        "Best distinct networks that are trained again and combined.",
        low=1,
        high=10,
        group="final",
        paper="3",
    )
    final_steps: int = knob(
        240,
        "Optimiser steps of the final training of each.",
        low=1,
        high=10_000_000,
        unit="steps",
        group="final",
        paper="about 100 epochs",
    )
    final_seeds: int = knob(1, "Final trainings of each network.", low=1, high=5, unit="seeds", group="final")
    final_batch: int = knob(
        32,
        "Clips in a batch of the final training.",
        low=2,
        high=4096,
        unit="clips",
        group="final",
        paper="512 over devices",
    )
    final_learning_rate: float = knob(
        0.05,
        "Peak learning rate of the final training.",
        low=1e-5,
        high=10.0,
        group="final",
        paper="0.1 per 256 clips",
    )
    final_shift: int = knob(
        0,
        "Largest random shift of a clip in the final training.",
        low=0,
        high=64,
        unit="pixels",
        group="final",
        paper="random crop",
    )
    final_flip: bool = knob(
        False,
        "Mirror half the clips in the final training, where the classes allow it.",
        group="final",
        paper="on",
    )
    baselines: bool = knob(
        True,
        "Also train hand-made networks of the same width in the final phase, to compare with.",
        group="final",
    )

    max_parameters: int = knob(
        0,
        "Largest number of parameters of a candidate; 0 = no limit.",
        low=0,
        unit="parameters",
        group="limits",
    )
    max_macs: int = knob(
        0,
        "Largest number of multiply-adds for one clip; 0 = no limit.",
        low=0,
        unit="multiply-adds",
        group="limits",
    )

    @field_validator("temporal_sizes")
    @classmethod
    def _odd_sizes(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        wrong = [size for size in sizes if size % 2 == 0 or not 1 <= size <= 15]
        if wrong or not sizes or len(set(sizes)) != len(sizes):
            raise ValueError(
                f"expected distinct odd sizes from 1 to 15, such as 1, 3, 5, got {', '.join(map(str, sizes))}"
            )
        return tuple(sorted(sizes))

    @model_validator(mode="after")
    def _sample_fits_population(self) -> EvaNetParams:
        if self.sample_size > self.population:
            raise ValueError(
                f"sample_size {self.sample_size} is larger than the population {self.population};"
                " lower it to at most that"
            )
        return self

    def evaluations(self) -> int:
        """Candidates trained during the search, cached duplicates not counted."""
        return self.population + self.rounds
