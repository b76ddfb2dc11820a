"""Every knob of AssembleNet in full words: the same names on the command line, in the form and in the API."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from searchengine.core.params import Params, knob
from searchengine.methods.assemblenet.genome import DEPTHS, DILATIONS, LEVELS

SPACE_KNOBS = (
    "scale",
    "depth",
    "stem_total",
    "level_totals",
    "most_blocks",
    "most_stems",
    "fewest_stems",
    "dilations",
    "flow",
    "head",
    "dropout",
    "norm_momentum",
)
"""The knobs that decide which genomes there are and what network each one is."""


class AssembleNetParams(Params):
    """Parameters of an AssembleNet search; the defaults are the demo preset."""

    mode: Literal["evolution", "one_shot"] = knob(
        "evolution",
        "Evolve a population, or train one fully connected graph and read the connections off it.",
        paper="evolution; one-shot came with its successor",
    )
    population: int = knob(
        8,
        "Networks that live at the same time.",
        low=4,
        high=100,
        paper="not stated with certainty; 20 at full scale here",
    )
    sample_size: int = knob(
        2,
        "Networks drawn for a tournament; the fittest of them becomes the parent. At most the population.",
        low=2,
        high=100,
        paper="a quarter of the population",
    )
    rounds: int = knob(
        20,
        "Children evaluated after the first population.",
        low=0,
        high=2000,
        paper="a few hundred evaluations; 200 at full scale here",
    )
    rewiring: Literal["guided", "random"] = knob(
        "guided",
        "Which connections a child loses: those its parent's training found weak, or as many at random.",
        paper="guided",
    )
    threshold: float = knob(
        0.5,
        "A connection is kept when its learned weight is above this.",
        low=0.0,
        high=1.0,
        paper="0.5",
    )
    threshold_rule: Literal["fixed", "uniform"] = knob(
        "fixed",
        "Use the threshold as it is, or draw one from 0 to 1 for every child.",
        paper="fixed",
    )
    connection_probability: float = knob(
        0.5,
        "Probability of every possible connection in the first population.",
        low=0.1,
        high=1.0,
        paper="0.5, over-connected on purpose",
    )
    mutations_start: int = knob(
        2,
        "Structural mutations (split, merge, temporal resolution) a child gets in the first round.",
        low=1,
        high=20,
        paper="more early, one late; 2 at full scale here",
    )
    mutations_decay: int = knob(
        10,
        "After how many rounds a child gets one structural mutation fewer; never below one.",
        low=1,
        high=1000,
        unit="rounds",
        paper="50 at full scale here",
    )

    scale: Literal["small", "published"] = knob(
        "small",
        "Middle widths 4, 8, 8, 16 and strides for small clips, or the published 64, 128, 256, 512.",
        group="space",
        paper="published",
    )
    depth: int = knob(
        26,
        f"Nominal depth: residual modules of a block a level; one of {', '.join(map(str, DEPTHS))}.",
        low=26,
        high=101,
        group="space",
        paper="50, 101",
    )
    stem_total: int = knob(
        8,
        "Channels of all stems together.",
        low=2,
        high=4096,
        unit="channels",
        group="space",
        paper="128",
    )
    level_totals: tuple[int, ...] = knob(
        (8, 16, 16, 32),
        "Sum of the filters of all blocks of levels 1 to 4, the same for every network.",
        unit="filters",
        group="space",
        paper="128, 256, 512, 512",
    )
    most_blocks: tuple[int, ...] = knob(
        (4, 4, 2, 1),
        "Blocks of levels 1 to 4 at most.",
        unit="blocks",
        group="space",
        paper="4, 4, 2, 1 found",
    )
    fewest_stems: int = knob(
        4, "Stems at least: one a stream or more.", low=2, high=6, unit="stems", group="space", paper="4"
    )
    most_stems: int = knob(
        4,
        "Stems at most; above the least, stems come and go by mutation.",
        low=2,
        high=6,
        unit="stems",
        group="space",
        paper="4",
    )
    dilations: tuple[int, ...] = knob(
        (1, 2, 4),
        f"Temporal dilations of blocks and RGB stems; a subset of {', '.join(map(str, DILATIONS))}.",
        unit="frames",
        group="space",
        paper="1, 2, 4, 8",
    )
    flow: Literal["auto", "cached", "tvl1"] = knob(
        "auto",
        "Where optical flow comes from: the data set's own (cached), a one-scale TV-L1 inside the network, or"
        " the first where there is one.",
        group="space",
        paper="TV-L1",
    )
    head: Literal["mean", "frame_softmax"] = knob(
        "mean",
        "Classify the mean over frames, or every frame with a softmax over frames; the latter for more than"
        " 32 frames.",
        group="space",
        paper="frame_softmax on long clips",
    )
    dropout: float = knob(
        0.0,
        "Share of features dropped before the classifier.",
        low=0.0,
        high=0.9,
        group="space",
        paper="0.5 in the final training",
    )
    norm_momentum: float = knob(
        0.1,
        "How fast normalisation follows the batches; short trainings need more.",
        low=0.001,
        high=1.0,
        group="space",
        paper="0.01",
    )

    train_steps: int = knob(
        100,
        "Optimiser steps of one evaluation.",
        low=1,
        high=1_000_000,
        unit="steps",
        group="training",
        paper="about 10,000",
    )
    batch: int = knob(32, "Clips in a batch.", low=2, high=1024, unit="clips", group="training")
    optimiser: Literal["adamw", "sgd"] = knob(
        "adamw",
        "AdamW, or SGD with momentum; in the search both with cosine decay to zero.",
        group="training",
        paper="SGD with momentum 0.9",
    )
    learning_rate: float = knob(
        0.01,
        "Peak learning rate of everything but connection weights.",
        low=1e-5,
        high=10.0,
        group="training",
    )
    connection_learning_rate: float = knob(
        0.1,
        "Peak learning rate of the connections' logits. Too low, and every weight stays at one half: the"
        " guidance is a coin flip.",
        low=1e-5,
        high=100.0,
        group="training",
        paper="10 times the others' at full scale here",
    )
    weight_decay: float = knob(
        1e-3,
        "Weight decay; connection weights have none.",
        low=0.0,
        high=0.1,
        group="training",
    )
    gradient_clip: float = knob(
        5.0, "Largest gradient norm; 0 switches clipping off.", low=0.0, high=1000.0, group="training"
    )
    evaluation_seeds: int = knob(
        1,
        "Trainings whose mean is one evaluation; the weights of connections are averaged too.",
        low=1,
        high=3,
        unit="seeds",
        group="training",
        paper="1",
    )
    search_resolution: int = knob(
        1,
        "During the search clips are shrunk by this divisor.",
        low=1,
        high=8,
        group="training",
        paper="smaller clips in the search",
    )
    inherit_logits: bool = knob(
        False,
        "Start the connections that a child kept from its parent's learned weights.",
        group="training",
        paper="off: children start afresh",
    )

    finalists: int = knob(
        2,
        "Best distinct networks that are trained again, longer; the best of them is the result.",
        low=0,
        high=10,
        group="final",
        paper="1",
    )
    final_steps: int = knob(
        200,
        "Optimiser steps of the final training of each.",
        low=1,
        high=10_000_000,
        unit="steps",
        group="final",
        paper="90,000",
    )
    final_connections: Literal["frozen", "learned"] = knob(
        "frozen",
        "In the final training, hold connection weights at what the search found, or learn them again.",
        group="final",
        paper="frozen; both documented",
    )
    final_batch: int = knob(
        32,
        "Clips in a batch of the final training.",
        low=2,
        high=4096,
        unit="clips",
        group="final",
    )
    final_learning_rate: float = knob(
        0.01, "Peak learning rate of the final training.", low=1e-5, high=10.0, group="final", paper="0.008"
    )
    final_decay: Literal["cosine", "staircase"] = knob(
        "cosine",
        "The learning rate of the final training falls along a cosine to zero, or to 0.96 of itself after"
        " every 1,024 steps.",
        group="final",
        paper="staircase",
    )
    final_warmup: int = knob(
        0,
        "First steps of the final training, in which its learning rate rises from zero.",
        low=0,
        high=1_000_000,
        unit="steps",
        group="final",
        paper="50",
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
        "Mirror half the clips in the final training, where the classes allow it; horizontal flow changes"
        " its sign.",
        group="final",
        paper="on",
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

    @field_validator("depth")
    @classmethod
    def _known_depth(cls, depth: int) -> int:
        if depth not in DEPTHS:
            raise ValueError(f"expected one of {', '.join(map(str, DEPTHS))}, got {depth}")
        return depth

    @field_validator("dilations")
    @classmethod
    def _known_dilations(cls, dilations: tuple[int, ...]) -> tuple[int, ...]:
        if not dilations or len(set(dilations)) < len(dilations) or not set(dilations) <= set(DILATIONS):
            raise ValueError(
                f"expected distinct ones of {', '.join(map(str, DILATIONS))},"
                f" got {', '.join(map(str, dilations)) or 'none'}"
            )
        return tuple(sorted(dilations))

    @field_validator("level_totals")
    @classmethod
    def _four_totals(cls, totals: tuple[int, ...]) -> tuple[int, ...]:
        if len(totals) != LEVELS or any(not 2 <= one <= 4096 for one in totals):
            raise ValueError(
                f"expected four sums of filters from 2 to 4096, such as 8, 16, 16, 32,"
                f" got {', '.join(map(str, totals)) or 'none'}"
            )
        return totals

    @field_validator("most_blocks")
    @classmethod
    def _four_limits(cls, limits: tuple[int, ...]) -> tuple[int, ...]:
        if len(limits) != LEVELS or any(not 1 <= one <= 4 for one in limits):
            raise ValueError(
                f"expected four numbers of blocks from 1 to 4, such as 4, 4, 2, 1,"
                f" got {', '.join(map(str, limits)) or 'none'}"
            )
        return limits

    @model_validator(mode="after")
    def _sizes_fit(self) -> AssembleNetParams:
        if self.sample_size > self.population:
            raise ValueError(
                f"sample_size {self.sample_size} is larger than the population {self.population};"
                " lower it to at most that"
            )
        if self.fewest_stems > self.most_stems:
            raise ValueError(
                f"fewest_stems {self.fewest_stems} is above most_stems {self.most_stems}; lower it to that"
            )
        if self.stem_total < self.most_stems:
            raise ValueError(
                f"stem_total {self.stem_total} leaves some of {self.most_stems} stems without a channel;"
                " raise it or allow fewer stems"
            )
        return self

    def evaluations(self) -> int:
        """Candidates trained during the search, cached duplicates not counted."""
        return 2 if self.mode == "one_shot" else self.population + self.rounds
