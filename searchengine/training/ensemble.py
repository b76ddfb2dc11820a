"""Scoring several trained networks as one: the mean of their logits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import Stopped
from searchengine.data.batches import Batches
from searchengine.nets.build import build
from searchengine.training.context import Context
from searchengine.training.device import placed
from searchengine.training.metrics import logits_of, pack_bits, score_logits


class EnsembleMember(NamedTuple):
    """A network and the artifact of its weights."""

    architecture: Architecture
    weights: str


class ScoredEnsemble(NamedTuple):
    """``metrics`` of the ensemble: fitness (= accuracy or mean average precision), what ``Scored`` has,
    parameters and flops (sums over the members); ``members``: the metrics of each alone; ``correct``:
    per-sample correctness, ``metrics.pack_bits``."""

    metrics: dict[str, float]
    members: tuple[dict[str, float], ...]
    correct: str


def score_ensemble(
    context: Context, members: Sequence[EnsembleMember], *, top_k: int | None = None
) -> ScoredEnsemble:
    """Score the mean logits of ``members`` (before softmax) on validation.

    Raises ``BadGenome`` when a member's outputs are not finite or constant, ``Stopped`` between members when
    asked to give back (nothing is kept: scoring is short).
    """
    if not members:
        raise ValueError("an ensemble needs at least one member, got none")
    total: Tensor | None = None
    alone = []
    labels = torch.from_numpy(context.data.validation.y).to(context.device)
    for number, member in enumerate(members):
        if context.should_stop():
            raise Stopped(f"gave back after {number} of {len(members)} members")
        logits = member_logits(context, member)
        alone.append(score_logits(logits, labels, top_k).metrics)
        total = logits if total is None else total + logits
        metric = context.summary.metric
        context.report(number + 1, len(members), {metric: alone[-1][metric]}, always=True)
    assert total is not None
    scored = score_logits(total / len(members), labels, top_k)
    metrics = {
        "fitness": scored.metrics[context.summary.metric],
        **scored.metrics,
        "parameters": float(sum(member.architecture.parameters for member in members)),
        "flops": float(sum(member.architecture.macs for member in members)),
    }
    return ScoredEnsemble(metrics, tuple(alone), pack_bits(scored.correct))


def member_logits(context: Context, member: EnsembleMember) -> Tensor:
    """Validation logits (N, classes) of one trained network. The weights must fit strictly."""
    recipe = context.recipe
    network = placed(build(member.architecture), context.device, recipe.memory_format)
    network.load_state_dict(load_file(context.path(member.weights)), strict=True)
    batches = Batches(
        context.data.validation,
        context.data.manifest,
        context.device,
        inputs=member.architecture.inputs,
        fidelity=context.job.fidelity,
        memory_format=recipe.memory_format,
    )
    return logits_of(network, batches, precision=recipe.precision)
