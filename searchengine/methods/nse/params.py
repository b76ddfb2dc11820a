"""Every knob of NSE in full words: the same names on the command line, in the form and in the API."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from searchengine.core.params import Params, knob, object_from_text
from searchengine.methods.nse import latency
from searchengine.methods.nse.ops import POOLS
from searchengine.methods.nse.skeleton import Skeleton
from searchengine.methods.nse.start import Start, genomes_from_text, read
from searchengine.methods.nse.subset import most_rounds

SPACE_KNOBS = (
    "cells",
    "channels",
    "stem_stride",
    "tail",
    "tail_norm",
    "pool",
    "width",
    "dropout",
    "excitation",
)
"""The knobs that decide what network a path is."""

LIMIT_KNOBS = ("cells", "channels", "resource", "target", "band_low", "band_high", "guard_width")
"""The knobs that decide what a network may cost."""


class NseParams(Params):
    """Parameters of an NSE search; the defaults are the demo preset."""

    rounds: int = knob(
        3,
        "Rounds: each trains a supernet on the present subset, scores paths with it, and refills the subset.",
        low=1,
        high=100,
        paper="6, then 3 with a second pool",
    )
    subset_size: int = knob(
        4,
        "K: operations of a cell that are in the supernet at the same time.",
        low=2,
        high=72,
        unit="operations",
        paper="5; 6 in the latency search",
    )
    branches: Literal["multi", "single"] = knob(
        "multi",
        "Whether a cell may hold several operations side by side, or one.",
        paper="multi",
    )
    candidates: int = knob(
        60,
        "Paths scored in a round, drawn by the gates inside the band.",
        low=10,
        high=10_000,
        unit="paths",
        paper="2,000",
    )
    guards: int = knob(
        10,
        "Paths just below the band that are scored beside them: they may dominate and are never kept.",
        low=0,
        high=10_000,
        unit="paths",
        paper="100",
    )
    paths_a_job: int = knob(
        10,
        "Paths that a worker scores in one go, with the supernet loaded once.",
        low=1,
        high=500,
        unit="paths",
    )
    lock: bool = knob(
        True, "Operations kept from the last front cannot be pruned inside a round.", paper="on"
    )
    rehearse: bool = knob(
        True,
        "Score the last front again with the new supernet, so that it competes on equal terms.",
        paper="on",
    )
    stall_cap: bool = knob(
        True,
        "Lock at most K - 1 operations of a cell while others wait, so that one can always enter.",
        paper="off",
    )
    prune_below: float = knob(
        -2.0,
        "An operation leaves the supernet when its gate parameter is below this; 0 switches pruning off.",
        low=-10.0,
        high=0.0,
        paper="-2",
    )

    cells: str = knob(
        "NRNNENN",
        "The row of cells: N keeps shape and may vanish, R halves the size, E goes to the next channels.",
        group="space",
        paper="22 cells; 21 in the latency search",
    )
    channels: tuple[int, ...] = knob(
        (8, 16, 24),
        "Channels of the stem and after every R and E cell.",
        unit="channels",
        group="space",
        paper="16, 24, 40, 80, 96, 192, 320",
    )
    stem_stride: int = knob(1, "Stride of the first convolution.", low=1, high=2, group="space", paper="2")
    tail: int = knob(
        64,
        "Channels of the last convolution.",
        low=1,
        high=4096,
        unit="channels",
        group="space",
        paper="1,024",
    )
    tail_norm: bool = knob(True, "Normalise after the last convolution.", group="space", paper="off")
    pool: Literal["small13", "pool19", "pool27", "pool72"] = knob(
        "small13",
        "The operations that may be tried.",
        group="space",
        paper="pool27, then pool72; pool19 by latency",
    )
    start_from: Annotated[list[dict[str, Any]], BeforeValidator(genomes_from_text)] = knob(
        [],
        "Genomes of a search over a smaller pool that this one begins with, JSON as stored: the paths of its"
        " front, the space of its last round, or both; new operations alone are tried.",
        group="space",
        paper="pool72 from the result of pool27",
    )
    width: float = knob(
        1.0,
        "Factor on all channels but the first of every network that is searched.",
        low=0.25,
        high=4.0,
        group="space",
        paper="1; more in the final training",
    )
    dropout: float = knob(
        0.0,
        "Share of features dropped before the classifier while searching.",
        low=0.0,
        high=0.9,
        group="space",
        paper="0",
    )
    excitation: bool = knob(
        False,
        "Squeeze-and-excitation in every operation of the networks that are searched.",
        group="space",
        paper="off; an option of the final network",
    )
    resource: Literal["macs", "parameters", "latency"] = knob(
        "macs",
        "What a network may cost: thousands of multiply-adds of one image, thousands of parameters, or"
        " milliseconds by a latency table, which is measured first on the device that trains.",
        group="space",
        paper="multiply-adds or latency",
    )
    latency_batch: int = knob(
        1,
        "Images a pass when a latency table is measured.",
        low=1,
        high=8192,
        unit="images",
        group="space",
        paper="not stated",
    )
    latency_repetitions: int = knob(
        20,
        "Measurements of every layer, the least of which is kept.",
        low=2,
        high=1000,
        unit="measurements",
        group="space",
        paper="not stated",
    )
    latency_table: Annotated[dict[str, Any], BeforeValidator(object_from_text)] = knob(
        {},
        "A latency table measured before, as JSON; without one the search measures its own.",
        group="space",
        paper="a file for each device",
    )
    target: float = knob(
        0.0,
        "Cost that the gates are pulled to, in thousands (latency: ms); 0: 2.4 times the cheapest path.",
        low=0.0,
        high=1e9,
        unit="thousand",
        group="space",
        paper="300,000",
    )
    penalty_weight: float = knob(
        0.3,
        "Weight of the squared relative distance of the expected cost to the target, in the gates' loss.",
        low=0.0,
        high=1e6,
        group="space",
        paper="0.9 (1e-5 per million squared at 300 million)",
    )
    band_low: float = knob(
        0.0,
        "Cost of a scored path at least, in thousands (latency: ms); 0: 1.8 times the cheapest path.",
        low=0.0,
        high=1e9,
        unit="thousand",
        group="space",
        paper="about 300,000",
    )
    band_high: float = knob(
        0.0,
        "Cost of a scored path at most, in thousands (latency: ms); 0: 4 times the cheapest path.",
        low=0.0,
        high=1e9,
        unit="thousand",
        group="space",
        paper="about 350,000",
    )
    guard_width: float = knob(
        0.0,
        "How far below the band guards may lie, in thousands (latency: ms); 0: 0.3 times the cheapest path.",
        low=0.0,
        high=1e9,
        unit="thousand",
        group="space",
        paper="10,000",
    )

    round_steps: int = knob(
        700,
        "Optimiser steps of the supernet's weights in a round.",
        low=1,
        high=10_000_000,
        unit="steps",
        group="training",
        paper="120,200",
    )
    batch: int = knob(64, "Images a step.", low=2, high=8192, unit="images", group="training", paper="1,024")
    learning_rate: float = knob(
        0.3, "Peak learning rate of the weights.", low=1e-5, high=10.0, group="training", paper="0.4"
    )
    warmup: int = knob(
        30,
        "Steps over which the learning rate rises.",
        low=0,
        high=1_000_000,
        unit="steps",
        group="training",
        paper="2 epochs",
    )
    weight_decay: float = knob(
        4e-5,
        "Weight decay of convolutions and linear weights.",
        low=0.0,
        high=0.1,
        group="training",
        paper="4e-5",
    )
    gradient_clip: float = knob(
        5.0,
        "Largest gradient norm; 0 switches clipping off.",
        low=0.0,
        high=1000.0,
        group="training",
        paper="off",
    )
    gate_every: int = knob(
        4,
        "Steps of the weights for one step of the gates.",
        low=1,
        high=10,
        unit="steps",
        group="training",
        paper="2",
    )
    gate_learning_rate: float = knob(
        0.05, "Learning rate of the gates.", low=1e-4, high=0.2, group="training", paper="0.005"
    )
    calibration_batches: int = knob(
        10,
        "Batches from which normalisation is measured for every scored path.",
        low=1,
        high=200,
        unit="batches",
        group="training",
        paper="50",
    )
    calibration: Literal["cumulative", "momentum"] = knob(
        "cumulative",
        "Average those batches alike, or follow them with a momentum of 0.1, which needs many.",
        group="training",
        paper="momentum",
    )

    shift: int = knob(
        0,
        "Largest random shift of an image that the weights are trained on; gates and scores see it as it is.",
        low=0,
        high=64,
        unit="pixels",
        group="training",
        paper="random resized crop",
    )
    flip: bool = knob(
        False,
        "Mirror half the images that the weights are trained on, where the classes allow it.",
        group="training",
        paper="on",
    )

    finalists: int = knob(
        4, "Members of the last front that are trained again from scratch.", low=0, high=50, group="final"
    )
    final_steps: int = knob(
        340,
        "Optimiser steps of the final training of each.",
        low=1,
        high=10_000_000,
        unit="steps",
        group="final",
        paper="250 epochs",
    )
    final_batch: int = knob(
        64,
        "Images a step of the final training.",
        low=2,
        high=8192,
        unit="images",
        group="final",
        paper="1,024",
    )
    final_learning_rate: float = knob(
        0.3, "Peak learning rate of the final training.", low=1e-5, high=10.0, group="final", paper="0.4"
    )
    final_warmup: int = knob(
        30,
        "Steps over which the learning rate of the final training rises.",
        low=0,
        high=1_000_000,
        unit="steps",
        group="final",
        paper="5 epochs here",
    )
    final_label_smoothing: float = knob(
        0.0,
        "Share of every target of the final training that is spread over all classes.",
        low=0.0,
        high=0.9,
        group="final",
        paper="0.1 here",
    )
    final_shift: int = knob(
        0,
        "Largest random shift of an image in the final training.",
        low=0,
        high=64,
        unit="pixels",
        group="final",
        paper="random resized crop here",
    )
    final_flip: bool = knob(
        False,
        "Mirror half the images in the final training, where the classes allow it.",
        group="final",
        paper="on here",
    )
    final_scale: float = knob(
        1.0,
        "Width of the final network over the searched one.",
        low=0.25,
        high=4.0,
        group="final",
        paper="1.04, 1.045",
    )
    final_dropout: float = knob(
        0.0,
        "Share of features dropped before the classifier.",
        low=0.0,
        high=0.9,
        group="final",
        paper="0.2 here",
    )
    final_excitation: bool = knob(
        False,
        "Squeeze-and-excitation in every operation of the networks trained again, which are dearer by it.",
        group="final",
        paper="an option",
    )

    @model_validator(mode="after")
    def _fits(self) -> NseParams:
        self.skeleton()
        if self.final_excitation:
            replace(self.skeleton(), excited=True)
            if not self.finalists:
                raise ValueError(
                    "final_excitation is for the networks that are trained again, and finalists is 0;"
                    " raise finalists or switch final_excitation off"
                )
        if self.latency_table:
            if self.resource != "latency":
                raise ValueError(
                    f"latency_table is given, and the resource is {self.resource}; set resource to latency or"
                    " leave the table out"
                )
            latency.parse(self.latency_table)
        ops = len(POOLS[self.pool])
        if self.subset_size > ops:
            raise ValueError(
                f"subset_size {self.subset_size} is larger than the pool of {ops} operations;"
                " lower it to that"
            )
        start = self._checked_start()
        # One operation a cell is taken to be kept, of the pool or from the search before.
        tried = ops if start is None else ops - start.finished.pool
        most = most_rounds(tried if start is None else tried + 1, self.subset_size)
        if self.rounds > most:
            raise ValueError(
                f"rounds {self.rounds} is more than the {most} it takes to try {tried} operations"
                f" {self.subset_size} at a time; lower it to that"
            )
        if self.band_low and self.band_high and not self.band_low < self.band_high:
            raise ValueError(
                f"the band runs from {self.band_low:g} to {self.band_high:g};"
                " band_low must be below band_high"
            )
        return self

    def skeleton(self) -> Skeleton:
        """Raises ``ValueError`` in words when cells, channels and pool do not fit each other."""
        return Skeleton(
            self.cells, self.channels, self.stem_stride, self.tail, self.tail_norm, self.pool,
            self.excitation,
        )  # fmt: skip

    def start(self) -> Start | None:
        """What the search goes on from; None for one that begins with nothing."""
        return read(self.start_from, self.skeleton(), single=self.branches == "single")

    def _checked_start(self) -> Start | None:
        try:
            start = self.start()
        except ValueError as error:
            raise ValueError(f"start_from: {error}") from None
        if start is None or (self.stall_cap and start.paths):
            return start
        if all(len(ops) >= self.subset_size for ops in start.finished.locked):
            raise ValueError(
                f"start_from: every cell keeps {self.subset_size} operations or more, so no new one could"
                " enter; raise subset_size"
            )
        return start

    @property
    def measures(self) -> bool:
        """Whether the search begins by measuring a latency table."""
        return self.resource == "latency" and not self.latency_table

    def scoring_jobs(self) -> int:
        """Jobs that score a round's candidates and guards, the old front left out."""
        return -(-self.candidates // self.paths_a_job) + -(-self.guards // self.paths_a_job)

    def evaluations(self) -> int:
        """Jobs of the search phase at most: the table, a training a round, and the scoring."""
        fronts = self.rounds - 1
        if self.start_from:
            start = self.start()
            fronts += int(start is not None and bool(start.paths))
        rehearsals = fronts if self.rehearse else 0
        return int(self.measures) + self.rounds * (1 + self.scoring_jobs()) + rehearsals
