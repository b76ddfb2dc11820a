"""What a job sees while it runs: its genomes, its data (never test), and how it reports, checkpoints and
stops."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from searchengine import catalogue
from searchengine.architecture.graph import Architecture
from searchengine.core.jobs import Job, Score
from searchengine.core.jsontext import Json, digest, dumps
from searchengine.core.setting import DataSummary, Setting
from searchengine.data.prepared import PreparedData
from searchengine.jobs.store import Store
from searchengine.training.checkpoint import Payload, read_checkpoint, write_checkpoint
from searchengine.training.curve import Curve
from searchengine.training.recipe import Recipe
from searchengine.training.seeding import numpy_state, restore_numpy_state, restore_torch_states, torch_states

REPORT_SECONDS = 0.2
FINDINGS_SECONDS = 1.0
"""Findings so far are told no oftener than this."""

SO_FAR_BYTES = 16 * 1024
"""How much findings so far may take, as JSON."""

_COST_FACTOR = 30.0
_GENERATORS = "generator."


@dataclass(frozen=True)
class Output:
    """What an evaluator returns: a score for every subject, findings (JSON of at most 256 KB, only what the
    search needs) and artifacts (name → sha256 from ``Context.put``)."""

    scores: dict[int, Score]
    findings: Json = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)


JobKind = Callable[["Context"], Output]


class Parent(Protocol):
    """Who started the job, as the job sees it."""

    def progress(self, step: int, of: int, metrics: dict[str, float], findings: Json | None) -> None:
        """``findings`` are those so far; None when there is nothing new of them."""
        ...

    def checkpointed(self, step: int, curve: list[Json]) -> None: ...

    def wants_stop(self) -> bool: ...


class Context:
    """One job in a training process. ``rng`` draws order and augmentation and follows from the job's seed;
    torch's own generator is seeded already. ``micro_batch_divisor`` is 2 when an earlier attempt ran out of
    memory."""

    def __init__(
        self,
        job: Job,
        summary: DataSummary,
        open_data: Callable[[], PreparedData],
        *,
        store: Store,
        attempt_dir: Path,
        parent: Parent,
        rng: np.random.Generator,
        device: torch.device,
        micro_batch_divisor: int = 1,
        checkpoint_seconds: float = 15.0,
    ) -> None:
        self.job = job
        self.genomes = job.genomes
        self.summary = summary
        self.rng = rng
        self.device = device
        self.recipe = Recipe.from_json(job.recipe)
        self.micro_batch_divisor = micro_batch_divisor
        self.curve = Curve()
        self.checkpointed = False
        self._open_data, self._store, self._attempt_dir, self._parent = open_data, store, attempt_dir, parent
        self._checkpoint_seconds = checkpoint_seconds
        self._checkpoint_cost = 0.0
        self._last_checkpoint = time.monotonic()
        self._last_report = 0.0
        self._last_findings = 0.0
        self._stopping = False

    @cached_property
    def _identity(self) -> str:
        job = self.job.to_json()
        return digest(
            [job[name] for name in ("evaluator", "kind", "genomes", "seed", "protocol", "recipe", "inputs")]
        )

    @cached_property
    def data(self) -> PreparedData:
        """Train and validation of the run's data set, memory-mapped."""
        return self._open_data()

    @cached_property
    def setting(self) -> Setting:
        """Input shapes and classes at the job's fidelity."""
        return self.summary.setting(self.job.fidelity)

    def architecture(self, genome: Json, setting: Setting | None = None) -> Architecture:
        """The network of ``genome`` in the evaluator's space. Raises ``InfeasibleArchitecture``."""
        params = self.job.arguments.get("space_params", {})
        space = catalogue.space(self.job.evaluator, params, self.summary)
        return space.describe(genome, setting or self.setting)

    def report(
        self,
        step: int,
        of: int,
        metrics: Mapping[str, float],
        *,
        always: bool = False,
        findings: Callable[[], Json] | None = None,
    ) -> None:
        """Step ``step`` of ``of`` is done. Sent and kept in the curve at most five times a second, what is
        between is dropped; ``always`` for rare ones (a validation). Values that are not finite are left
        out; without any it is a sign of life.

        ``findings`` gives the findings so far for pages to show, JSON of at most 16 KB; it is asked at most
        once a second. They replace those told before and are no part of the result: no search sees them.
        """
        now = time.monotonic()
        if not always and now - self._last_report < REPORT_SECONDS:
            return
        self._last_report = now
        finite = {name: float(value) for name, value in metrics.items() if isfinite(value)}
        if finite:
            self.curve.add(step, finite)
        self._parent.progress(step, of, finite, self._so_far(now, findings))

    def _so_far(self, now: float, findings: Callable[[], Json] | None) -> Json | None:
        """Findings that may be sent now. Those that are too large, or hold NaN, are dropped with a warning in
        the process's log: a page shows less, and the training goes on."""
        if findings is None or now - self._last_findings < FINDINGS_SECONDS:
            return None
        self._last_findings = now
        found = findings()
        try:
            size = len(dumps(found).encode())
        except ValueError as error:
            trouble = str(error)
        else:
            if size <= SO_FAR_BYTES:
                return found
            trouble = f"they may take {SO_FAR_BYTES} bytes and take {size}"
        warnings.warn(
            f"job {self.job.number} ({self.job.kind}): findings so far are not shown: {trouble}",
            RuntimeWarning,
            stacklevel=3,
        )
        return None

    def report_due(self) -> bool:
        """Whether ``report`` would send now: a job reads metrics back from the device only then."""
        return time.monotonic() - self._last_report >= REPORT_SECONDS

    def should_stop(self) -> bool:
        """Whether the job was asked to give back. Cheap; to be asked at least once a second. A job that is
        asked checkpoints, then raises ``Stopped``."""
        self._stopping = self._stopping or self._parent.wants_stop()
        return self._stopping

    def checkpoint_due(self) -> bool:
        """After the longer of the set seconds (15) and 30 times what the last checkpoint took."""
        least = max(self._checkpoint_seconds, _COST_FACTOR * self._checkpoint_cost)
        return time.monotonic() - self._last_checkpoint >= least

    def checkpoint(self, payload: Payload) -> None:
        """Keep ``payload``, every generator's state and the curve. Raises ``OSError`` when the disk is full;
        the checkpoint before stays."""
        began = time.monotonic()
        tensors = {**payload.tensors, **torch_states(self.device)}
        values = {
            "of": self._identity,
            "job": payload.values,
            "numpy": numpy_state(self.rng),
            "curve": self.curve.rows(),
        }
        write_checkpoint(self._attempt_dir, Payload(payload.step, tensors, values))
        self._last_checkpoint = time.monotonic()
        self._checkpoint_cost = self._last_checkpoint - began
        self.checkpointed = True
        self._parent.checkpointed(payload.step, self.curve.rows())

    def resumed(self) -> Payload | None:
        """What the last attempt at this job kept, with every generator set back to that moment; None at the
        first, and for what another job (other genome, seed, protocol or recipe) left in the folder."""
        kept = read_checkpoint(self._attempt_dir)
        if kept is None or kept.values.get("of") != self._identity:
            return None
        states = {name: value for name, value in kept.tensors.items() if name.startswith(_GENERATORS)}
        restore_torch_states(states, self.device)
        restore_numpy_state(self.rng, kept.values["numpy"])
        self.curve = Curve(kept.values["curve"])
        tensors = {name: value for name, value in kept.tensors.items() if name not in states}
        return Payload(kept.step, tensors, kept.values["job"])

    def put(self, content: bytes | Path) -> str:
        """Store an artifact; its sha256."""
        return self._store.put(content)

    def path(self, sha256: str) -> Path:
        """Where an artifact lies, its bytes checked. Raises ``MissingArtifact`` and ``DamagedArtifact``."""
        return self._store.path(sha256, check=True)
