"""What validation loses when a trained network does without one stem or one connection, not trained anew."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import BadGenome, Stopped
from searchengine.core.jsontext import Json
from searchengine.data.batches import Batches, members
from searchengine.methods.assemblenet.describe import node_name
from searchengine.methods.assemblenet.gates import Gates
from searchengine.methods.assemblenet.genome import Genome
from searchengine.nets.network import Network
from searchengine.training.context import Context
from searchengine.training.metrics import logits_of, score_logits

MOST_CLIPS = 512
"""Validation clips an ablation looks at: enough to see what matters, few enough to be quick."""


def ablation(
    context: Context, genome: Genome, architecture: Architecture, network: Network, gates: Gates
) -> Json:
    """``{"whole": value, "stems": {"0": value}, "connections": {"0>6": value}}``: the data's metric over at
    most ``MOST_CLIPS`` validation clips, classes in proportion, whole and without each part. A part without
    which every output is alike has 0. Empty where none of these clips carries a label: the metric says
    nothing there.
    """
    validation, manifest = context.data.validation, context.data.manifest
    batches = Batches(
        validation,
        manifest,
        context.device,
        inputs=architecture.inputs,
        fidelity=context.job.fidelity,
        memory_format=context.recipe.memory_format,
    )
    share = min(1.0, MOST_CLIPS / len(validation.y))
    chosen = torch.from_numpy(members(validation, manifest, share)).to(context.device)
    labels, metric = batches.labels(chosen), context.summary.metric
    if context.summary.labels == "multi" and not bool(labels.any()):
        return {}

    def still_here() -> None:
        """Many looks at validation follow each other: without a word in between they would pass for a job
        that hangs."""
        if context.should_stop():
            raise Stopped("gave back while parts were left out")
        context.report(context.job.fidelity.steps, context.job.fidelity.steps, {})

    def value() -> float:
        logits = logits_of(
            network, batches, precision=context.recipe.precision, among=chosen, between=still_here
        )
        try:
            return round(score_logits(logits, labels).metrics[metric], 4)
        except BadGenome:
            return 0.0

    def silent(layer: nn.Module, given: Any, output: Tensor) -> Tensor:
        return torch.zeros_like(output)

    found: Json = {"whole": value(), "stems": {}, "connections": {}}
    for stem in genome.stems:
        handle = network.get_submodule(f"{node_name(stem)}.pool").register_forward_hook(silent)
        found["stems"][str(stem.id)] = value()
        handle.remove()
    for source, target in genome.weighted:
        before = gates.shut(network, (source, target))
        found["connections"][f"{source}>{target}"] = value()
        gates.reopen(network, (source, target), before)
    return found
