"""The local loop with real training processes: any number of workers, any death, the same lineage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import searchengine
from searchengine.core.errors import StateMismatch
from searchengine.core.jsontext import loads
from searchengine.core.setting import DataSummary
from searchengine.driver import Budget, Plan, make_plan
from searchengine.driver.files import FolderInUse, alone_in, read_lines
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import Doing, LocalRun, RunBroken
from searchengine.driver.summary import summary
from tests.waits import wait_until

ROOT = Path(searchengine.__file__).resolve().parents[1]


def _lineage(path: Path) -> str:
    return (path / "lineage.jsonl").read_text()


def test_lineage_has_one_birth_a_line_with_all_its_evaluations(left_alone: Path) -> None:
    rows = list(read_lines(left_alone / "lineage.jsonl"))
    assert [row["number"] for row in rows] == list(range(10))
    for row in rows:
        first = row["evaluations"][0]
        assert first["phase"] == "search"
        assert 0.0 <= row["fitness"] <= 1.0
        assert row["fitness"] == first["metrics"]["fitness"]
        assert row["parameters"] > 0
        assert row["flops"] > 0
        assert row["entered"] is not None
    aged = [row for row in rows if row["left"] is not None]
    assert len(aged) == 6
    assert all(row["left"]["reason"] == "aged" for row in aged)
    finals = [one for row in rows for one in row["evaluations"] if one["phase"] == "final"]
    assert len(finals) == 2


def test_events_are_numbered_without_gaps_and_say_what_every_worker_did(left_alone: Path) -> None:
    rows = list(read_lines(left_alone / "events.jsonl"))
    numbers = [row["seq"] for row in rows if "seq" in row]
    assert numbers == list(range(1, len(numbers) + 1))
    started = [row["payload"]["job"] for row in rows if row["kind"] == "started"]
    ended = [row["payload"]["job"] for row in rows if row["kind"] == "ended"]
    assert sorted(started) == sorted(ended) == list(range(12))


def test_summary_names_the_best_and_the_members(left_alone: Path) -> None:
    folder = RunFolder(left_alone)
    found = summary(folder)
    folder.close()
    assert found["method"] == "regularized_evolution"
    assert found["evaluations"] == 10
    assert found["finished"]
    assert found["result"]["kind"] == "network"
    assert found["best"] == found["result"]["members"][0]
    assert found["best"]["parameters"] > 0
    assert (left_alone / "artifacts" / found["best"]["weights"][:2] / found["best"]["weights"]).is_file()
    assert found["cost"] > 0
    assert found["training_seconds"] > 0


def test_two_workers_give_the_same_births_and_fitness_bits(
    small_plan: Plan, data_root: Path, left_alone: Path, tmp_path: Path
) -> None:
    folder = RunFolder.create(tmp_path / "run", small_plan, preset=None, workers=2, control=False)
    LocalRun(folder, workers=2, data_root=data_root).run()
    folder.close()
    assert _lineage(tmp_path / "run") == _lineage(left_alone)


def test_a_killed_training_process_costs_nothing_but_time(
    small_plan: Plan, data_root: Path, left_alone: Path, tmp_path: Path
) -> None:
    folder = RunFolder.create(tmp_path / "run", small_plan, preset=None, workers=1, control=False)
    killed: list[int] = []

    def kill_twice(folder: RunFolder, doing: list[Doing]) -> None:
        number = doing[0].job.number if doing else None
        if number in (1, 4) and number not in killed and doing[0].step > 0:
            killed.append(number)
            os.kill(run._lanes[0].process.pid, signal.SIGKILL)  # type: ignore[attr-defined]

    run = LocalRun(folder, workers=1, data_root=data_root, observe=kill_twice)
    run.run()
    folder.close()
    lost = [
        row for row in read_lines(tmp_path / "run" / "events.jsonl") if row["payload"].get("state") == "lost"
    ]
    assert len(lost) == len(killed) >= 1
    assert _lineage(tmp_path / "run") == _lineage(left_alone)


def test_a_run_killed_with_everything_it_started_goes_on_as_if_nothing_had_happened(
    small_plan: Plan, data_root: Path, left_alone: Path, tmp_path: Path
) -> None:
    path, workers = tmp_path / "run", 2
    RunFolder.create(path, small_plan, preset=None, workers=workers, control=False).close()
    for results in (1, 4, 9):
        _resume_until(path, data_root, results)
    folder = RunFolder(path)
    assert not folder.finished
    LocalRun(folder, workers=workers, data_root=data_root).run()
    folder.close()
    assert _lineage(path) == _lineage(left_alone)
    numbers = [row["seq"] for row in read_lines(path / "events.jsonl") if "seq" in row]
    assert numbers == list(range(1, len(numbers) + 1))


def _resume_until(path: Path, data_root: Path, results: int) -> None:
    """Resume in another process; kill -9 its whole session once so many results are on disk."""
    command = [sys.executable, "-m", "searchengine", "resume", str(path), "--data-root", str(data_root)]
    child = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def there() -> bool:
        assert child.poll() is None, "the run ended before it could be killed"
        return len(list(read_lines(path / "results.jsonl"))) >= results

    try:
        wait_until(there, 120, f"{results} results", every=0.02)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def test_a_step_cut_off_between_history_and_state_is_taken_again(
    small_plan: Plan, data_root: Path, left_alone: Path, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    folder = RunFolder.create(path, small_plan, preset=None, workers=1, control=False)
    stop = InterruptAfter(6)
    with pytest.raises(KeyboardInterrupt):
        LocalRun(folder, workers=1, data_root=data_root, observe=stop).run()
    folder.close()
    # What a kill leaves: lines beyond the last state, and a torn one.
    with (path / "history.jsonl").open("a") as file:
        file.write('{"birth":{"number":99}}\n{"torn')
    with (path / "results.jsonl").open("a") as file:
        file.write('{"job":7,"scor')
    with (path / "events.jsonl").open("a") as file:
        file.write('{"seq":100000,"at":1,"kind":"birth","payload":{}}\n{"to')
    again = RunFolder(path)
    LocalRun(again, workers=1, data_root=data_root).run()
    again.close()
    assert _lineage(path) == _lineage(left_alone)


class InterruptAfter:
    """An observer that presses Ctrl-C once so many jobs were told."""

    def __init__(self, told: int) -> None:
        self.told = told

    def __call__(self, folder: RunFolder, doing: list[Doing]) -> None:
        if folder.progress["evaluations"] >= self.told:
            raise KeyboardInterrupt


def test_a_budget_in_seconds_ends_in_the_final_phase_and_leaves_a_prefix(
    digits: DataSummary, data_root: Path, small_plan: Plan, left_alone: Path, tmp_path: Path
) -> None:
    values = {**small_plan.params, "evaluations": 1000}
    plan = make_plan(
        "regularized_evolution", digits, seed=2, values=values, window=3, budget=Budget(seconds=1e-3)
    )
    folder = RunFolder.create(tmp_path / "run", plan, preset=None, workers=1, control=False)
    LocalRun(folder, workers=1, data_root=data_root).run()
    found = summary(folder)
    folder.close()
    assert found["finished"]
    assert found["stopped_by"] == "stopped"
    whole = [row["genome"] for row in read_lines(left_alone / "lineage.jsonl")]
    stopped = [row["genome"] for row in read_lines(tmp_path / "run" / "lineage.jsonl")]
    assert stopped == whole[: len(stopped)]


def test_a_bug_in_an_evaluator_breaks_the_run_and_leaves_it_resumable(
    digits: DataSummary, data_root: Path, tmp_path: Path
) -> None:
    plan = make_plan("random_search", digits, seed=1, values={"evaluations": 2})
    broken = Plan.from_json({**plan.to_json(), "recipe": {"precision": "float64"}})
    folder = RunFolder.create(tmp_path / "run", broken, preset=None, workers=1, control=False)
    with pytest.raises(RunBroken, match="precision"):
        LocalRun(folder, workers=1, data_root=data_root).run()
    folder.close()
    again = RunFolder(tmp_path / "run")
    assert not again.ready
    assert sorted(again.pending) == [0, 1]
    again.close()


def test_a_folder_is_used_by_one_process_at_a_time(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(FolderInUse, match="another process"), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


def test_a_folder_that_holds_a_run_is_not_overwritten(small_plan: Plan, left_alone: Path) -> None:
    before = loads((left_alone / "state.json").read_text())
    with pytest.raises(StateMismatch, match="holds a run already"):
        RunFolder.create(left_alone, small_plan)
    assert loads((left_alone / "state.json").read_text()) == before
