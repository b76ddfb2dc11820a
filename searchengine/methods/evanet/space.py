"""The space EvaNet searches: genomes within bounds whose networks fit the data and the caps."""

from __future__ import annotations

from functools import lru_cache

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
from searchengine.methods.evanet.describe import Mixture, describe
from searchengine.methods.evanet.genome import (
    INCEPTION_MODULES,
    Bounds,
    Genome,
    check_within,
    key,
    parse,
    to_json,
)
from searchengine.methods.evanet.handmade import smallest
from searchengine.methods.evanet.operators import mutate, random_genome
from searchengine.methods.evanet.params import SPACE_KNOBS, EvaNetParams

REDRAWS = 20
"""Children drawn from one parent before another parent is chosen."""
RANDOM_DRAWS = 1000


class EvaNetSpace:
    """Bounds, caps and cost of one search. ``params`` and ``data`` decide everything; draws come from the
    generator."""

    slug = "evanet"

    def __init__(self, params: EvaNetParams, data: DataSummary) -> None:
        self.params = params
        self.data = data
        full = params.blocks == 4
        self.bounds = Bounds(
            meta=params.meta,
            blocks=INCEPTION_MODULES if full and params.meta == "inception" else params.blocks,
            width=params.width,
            in_channels=data.shape[0],
            temporal_sizes=params.temporal_sizes,
            max_branches=params.max_branches,
            max_repeats=1 if params.meta == "inception" else params.max_repeats,
        )
        self.mixture = Mixture(params.profiles, params.profile, params.dropout)
        self.search_setting = data.setting(
            Fidelity(resolution=params.search_resolution, steps=params.train_steps)
        )
        self.final_setting = data.setting(Fidelity(steps=params.final_steps))
        self._refuse_small_clips()
        self._refuse_small_caps()

    def _refuse_small_clips(self) -> None:
        """Every genome of a template strides alike, so one of them tells whether the clips are large
        enough."""
        try:
            self.describe(to_json(smallest(self.bounds)), self.search_setting)
        except InfeasibleArchitecture as error:
            frames, height, width = self.search_setting.inputs["clip"][1:]
            raise InvalidParams(
                {
                    "blocks": f"the template of {self.params.blocks} blocks does not fit clips"
                    f" of {frames} frames of {height}×{width} pixels ({error});"
                    " choose fewer blocks or larger clips"
                }
            ) from None

    def _refuse_small_caps(self) -> None:
        network = self.describe(to_json(smallest(self.bounds)), self.final_setting)
        for name, needed in (("max_parameters", network.parameters), ("max_macs", network.macs)):
            limit = getattr(self.params, name)
            if limit and limit < needed:
                raise InvalidParams(
                    {name: f"expected 0 (no limit) or at least {needed}, the smallest network, got {limit}"}
                )

    # --- what searches and pages use ---------------------------------------------------------------

    def random(self, rng: np.random.Generator) -> Json:
        """A random genome within the caps; the smallest one when none of many draws is."""
        for _ in range(RANDOM_DRAWS):
            genome = random_genome(self.bounds, rng)
            if self.refusal(genome) is None:
                return to_json(genome)
        return to_json(smallest(self.bounds))

    def mutate(self, genome: Json, rng: np.random.Generator) -> Child:
        """A child by one mutation, drawn again while it is over a cap; after many draws a random genome
        instead."""
        parent = parse(genome)
        for _ in range(REDRAWS):
            child, change = mutate(parent, self.bounds, rng)
            if self.refusal(child) is None:
                return Child(to_json(child), (change,))
        change = Change("random", {}, "drawn anew: no mutation stays within the limits")
        return Child(self.random(rng), (change,))

    def key(self, genome: Json) -> str:
        return key(parse(genome))

    def check(self, genome: Json) -> None:
        check_within(parse(genome), self.bounds)

    def describe(self, genome: Json, setting: Setting) -> Architecture:
        """The network of any well-formed genome, within the bounds of this search or not."""
        inputs = tuple((name, tuple(shape)) for name, shape in setting.inputs.items())
        return _described(canonical_text(genome), inputs, setting.classes, self.mixture)

    def evaluation(self, genome: Json) -> Proposal:
        """Short training from scratch, scored on the validation part."""
        params = self.params
        arguments: Json = {
            "space_params": self.space_params(),
            "batch": params.batch,
            "learning_rate": params.learning_rate,
            "weight_decay": params.weight_decay,
            "gradient_clip": params.gradient_clip,
            "seeds": params.evaluation_seeds,
        }
        fidelity = self.search_setting.fidelity
        clips = params.batch * params.train_steps * params.evaluation_seeds
        return Proposal(
            "train",
            (),
            fidelity=fidelity,
            arguments=arguments,
            cost=self._cost(genome, self.search_setting, clips),
        )

    def final_evaluation(self, genome: Json, repeat: int = 0) -> Proposal:
        """The longer training that ends a search; ``repeat`` counts the seeds of one genome."""
        params = self.params
        arguments: Json = {
            "space_params": self.space_params(),
            "batch": params.final_batch,
            "learning_rate": params.final_learning_rate,
            "weight_decay": params.weight_decay,
            "gradient_clip": params.gradient_clip,
            "shift": params.final_shift,
            "flip": params.final_flip,
            "repeat": repeat,
        }
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

    def _cost(self, genome: Json, setting: Setting, clips: int) -> float:
        return training_cost(self.describe(genome, setting), clips)


@lru_cache(maxsize=256)
def _described(
    genome: str, inputs: tuple[tuple[str, tuple[int, ...]], ...], classes: int, mixture: Mixture
) -> Architecture:
    """A network depends on shapes and classes, not on how long it is trained: one graph serves search and
    finale."""
    return describe(parse(loads(genome)), Setting(dict(inputs), classes), mixture)


def make_space(params: Params, data: DataSummary) -> EvaNetSpace:
    """Raises ``DataRefused`` for what are no clips, ``InvalidParams`` when the template does not fit them."""
    if data.modality != "clips":
        raise DataRefused(f"EvaNet searches on clips; {data.slug} holds {data.modality}")
    if not isinstance(params, EvaNetParams):
        raise TypeError(f"expected EvaNetParams, got {type(params).__name__}")
    return EvaNetSpace(params, data)
