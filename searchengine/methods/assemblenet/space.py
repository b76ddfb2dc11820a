"""The space AssembleNet searches: graphs within bounds whose networks fit the data and the caps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import numpy as np

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import DataRefused, InfeasibleArchitecture, InvalidParams
from searchengine.core.jobs import Change, Proposal
from searchengine.core.jsontext import Json, loads
from searchengine.core.jsontext import canonical as canonical_text
from searchengine.core.limits import over_limit, training_cost
from searchengine.core.method import Child
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary, Fidelity, Setting
from searchengine.methods.assemblenet.connections import by_block
from searchengine.methods.assemblenet.describe import Frame, describe
from searchengine.methods.assemblenet.genome import (
    STREAMS,
    Bounds,
    Edge,
    Genome,
    check_within,
    parse,
    to_json,
)
from searchengine.methods.assemblenet.identity import key
from searchengine.methods.assemblenet.operators import mutated, random_genome
from searchengine.methods.assemblenet.params import SPACE_KNOBS, AssembleNetParams

REDRAWS = 20
"""Children drawn from one parent before something else is tried."""
RANDOM_DRAWS = 200
WATCHED = 10
"""How often in a training the connection weights are looked at."""


class AssembleNetSpace:
    """Bounds, caps and cost of one search. ``params`` and ``data`` decide everything; draws come from the
    generator."""

    slug = "assemblenet"

    def __init__(self, params: AssembleNetParams, data: DataSummary) -> None:
        self.params = params
        self.data = data
        self.frame = Frame(
            params.scale, params.head, params.dropout, params.norm_momentum, _flow_source(params, data)
        )
        self.bounds = Bounds(
            depth=params.depth,
            stem_total=params.stem_total,
            totals=params.level_totals,
            most=params.most_blocks,
            stems=(params.fewest_stems, params.most_stems),
            dilations=params.dilations,
            streams=STREAMS,
        )
        self.search_setting = data.setting(
            Fidelity(resolution=params.search_resolution, steps=params.train_steps)
        )
        self.final_setting = data.setting(Fidelity(steps=params.final_steps))
        self._refuse_small_clips()

    def _refuse_small_clips(self) -> None:
        """Every graph of a scale strides alike, so one of them tells whether the clips are large enough."""
        genome = random_genome(self.bounds, np.random.default_rng(0), stems=self.bounds.stems[0])
        try:
            self.describe(to_json(genome), self.search_setting)
            network = self.describe(to_json(genome), self.final_setting)
        except InfeasibleArchitecture as error:
            frames, height, width = self.search_setting.inputs["clip"][1:]
            raise InvalidParams(
                {
                    "scale": f"the {self.params.scale} scale does not fit clips of {frames} frames of"
                    f" {height}×{width} pixels ({error}); choose the small one or larger clips"
                }
            ) from None
        for name, count in (("max_parameters", network.parameters), ("max_macs", network.macs)):
            limit = getattr(self.params, name)
            if limit and limit < count // 4:
                raise InvalidParams(
                    {
                        name: f"expected 0 (no limit) or about {count} and more, which networks of these"
                        f" totals have, got {limit}"
                    }
                )

    # --- what searches and pages use ---------------------------------------------------------------

    def random(self, rng: np.random.Generator) -> Json:
        """A random over-connected graph within the caps; after many draws the last, caps or not."""
        for _ in range(RANDOM_DRAWS):
            genome = self.random_genome(rng)
            if self.refusal(genome) is None:
                break
        return to_json(genome)

    def random_genome(self, rng: np.random.Generator) -> Genome:
        fewest, most = self.bounds.stems
        stems = int(rng.integers(fewest, most + 1)) if fewest < most else fewest
        return random_genome(self.bounds, rng, stems=stems, connection=self.params.connection_probability)

    def mutate(self, genome: Json, rng: np.random.Generator) -> Child:
        """A child by one step of ordinary evolution, which knows no learned weights; drawn again while it is
        over a cap or equal to its parent, after many draws a random graph instead."""
        parent = parse(genome)
        for _ in range(REDRAWS):
            child = mutated(parent, self.bounds, rng)
            if key(child.genome) != key(parent) and self.refusal(child.genome) is None:
                return Child(to_json(child.genome), child.changes)
        change = Change("random", {}, "drawn anew: no mutation stays within the limits")
        return Child(self.random(rng), (change,))

    def key(self, genome: Json) -> str:
        return key(parse(genome))

    def check(self, genome: Json) -> None:
        check_within(parse(genome), self.bounds)

    def describe(self, genome: Json, setting: Setting) -> Architecture:
        """The network of any well-formed genome, within the bounds of this search or not."""
        inputs = tuple((name, tuple(shape)) for name, shape in setting.inputs.items())
        shrunk = setting.fidelity.resolution
        return _described(canonical_text(genome), inputs, setting.classes, shrunk, self.frame)

    def evaluation(self, genome: Json) -> Proposal:
        """Short training from scratch of convolutions and connection weights, scored on validation."""
        params = self.params
        arguments = self._arguments() | {
            "batch": params.batch,
            "learning_rate": params.learning_rate,
            "seeds": params.evaluation_seeds,
        }
        clips = params.batch * params.train_steps * params.evaluation_seeds
        cost = self._cost(genome, self.search_setting, clips)
        return Proposal("train", (), fidelity=self.search_setting.fidelity, arguments=arguments, cost=cost)

    def final_evaluation(self, genome: Json, weights: Mapping[Edge, float] | None = None) -> Proposal:
        """The longer training that ends a search. Connection weights are held at ``weights`` where these are
        given and the parameters say so, and learned again otherwise."""
        params = self.params
        arguments = self._arguments() | {
            "batch": params.final_batch,
            "learning_rate": params.final_learning_rate,
            "decay": params.final_decay,
            "warmup": params.final_warmup,
            "shift": params.final_shift,
            "flip": params.final_flip,
        }
        if weights and params.final_connections == "frozen":
            arguments["frozen"] = by_block(parse(genome), weights)
        cost = self._cost(genome, self.final_setting, params.final_batch * params.final_steps)
        return Proposal(
            "retrain",
            (),
            fidelity=self.final_setting.fidelity,
            arguments=arguments,
            cost=cost,
            reuse=False,
            phase="final",
        )

    # --- within the method -------------------------------------------------------------------------

    def refusal(self, genome: Genome) -> str | None:
        """Why the network of ``genome`` may not be trained, in words; None when it may."""
        try:
            network = self.describe(to_json(genome), self.final_setting)
        except InfeasibleArchitecture as error:
            return str(error)
        return over_limit(network, self.params.max_parameters, self.params.max_macs)

    def space_params(self) -> Json:
        """The parameters that decide what network a genome is."""
        values = self.params.to_json()
        return {name: values[name] for name in SPACE_KNOBS}

    def _arguments(self) -> Json:
        params = self.params
        return {
            "space_params": self.space_params(),
            "optimiser": params.optimiser,
            "weight_decay": params.weight_decay,
            "connection_learning_rate": params.connection_learning_rate,
            "gradient_clip": params.gradient_clip,
            "watched": WATCHED,
        }

    def _cost(self, genome: Json, setting: Setting, clips: int) -> float:
        return training_cost(self.describe(genome, setting), clips)


@lru_cache(maxsize=512)
def _described(
    genome: str, inputs: tuple[tuple[str, tuple[int, ...]], ...], classes: int, shrunk: int, frame: Frame
) -> Architecture:
    """A network depends on shapes, classes and the resolution's divisor, not on how long it is trained: one
    graph serves search and finale."""
    setting = Setting(dict(inputs), classes, Fidelity(resolution=shrunk))
    return describe(parse(loads(genome)), setting, frame)


def _flow_source(params: AssembleNetParams, data: DataSummary) -> Literal["cached", "tvl1"]:
    if params.flow == "cached" and not data.flow:
        raise InvalidParams(
            {
                "flow": f"{data.slug} holds no optical flow; prepare it with flow, or choose tvl1 (inside the"
                " network) or auto"
            }
        )
    return "cached" if params.flow != "tvl1" and data.flow else "tvl1"


def make_space(params: Params, data: DataSummary) -> AssembleNetSpace:
    """Raises ``DataRefused`` for what are no clips, ``InvalidParams`` when scale or flow do not fit them."""
    if data.modality != "clips":
        raise DataRefused(f"AssembleNet searches on clips; {data.slug} holds {data.modality}")
    if not isinstance(params, AssembleNetParams):
        raise TypeError(f"expected AssembleNetParams, got {type(params).__name__}")
    return AssembleNetSpace(params, data)
