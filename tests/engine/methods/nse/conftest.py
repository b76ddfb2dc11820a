from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json
from searchengine.core.setting import Fidelity
from searchengine.data.prepare import prepare
from searchengine.data.prepared import PreparedData, open_prepared
from searchengine.jobs.store import Store
from searchengine.training.context import Context
from searchengine.training.seeding import seed_job
from tests.engine.methods.bench import Bench, Listener


@pytest.fixture(scope="session")
def digits(built_in_root: Path) -> PreparedData:
    return open_prepared(built_in_root, prepare("digits", built_in_root).summary.fingerprint)


@pytest.fixture
def context(digits: PreparedData, tmp_path: Path) -> Callable[..., Context]:
    """Makes the context of a job on the real digits; ``attempt`` names the folder of its checkpoints."""

    def make(
        attempt: str = "attempt",
        *,
        seed: int = 1,
        stops: Callable[[], bool] = lambda: False,
        **arguments: Json,
    ) -> Context:
        job = Job(
            0, "nse", "any", (0,), {0: {}}, seed, Fidelity(), arguments, {}, {"precision": "float32"}, 1.0,
            "search", "protocol",
        )  # fmt: skip
        return Context(
            job,
            digits.summary,
            lambda: digits,
            store=Store(tmp_path / "store"),
            attempt_dir=tmp_path / attempt,
            parent=Listener(stops),
            rng=seed_job(seed),
            device=torch.device("cpu"),
        )

    return make


@pytest.fixture
def bench(digits: PreparedData, built_in_root: Path, tmp_path: Path) -> Bench:
    """Runs one job of NSE on the real digits."""
    return Bench(tmp_path, built_in_root, digits.summary.fingerprint, "nse")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
