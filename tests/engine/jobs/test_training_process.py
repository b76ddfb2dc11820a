"""A training process does its jobs, gives back, and fails in ways its parent can tell apart."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from searchengine.jobs.process import Checkpointed, Died, Finished, Progress, Stopped
from tests.engine.jobs.scripted_bench import Bench
from tests.waits import wait_until


def test_a_job_runs_to_its_end_and_the_process_takes_the_next(bench: Bench) -> None:
    for number in range(3):
        bench.start("constant", number)
        finished = bench.until(Finished)
        assert finished.result.job == number
        assert finished.result.scores[0].fitness == 0.5
    assert bench.process.alive


def test_only_one_job_at_a_time(bench: Bench) -> None:
    bench.start("hang")
    with pytest.raises(RuntimeError, match="runs job 0"):
        bench.start("constant", 1)


def test_a_constant_job_costs_less_than_3_ms(bench: Bench) -> None:
    bench.start("constant")
    bench.until(Finished)
    rounds = []
    for number in range(1, 101):
        began = time.perf_counter()
        bench.start("constant", number)
        bench.until(Finished)
        rounds.append(time.perf_counter() - began)
    # The quickest: what a round costs when nobody else has the processor.
    assert min(rounds) < 0.003


def test_the_descriptor_says_when_there_is_something_to_read(bench: Bench) -> None:
    bench.start("constant")
    while not (found := bench.process.messages(0)):
        assert select.select([bench.process], [], [], 60)[0]
    assert isinstance(found[0], Finished)


def test_messages_returns_in_time_when_nothing_happens(bench: Bench) -> None:
    bench.start("hang")
    bench.until(Progress)
    began = time.monotonic()
    assert bench.process.messages(0.2) == []
    assert 0.15 < time.monotonic() - began < 20  # a busy machine may take seconds to come back to us


def test_reports_are_throttled(bench: Bench) -> None:
    bench.start("many_reports", reports=100_000)
    began = time.monotonic()
    told: list[object] = []
    while not (told and isinstance(told[-1], Finished)):
        told += bench.process.messages(1)
    assert 1 <= len(told) - 1 <= 5 * (time.monotonic() - began) + 2


def test_findings_so_far_come_with_a_report_and_are_no_part_of_the_result(bench: Bench) -> None:
    bench.start("finds")
    told = bench.until(Progress)
    assert (told.step, told.of, told.metrics) == (1, 2, {"loss": 1.0})
    assert told.findings == {"gates": [0.5, 0.25]}
    result = bench.until(Finished).result
    assert result.findings == {"gates": [1.0]}
    assert result.curve == [{"step": 1, "loss": 1.0}]


def test_a_report_without_findings_says_so(bench: Bench) -> None:
    bench.start("hang")
    assert bench.until(Progress).findings is None


def test_a_stopped_job_goes_on_where_it_was(open_process: Callable[..., Bench]) -> None:
    bench = open_process()
    bench.start("until_stopped")
    bench.until(Progress)
    bench.process.stop()
    kept = bench.until(Checkpointed)
    assert bench.until(Stopped).checkpointed
    bench.start("until_stopped", end=True)
    assert bench.until(Finished).result.scores[0].metrics["resumed"] == kept.step


def test_a_job_that_keeps_nothing_says_so(bench: Bench) -> None:
    bench.start("until_stopped", checkpoint=False)
    bench.until(Progress)
    bench.process.stop()
    assert not bench.until(Stopped).checkpointed


def test_a_stop_that_comes_too_late_does_not_stop_the_next_job(bench: Bench) -> None:
    bench.start("constant")
    bench.process.stop()
    bench.until(Finished)
    bench.start("constant", 1)
    assert bench.until(Finished).result.job == 1
    bench.process.stop()  # nothing runs


def test_checkpoints_come_by_themselves(open_process: Callable[..., Bench]) -> None:
    bench = open_process(checkpoint_seconds=0.05)
    bench.start("until_stopped")
    first, second = bench.until(Checkpointed), bench.until(Checkpointed)
    assert second.step > first.step
    assert second.curve[-1]["step"] <= second.step


def test_a_killed_process_says_so_and_takes_its_children_along(bench: Bench) -> None:
    bench.start("children")
    child = int(bench.until(Progress).metrics["child"])
    bench.process.kill()
    died = bench.until(Died)
    assert (died.signal, died.reason) == (signal.SIGKILL, "killed")
    assert not bench.process.alive
    assert bench.process.messages(0) == []
    wait_until(lambda: _gone(child), 30, "the child to be gone")
    with pytest.raises(RuntimeError, match="has died"):
        bench.start("constant", 1)


def test_a_kill_from_outside_is_told_apart(bench: Bench) -> None:
    bench.start("hang")
    bench.until(Progress)
    os.kill(bench.process.pid, signal.SIGKILL)
    died = bench.until(Died)
    assert (died.signal, died.reason) == (signal.SIGKILL, "signal")
    assert died.peak_rss > 50 * 2**20


def test_a_job_resumes_in_another_process(open_process: Callable[..., Bench]) -> None:
    first = open_process(checkpoint_seconds=0.05)
    first.start("until_stopped")
    kept = first.until(Checkpointed)
    os.kill(first.process.pid, signal.SIGKILL)
    first.until(Died)
    second = open_process()
    second.start("until_stopped", end=True)
    assert second.until(Finished).result.scores[0].metrics["resumed"] >= kept.step


def test_last_words_of_a_process_that_exits_are_kept(bench: Bench) -> None:
    bench.start("leave")
    died = bench.until(Died)
    assert (died.returncode, died.signal, died.reason) == (9, None, "exit")
    assert "something went wrong" in died.log


def test_a_flood_of_output_neither_blocks_nor_grows(bench: Bench) -> None:
    bench.start("flood", megabytes=64)
    bench.until(Finished)
    assert len(bench.process.log) <= 64 * 1024
    assert "the last words" in bench.process.log


def test_a_bug_carries_its_trace_and_the_process_lives_on(bench: Bench) -> None:
    bench.start("bug")
    failure = bench.until(Finished).result.scores[0].failure
    assert (failure.kind, failure.code) == ("bug", "LookupError")
    assert "a mistake of ours" in failure.reason
    assert "evaluate.py" in failure.reason
    bench.start("constant", 1)
    bench.until(Finished)


@pytest.mark.parametrize("kind", ["forgets_a_subject", "large_findings", "no_such_kind"])
def test_an_evaluator_that_breaks_its_promise_is_a_bug(bench: Bench, kind: str) -> None:
    bench.start(kind)
    assert bench.until(Finished).result.scores[0].failure.kind == "bug"


def test_a_bad_genome_is_a_failed_score(bench: Bench) -> None:
    bench.start("bad")
    failure = bench.until(Finished).result.scores[0].failure
    assert (failure.kind, failure.code, failure.reason) == ("bad_genome", "diverged", "as told")


def test_a_score_that_is_not_finite_becomes_a_failure(bench: Bench) -> None:
    bench.start("nan")
    score = bench.until(Finished).result.scores[0]
    assert score.failure.code == "nan"
    assert score.metrics == {}


def test_a_job_with_too_little_memory_runs_again_at_half(open_process: Callable[..., Bench]) -> None:
    bench = open_process(memory_bytes=600 * 2**20)
    bench.start("eat_memory", bytes=700 * 2**20)
    result = bench.until(Finished).result
    assert result.scores[0].metrics["held"] == 350 * 2**20
    assert result.findings["micro_batch_halved"] is True


def test_a_job_with_too_little_memory_even_at_half_is_a_bad_genome(
    open_process: Callable[..., Bench],
) -> None:
    bench = open_process(memory_bytes=600 * 2**20)
    bench.start("eat_memory", bytes=4000 * 2**20)
    failure = bench.until(Finished).result.scores[0].failure
    assert (failure.kind, failure.code) == ("bad_genome", "out_of_memory")
    bench.start("constant", 1)
    assert bench.until(Finished).result.scores[0].failure is None


def test_a_process_over_its_memory_is_ended_and_the_job_gets_one_more_try(
    open_process: Callable[..., Bench],
) -> None:
    for attempt in range(2):
        bench = open_process(memory_bytes=500 * 2**20)
        bench.until_ready()
        # Its own limit would make the allocation fail first; the parent's watch is what is tested here.
        resource.prlimit(
            bench.process.pid, resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        )
        bench.start("creep")
        died = bench.until(Died)
        assert died.reason == "out_of_memory", attempt
        assert died.peak_rss > 400 * 2**20
    bench = open_process()
    bench.start("creep")
    assert bench.until(Finished).result.scores[0].failure.code == "out_of_memory"


def test_a_full_disk_ends_the_process_and_is_no_fault_of_the_genome(bench: Bench) -> None:
    bench.start("disk_full")
    assert bench.until(Died).reason == "disk_full"


def test_one_thread_an_own_session_and_no_input(bench: Bench) -> None:
    bench.start("environment")
    findings = bench.until(Finished).result.findings
    assert findings == {"threads": 1, "session": bench.process.pid, "pid": bench.process.pid, "stdin": ""}


def test_equal_seeds_draw_equal_numbers_whatever_ran_before(bench: Bench) -> None:
    drawn = []
    for number, seed in enumerate((7, 8, 7)):
        bench.start("draws", number, seed=seed)
        drawn.append(bench.until(Finished).result.scores[0].metrics)
    assert drawn[0] == drawn[2] != drawn[1]


def test_a_process_dies_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from searchengine.jobs.process import TrainingProcess;"
        f"folder = Path({str(tmp_path)!r});"
        "p = TrainingProcess(store=folder, data_root=folder, scratch=folder);"
        "print(p.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not _gone(child)
        parent.kill()
    wait_until(lambda: _gone(child), 30, "the child to be gone")


def test_closing_ends_an_idle_and_a_busy_process(open_process: Callable[..., Bench]) -> None:
    idle, busy = open_process(), open_process()
    busy.start("hang")
    busy.until(Progress)
    for one in (idle, busy):
        one.process.close()
        one.process.close()
        assert _gone(one.process.pid)


def test_the_parents_side_loads_no_torch() -> None:
    code = "import sys, searchengine.jobs.process, searchengine.jobs.store; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _gone(pid: int) -> bool:
    try:
        return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
