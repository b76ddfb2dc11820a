"""Judging on test: the one place of this method that opens it, for claims on built-in data, with a ledger.

It loads torch, so it is imported only when something is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import dumps
from searchengine.data.batches import Batches
from searchengine.data.judging import open_test
from searchengine.data.prepared import open_prepared
from searchengine.nets.build import build
from searchengine.training.metrics import logits_of, score_logits


def judge(
    networks: Sequence[tuple[Architecture, Path]],
    *,
    data_root: Path,
    fingerprint: str,
    ledger: Path,
    what: str,
) -> float:
    """Test accuracy of the mean logits of ``networks`` (one network: of itself). Every look is a line of
    ``ledger``: which data, what was judged, what came out."""
    torch.set_num_threads(1)
    manifest = open_prepared(data_root, fingerprint).manifest
    batches = Batches(open_test(data_root, fingerprint), manifest, torch.device("cpu"))
    total: Tensor | None = None
    for architecture, weights in networks:
        network = build(architecture)
        network.load_state_dict(load_file(weights), strict=True)
        logits = logits_of(network, batches)
        total = logits if total is None else total + logits
    if total is None:
        raise ValueError("there is nothing to judge: give at least one network")
    metrics = score_logits(total / len(networks), batches.labels(slice(None))).metrics
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.open("a", encoding="utf-8") as lines:
        look = {"data": fingerprint, "what": what, "networks": len(networks), "accuracy": metrics["accuracy"]}
        lines.write(dumps(look) + "\n")
    return metrics["accuracy"]
