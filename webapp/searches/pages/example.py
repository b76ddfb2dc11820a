"""An example network of a launch form as it stands, and what the search would cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from django.utils.safestring import SafeString

from searchengine import catalogue
from searchengine.core.errors import EngineError
from searchengine.core.jsontext import Json, loads
from searchengine.core.method import Method, Space
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary
from searchengine.report.layout import layout
from searchengine.report.picture import Portrayed
from webapp.plots.network_drawing import network_drawing
from webapp.searches.forms import LaunchForm
from webapp.searches.pages.pictures import PictureView, maker_of, view
from webapp.searches.supervisor.place import memory_limit

BYTES_A_PARAMETER = 16
"""In float32: the parameter, its gradient and two moments of the optimiser."""


class Memory(NamedTuple):
    """What one training step keeps at most, in bytes, with ``batch`` samples; ``limit`` is what a training
    process of this machine may use."""

    bytes: int
    batch: int
    limit: int

    @property
    def too_much(self) -> bool:
        return self.bytes > self.limit


class Example(NamedTuple):
    """``title`` says which network it is; ``trouble`` is why there is none, in words. ``picture`` is what the
    method draws of it, None where it draws layers alone. ``planned`` is how many networks the search
    trains, ``memory`` what the heavier of its two trainings (in the search, at the end) needs."""

    title: str
    svg: SafeString | None
    picture: PictureView | None
    layers: tuple[str, ...]
    parameters: int | None
    flops: int | None
    memory: Memory | None
    planned: int | None
    cost: str
    samples: dict[str, int]
    trouble: str


def example(form: LaunchForm) -> Example:
    """The method's first named example, else a random network of its space, always the same. No query."""
    method, dataset = form.method, form.chosen_dataset
    nothing = Example("", None, None, (), None, None, None, None, form.chosen_preset.cost, {}, "")
    if dataset is None:
        return nothing._replace(trouble="Choose a data set to see an example network.")
    try:
        params = form.params()
        data = dataset.data_summary()
        space, title, genome = _example_genome(method, params, data)
    except EngineError as error:
        return nothing._replace(trouble=str(error))
    found = nothing._replace(
        title=title,
        picture=_picture(space.slug, genome, data),
        planned=_planned(form, params),
        samples=data.sizes,
    )
    try:
        architecture = space.describe(genome, data.setting())
    except EngineError as error:
        return found._replace(trouble=str(error))
    drawing = layout(architecture)
    return found._replace(
        svg=network_drawing(drawing, title, ident="example"),
        layers=drawing.text_list(),
        parameters=architecture.parameters,
        flops=architecture.macs,
        memory=_memory(space, genome, data),
    )


def _memory(space: Space, genome: Json, data: DataSummary) -> Memory | None:
    """None where the trainings do not say how many samples a step takes."""
    found = []
    for proposal in (space.evaluation(genome), space.final_evaluation(genome)):
        batch = proposal.arguments.get("batch") if proposal else None
        if proposal is None or not isinstance(batch, int):
            continue
        network = space.describe(genome, data.setting(proposal.fidelity))
        kept = network.activation_bytes(batch) + BYTES_A_PARAMETER * network.parameters
        found.append(Memory(kept, batch, memory_limit()))
    return max(found, default=None)


def _planned(form: LaunchForm, params: Params) -> int | None:
    """How many networks the method means to train, or may at most."""
    planned = form.method.planned(params) if form.method.planned else None
    limit = form.data.get("budget_evaluations") if form.is_bound else None
    if limit and str(limit).isdecimal():
        return min(int(limit), planned) if planned is not None else int(limit)
    return planned


def _picture(slug: str, genome: Json, data: DataSummary) -> PictureView | None:
    maker = maker_of(slug)
    return view(maker, data, Portrayed(0, genome), None, "example") if maker else None


def _example_genome(method: Method, params: Params, data: DataSummary) -> tuple[Space, str, Json]:
    source, space_params = method, params
    if method.is_control and hasattr(params, "space"):
        values = getattr(params, "space_params", {})
        space = catalogue.space(params.space, loads(values) if isinstance(values, str) else values, data)
        found = catalogue.spaces()[params.space]
        return space, f"A random network of {found.title}", space.random(np.random.default_rng(0))
    if source.space is None:
        raise EngineError("This method draws no single network; its page explains what it searches.")
    space = source.space(space_params, data)
    for title, make in method.examples.items():
        return space, title[:1].upper() + title[1:], make(params, data)
    return space, "A random network of its space", space.random(np.random.default_rng(0))
