"""Paths scored with the weights of a round's supernet: statistics taken anew for every path, then validation.

A path's score does not depend on which others are scored beside it: all of a round are calibrated on the same
batches. Supernets are read from the store once a process and kept while they are asked for, until something
is trained, which needs the memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import BadGenome, Stopped
from searchengine.core.jobs import Failure, Score
from searchengine.core.jsontext import Json
from searchengine.data.batches import Batches
from searchengine.methods.nse.subset import Cells
from searchengine.methods.nse.supernet import Supernet
from searchengine.training.checkpoint import Payload
from searchengine.training.context import Context
from searchengine.training.device import placed
from searchengine.training.metrics import logits_of, score_logits
from searchengine.training.micro import most_at_once, parts
from searchengine.training.recalibration import recalibrate

KEPT = 2
"""Supernets a process keeps in memory: that of the round, and one that just ended."""
_KEPT: OrderedDict[tuple[str, str, str], Supernet] = OrderedDict()


class Calibration(NamedTuple):
    """``batches`` of ``size`` training samples, drawn by ``seed``; ``momentum`` None averages them alike."""

    batches: int
    size: int
    seed: int
    momentum: float | None


def supernet_of(context: Context, sha256: str, architecture: Architecture, kinds: str) -> Supernet:
    """The supernet stored as ``sha256``, in evaluation mode on the job's device."""
    recipe = context.recipe
    key = (sha256, str(context.device), recipe.memory_format)
    found = _KEPT.pop(key, None)
    if found is None:
        with torch.random.fork_rng():
            found = placed(Supernet(architecture, kinds), context.device, recipe.memory_format)
        found.network.load_state_dict(load_file(context.path(sha256)), strict=True)
        found.requires_grad_(False)
        while len(_KEPT) >= KEPT:
            _KEPT.popitem(last=False)
    _KEPT[key] = found
    return found.eval()


def forget_supernets() -> None:
    """Let go of those this process keeps. One that is asked for again is read from the store."""
    _KEPT.clear()


class _OnPath(nn.Module):
    """The supernet as a network of one path."""

    def __init__(self, supernet: Supernet, path: Cells) -> None:
        super().__init__()
        self.supernet, self.path = supernet, path

    def forward(self, x: Tensor) -> Tensor:
        return self.supernet(x, self.path)


def score_paths(
    context: Context, supernet: Supernet, paths: dict[int, Cells], calibration: Calibration
) -> dict[int, Score]:
    """Top-1 (``fitness``), top-k and loss on validation of every path, by subject. A path whose outputs are
    not finite or constant fails alone. Resumed, paths that were scored are not scored again. Batches of
    calibration that memory does not hold are taken in parts, which normalisation then sees."""
    kept = context.resumed()
    done: dict[int, Json] = (
        {int(number): score for number, score in kept.values["scores"].items()} if kept else {}
    )
    place = partial(
        Batches,
        manifest=context.data.manifest,
        device=context.device,
        fidelity=context.job.fidelity,
        memory_format=context.recipe.memory_format,
    )
    train, validation = place(context.data.train), place(context.data.validation)
    most = most_at_once(context, calibration.size)
    chosen = [
        index[part.samples]
        for index in _calibration_samples(len(train), calibration)
        for part in parts(len(index), most)
    ]

    def give_back_if_asked() -> None:
        if context.should_stop():
            context.checkpoint(_payload(done))
            raise Stopped(f"gave back after {len(done)} of {len(paths)} paths")
        context.report(len(done), len(paths), {})  # a sign of life: a path of a large network takes long

    for number, path in paths.items():
        if number in done:
            continue
        give_back_if_asked()
        network = _OnPath(supernet, path)
        score = _score(context, network, train, validation, chosen, calibration.momentum, give_back_if_asked)
        done[number] = score.to_json()
        best = max((one["metrics"].get("accuracy", 0.0) for one in done.values()), default=0.0)
        context.report(len(done), len(paths), {"best": best})
        if context.checkpoint_due():
            context.checkpoint(_payload(done))
    return {number: Score.from_json(done[number]) for number in paths}


def _score(
    context: Context,
    network: _OnPath,
    train: Batches,
    validation: Batches,
    chosen: list[Tensor],
    momentum: float | None,
    between: Callable[[], None],
) -> Score:
    samples = (train.take(index.to(context.device)).x for index in chosen)
    precision = context.recipe.precision
    with torch.autocast(context.device.type, torch.bfloat16, enabled=precision == "bf16"):
        recalibrate(network.supernet, network, samples, momentum=momentum, between=between)
    logits = logits_of(network, validation, precision=precision, between=between)
    try:
        metrics = score_logits(logits, validation.labels(slice(None))).metrics
    except BadGenome as bad:
        return Score(failure=Failure("bad_genome", bad.code, bad.reason))
    fitness = metrics.get("accuracy", metrics.get("mean_average_precision", 0.0))
    return Score({"fitness": fitness, **metrics})


def _calibration_samples(samples: int, calibration: Calibration) -> list[Tensor]:
    rng = np.random.default_rng(calibration.seed)
    size = min(calibration.size, samples)
    return [torch.from_numpy(rng.permutation(samples)[:size]) for _ in range(calibration.batches)]


def _payload(done: dict[int, Json]) -> Payload:
    scores = {str(number): score for number, score in done.items()}
    return Payload(len(done), {}, {"scores": scores})
