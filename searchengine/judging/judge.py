"""Scoring found networks on the test part. It loads torch: it is imported only when something is judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import EngineError
from searchengine.data.batches import Batches
from searchengine.data.judging import open_test
from searchengine.data.prepared import open_prepared
from searchengine.export.spec import ExportSpec
from searchengine.nets.build import build
from searchengine.training.metrics import logits_of, score_logits


class NothingToJudge(EngineError, ValueError):
    """There is no network to be judged."""


class Judged(NamedTuple):
    """``metrics`` as of validation (see ``Scored``), over ``samples`` of the test part."""

    metrics: dict[str, float]
    samples: int


def judge(
    networks: Sequence[tuple[Architecture, Path]], *, data_root: Path, fingerprint: str, device: str = "cpu"
) -> Judged:
    """Test metrics of the mean logits of ``networks`` (architecture and safetensors file; one network: of
    itself), in float32. Every call is a look at the test part, which the caller counts.

    Raises ``NothingToJudge``, ``DataRefused`` and, for outputs that are not finite or constant,
    ``BadGenome``.
    """
    if not networks:
        raise NothingToJudge("there is nothing to judge: give at least one network")
    torch.set_num_threads(1)
    place = torch.device(device)
    manifest = open_prepared(data_root, fingerprint).manifest
    test = open_test(data_root, fingerprint)
    total: Tensor | None = None
    for architecture, weights in networks:
        batches = Batches(test, manifest, place, inputs=architecture.inputs)
        network = build(architecture)
        network.load_state_dict(load_file(weights), strict=True)
        logits = logits_of(network.to(place), batches)
        total = logits if total is None else total + logits
    assert total is not None
    scored = score_logits(total / len(networks), batches.labels(slice(None)))
    return Judged(scored.metrics, len(batches))


def judge_spec(spec: ExportSpec, data_root: Path, device: str = "cpu") -> Judged:
    """What an export of ``spec`` would hold, judged. Raises as ``judge``, and ``ExportRefused``."""
    networks = [(spec.architecture(member), member.weights) for member in spec.members]
    return judge(networks, data_root=data_root, fingerprint=spec.summary().fingerprint, device=device)
