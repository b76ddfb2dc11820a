"""Whole searches as parts of an experiment: run once, taken up where they stopped."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from searchengine.core.errors import EngineError
from searchengine.core.jsontext import Json
from searchengine.driver.claims import Bench
from searchengine.driver.files import alone_in
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import LocalRun
from searchengine.driver.plan import Plan
from searchengine.driver.summary import summary


class NoResult(EngineError):
    """A search or training of a claim ended without any network."""


class Found(NamedTuple):
    """A finished search: members of its result best first, its lineage, the best accuracy after the final
    trainings, the cost of the search phase and of everything."""

    genomes: list[Json]
    records: list[Json]
    retrained: float
    search_cost: float
    cost: float
    seconds: float

    def metric(self, name: str) -> list[float]:
        """That metric of the search's candidates in order of birth; failed ones are left out."""
        first = (record["evaluations"][:1] for record in self.records)
        return [
            one["metrics"][name]
            for evaluations in first
            for one in evaluations
            if one["phase"] == "search" and one["failure"] is None
        ]


def root_of(bench: Bench) -> Path:
    """The folder all claims of a method share: a bench is ``root/claim/arm/seed``."""
    return bench.folder.parents[2]


def run_search(bench: Bench, plan: Plan, name: str) -> Found:
    """The search of ``plan``, kept under ``name`` and the plan's seed for every claim that needs it. Raises
    ``NoResult``."""
    path = root_of(bench) / "searches" / name / f"seed{plan.seed}"
    with alone_in(path):
        if not (path / "plan.json").exists():
            RunFolder.create(path, plan, preset="demo", workers=bench.workers, control=False).close()
        folder = RunFolder(path)
        try:
            LocalRun(folder, workers=bench.workers, data_root=bench.data_root, device=bench.device).run()
            report = summary(folder)
            records = folder.lineage.records()
        finally:
            folder.close()
    members = report["result"]["members"]
    if not members:
        raise NoResult(f"the search in {path} ended without a network; look at its failures")
    metric = plan.data.metric
    return Found(
        genomes=[member["genome"] for member in members],
        records=records,
        retrained=max(member["metrics"][metric] for member in members),
        search_cost=report["cost"],
        cost=report["cost"] + report["final_cost"],
        seconds=report["training_seconds"],
    )
