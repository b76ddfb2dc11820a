"""Arms of a claim that are searches: the best network's score on validation after its final training."""

from __future__ import annotations

from searchengine.core.jsontext import Json
from searchengine.core.setting import DataSummary
from searchengine.data.prepare import prepare
from searchengine.driver.claims import Arm, Bench, Measured
from searchengine.driver.control import control_plan
from searchengine.driver.files import alone_in
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import LocalRun
from searchengine.driver.plan import Plan, make_plan
from searchengine.driver.summary import summary


def search_arm(method: str, data: str, *, preset: str = "demo", values: Json | None = None) -> Arm:
    """A whole search of ``method`` on a built-in or prepared set; the seed is the arm's."""

    def arm(bench: Bench, seed: int) -> Measured:
        return _searched(
            bench, make_plan(method, _data(bench, data), seed=seed, preset=preset, values=values)
        )

    return arm


def control_arm(
    method: str, data: str, *, control: str | None = None, preset: str = "demo", values: Json | None = None
) -> Arm:
    """The control of that search, with as many evaluations and the same budget."""

    def arm(bench: Bench, seed: int) -> Measured:
        plan = make_plan(method, _data(bench, data), seed=seed, preset=preset, values=values)
        return _searched(bench, control_plan(plan, control=control))

    return arm


def _data(bench: Bench, name: str) -> DataSummary:
    return prepare(name, bench.data_root).summary


def _searched(bench: Bench, plan: Plan) -> Measured:
    with alone_in(bench.folder):
        if not (bench.folder / "plan.json").exists():
            RunFolder.create(bench.folder, plan, preset=None, workers=bench.workers, control=False).close()
        folder = RunFolder(bench.folder)
        try:
            LocalRun(folder, workers=bench.workers, data_root=bench.data_root, device=bench.device).run()
            found = summary(folder)
        finally:
            folder.close()
    value = found["best"]["fitness"] if found["best"] else 0.0
    details = {"best": found["best"], "evaluations": found["evaluations"], "failed": found["failed"]}
    return Measured(float(value), float(found["cost"]), float(found["training_seconds"]), details)
