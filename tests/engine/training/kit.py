"""A context without a process around it, a tiny network, and data for training tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from searchengine.architecture.builder import Builder
from searchengine.architecture.graph import Architecture
from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json
from searchengine.core.setting import Fidelity, Setting
from searchengine.data.prepared import PreparedData
from searchengine.jobs.store import Store
from searchengine.training.context import Context
from searchengine.training.seeding import seed_job


@dataclass
class Listener:
    """A job's parent that writes down what it is told and asks to stop when ``stop_when`` says so."""

    stop_when: Callable[[Listener], bool] = lambda listener: False
    progress_told: list[tuple[int, int, dict[str, float]]] = field(default_factory=list)
    found_told: list[tuple[int, Json]] = field(default_factory=list)
    checkpoints: list[int] = field(default_factory=list)
    asked: int = 0

    def progress(self, step: int, of: int, metrics: dict[str, float], findings: Json | None) -> None:
        self.progress_told.append((step, of, metrics))
        if findings is not None:
            self.found_told.append((step, findings))

    def checkpointed(self, step: int, curve: list[Json]) -> None:
        self.checkpoints.append(step)

    def wants_stop(self) -> bool:
        self.asked += 1
        return self.stop_when(self)


def make_context(
    data: PreparedData,
    folder: Path,
    *,
    listener: Listener | None = None,
    seed: int = 5,
    recipe: Json | None = None,
    fidelity: Fidelity | None = None,
    **options: Any,
) -> Context:
    job = Job(
        number=0,
        evaluator="chain",
        kind="train",
        subjects=(0,),
        genomes={0: {}},
        seed=seed,
        fidelity=fidelity or Fidelity(),
        arguments={},
        inputs={},
        recipe=recipe or {},
        cost=1.0,
        phase="search",
        protocol="p",
    )
    return Context(
        job,
        data.summary,
        lambda: data,
        store=Store(folder / "store"),
        attempt_dir=folder / "attempt",
        parent=listener or Listener(),
        rng=seed_job(seed),
        device=torch.device("cpu"),
        **options,
    )


def tiny_network(setting: Setting, width: int = 4, dropout: float = 0.5) -> Architecture:
    """Convolution, norm, activation, mean, dropout, linear: everything that draws or keeps running
    numbers."""
    b = Builder(setting)
    (name,) = setting.inputs
    x = b.input(name)
    with b.scope("block"):
        features = b.activation(
            b.norm(b.conv(x, width, kernel=3, name="conv"), name="norm"), "relu", name="relu"
        )
    axes = ("T", "H", "W") if name == "clip" else ("H", "W")
    pooled = b.dropout(b.mean(features, axes=axes, name="mean"), dropout, name="dropout")
    return b.finish(features=(features,), output=b.linear(pooled, setting.classes, bias=True, name="linear"))
