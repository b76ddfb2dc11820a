"""Scoring of logits, and of a network on the validation part."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from searchengine.core.errors import BadGenome
from searchengine.data.batches import Batches
from searchengine.training.losses import classification_loss
from searchengine.training.precision_recall import mean_average_precision

_CONSTANT = 1e-6


class Scored(NamedTuple):
    """``metrics``: ``accuracy``, ``top_k`` (both in [0, 1]) and ``loss`` (mean cross-entropy in nats); with
    several labels a sample ``mean_average_precision`` and ``loss``. ``correct`` says for every sample of the
    part, in its order, whether the likeliest class was right; with several labels whether all were, at a
    probability of one half."""

    metrics: dict[str, float]
    correct: np.ndarray[tuple[int], np.dtype[np.bool_]]


def default_top_k(classes: int) -> int:
    """5 where there are at least 20 classes, else 2; never more than there are."""
    return min(classes, 5 if classes >= 20 else 2)


def logits_of(
    network: nn.Module,
    batches: Batches,
    *,
    precision: str = "float32",
    among: Tensor | None = None,
    between: Callable[[], None] = lambda: None,
) -> Tensor:
    """Logits (N, classes) in float32 of a whole part in its own order, or of the samples at the indices
    ``among`` (N,) alone, in evaluation mode.

    ``between`` is called between batches and may raise (a job that is asked to give back)."""
    was_training = network.training
    network.eval()
    found = []
    size = batches.scoring_size
    try:
        with (
            torch.inference_mode(),
            torch.autocast(batches.device.type, torch.bfloat16, enabled=precision == "bf16"),
        ):
            for start in range(0, len(batches) if among is None else len(among), size):
                between()
                here = slice(start, start + size)
                inputs = batches.take(here if among is None else among[here]).inputs
                found.append(network(*inputs).float())
    finally:
        network.train(was_training)
    return torch.cat(found)


def score_logits(logits: Tensor, labels: Tensor, top_k: int | None = None) -> Scored:
    """Metrics of logits (N, classes) against labels (N,), or against ones and zeros (N, classes) where a
    sample may have several. Raises ``BadGenome`` when logits are not finite, or the same for every sample."""
    if not bool(torch.isfinite(logits).all()):
        raise BadGenome("nan", "the network's outputs on validation are not finite")
    if is_constant(logits):
        raise BadGenome("constant_output", "the network gives the same output for every validation sample")
    if labels.dim() == 2:
        return _score_several(logits, labels)
    correct = logits.argmax(1) == labels
    k = top_k or default_top_k(logits.shape[1])
    among = (logits.topk(k, dim=1).indices == labels[:, None]).any(1)
    metrics = {
        "accuracy": float(correct.double().mean()),
        "top_k": float(among.double().mean()),
        "loss": float(F.cross_entropy(logits, labels)),
    }
    return Scored(metrics, correct.cpu().numpy())


def _score_several(logits: Tensor, labels: Tensor) -> Scored:
    correct = ((logits > 0) == (labels > 0)).all(1).cpu().numpy()
    metrics = {
        "mean_average_precision": mean_average_precision(logits.cpu().numpy(), labels.cpu().numpy()),
        "loss": float(classification_loss(logits, labels.to(logits.dtype), several=True)),
    }
    return Scored(metrics, correct)


def is_constant(logits: Tensor) -> bool:
    """Whether logits (N, classes) are the same for all of at least two samples."""
    if len(logits) < 2:
        return False
    spread = (logits.amax(0) - logits.amin(0)).max()
    return bool(spread <= _CONSTANT * logits.abs().max().clamp(min=1.0))


def pack_bits(correct: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    """Per-sample correctness as text: bits, first sample highest in its byte, base64. 3,200 samples take 536
    characters."""
    return base64.b64encode(np.packbits(correct).tobytes()).decode()


def unpack_bits(text: str, count: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The first ``count`` bits of what ``pack_bits`` made."""
    return np.unpackbits(np.frombuffer(base64.b64decode(text), dtype=np.uint8), count=count).astype(bool)
