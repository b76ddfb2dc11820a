"""Runs jobs of a method in this process, on a prepared set, as a training process would."""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import torch

from searchengine import catalogue
from searchengine.core.jobs import Job, Proposal
from searchengine.core.jsontext import Json
from searchengine.data.prepared import open_prepared
from searchengine.jobs.messages import Finished
from searchengine.jobs.store import Store
from searchengine.training.context import Context, Output
from searchengine.training.process import Workshop
from searchengine.training.seeding import seed_job


class Listener:
    """A parent that hears everything and asks to stop whenever ``stops`` says so."""

    def __init__(self, stops: Callable[[], bool] = lambda: False) -> None:
        self.steps: list[tuple[int, int]] = []
        self.found: list[tuple[int, Json]] = []
        self.stops = stops

    def progress(self, step: int, of: int, metrics: dict[str, float], findings: Json | None) -> None:
        self.steps.append((step, of))
        if findings is not None:
            self.found.append((step, findings))

    def checkpointed(self, step: int, curve: list[Json]) -> None: ...

    def wants_stop(self) -> bool:
        return self.stops()


class Bench:
    def __init__(self, folder: Path, data_root: Path, fingerprint: str, slug: str = "evanet") -> None:
        self.slug = slug
        self.folder, self.store = folder, Store(folder / "store")
        self.prepared = open_prepared(data_root, fingerprint)
        self.context: Context | None = None

    def run(
        self,
        proposal: Proposal,
        genomes: dict[int, Json],
        *,
        seed: int = 1,
        inputs: dict[str, str] | None = None,
        listener: Listener | None = None,
        attempt: str = "attempt",
    ) -> Output:
        """The output of that proposal's job. ``attempt`` names the folder of its checkpoints."""
        job = Job(
            0, self.slug, proposal.kind, tuple(genomes), genomes, seed, proposal.fidelity, proposal.arguments,
            inputs or {}, {"precision": "float32"}, proposal.cost, proposal.phase, "protocol",
        )  # fmt: skip
        self.context = Context(
            job,
            self.prepared.summary,
            lambda: self.prepared,
            store=self.store,
            attempt_dir=self.folder / attempt / str(seed),
            parent=listener or Listener(),
            rng=seed_job(seed),
            device=torch.device("cpu"),
        )
        kinds = import_module(catalogue.evaluators(self.slug)).JOB_KINDS
        return kinds[proposal.kind](self.context)


class Here:
    """A training process that is none: jobs run where they are started, through the same workshop."""

    def __init__(self, *, store: Path, data_root: Path, scratch: Path, device: str) -> None:
        given = argparse.Namespace(store=store, data_root=data_root, device=device, checkpoint_seconds=1000.0)
        self.workshop = Workshop(given, Listener())
        self.said: list[Finished] = []

    def start(self, job: Job, data: str, attempt_dir: Path, data_summary: Json) -> None:
        command = {"job": job.to_json(), "data": data, "attempt_dir": attempt_dir, "summary": data_summary}
        self.said.append(Finished(self.workshop.run(command)))

    def messages(self, timeout: float) -> list[Finished]:
        said, self.said = self.said, []
        return said

    def close(self) -> None: ...
