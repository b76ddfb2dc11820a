"""A command-line run's folder: what it holds, and how a step is stored at once or not at all.

``history.jsonl`` grows by a step's births, jobs and tellings; then ``state.json`` is replaced, which names
how many bytes of the history belong to it. A kill between the two leaves the old state, and the next start
cuts the history back to it. A result is in ``results.jsonl`` before any step sees it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from searchengine.core.archive import MemoryArchive
from searchengine.core.errors import StateMismatch, UnknownName
from searchengine.core.events import Event
from searchengine.core.jobs import Birth, Job, Report, Result
from searchengine.core.jsontext import Json, JsonValue, dumps, loads
from searchengine.core.lineage import Lineage
from searchengine.core.method import Death, Member, Outcome
from searchengine.driver.envelope import FORMAT
from searchengine.driver.files import Lines, read_lines, write_whole
from searchengine.driver.plan import Plan
from searchengine.driver.step import Step, start

_MOST_SHARE = 0.05  # of the time spent on writing lineage.jsonl anew


class RunFolder:
    """A run in a folder, opened to go on. ``pending`` are jobs asked and without a result; ``ready`` are
    results not told yet; ``elapsed`` is seconds of wall time up to the last step.

    Opened ``read_only`` it changes no file, so it may be looked at while another process runs it."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        launch = loads((path / "plan.json").read_text(encoding="utf-8"))
        self.plan = Plan.from_json(launch["plan"])
        self.launch: Json = launch
        self.archive, self.lineage = MemoryArchive(), Lineage()
        self.pending: dict[int, Job] = {}
        self.ready: dict[int, Result] = {}
        self.outcome: Outcome | None = None
        self.spent_seconds = 0.0
        stored = self._stored()
        self.state: str = stored["state"]
        self.finished: bool = stored["finished"]
        self.progress: Json = stored["progress"]
        self.elapsed: float = stored["elapsed"]
        self._seq: int = stored["seq"]
        if stored["outcome"] is not None:
            self.outcome = _outcome_from_json(stored["outcome"])
        self._length: int = stored["history"]
        self._lineage_due, self._lineage_stale = 0.0, True
        self._open: tuple[Lines, ...] = ()
        if not read_only:
            self._history = Lines(path / "history.jsonl", keep=self._length)
            self._results = Lines(path / "results.jsonl")
            self._drop_events_after(self._seq)
            self._events = Lines(path / "events.jsonl")
            self._open = (self._history, self._results, self._events)
        self._read_history()
        self._read_results()

    @staticmethod
    def create(path: Path, plan: Plan, **launch: JsonValue) -> RunFolder:
        """A new run. Raises ``StateMismatch`` when the folder holds one already."""
        path.mkdir(parents=True, exist_ok=True)
        if (path / "plan.json").exists():
            raise StateMismatch(f"{path} holds a run already; resume it or choose another folder")
        state = start(plan)
        write_whole(
            path / "state.json",
            dumps(
                {
                    "format": FORMAT,
                    "state": state,
                    "history": 0,
                    "seq": 0,
                    "elapsed": 0.0,
                    "finished": False,
                    "progress": {},
                    "outcome": None,
                }
            ),
        )
        # The plan comes last: a folder with a plan is a run that can be resumed.
        write_whole(path / "plan.json", dumps({"plan": plan.to_json(), **launch}))
        return RunFolder(path)

    @property
    def artifacts(self) -> Path:
        return self.path / "artifacts"

    def attempt(self, job: int) -> Path:
        """The folder of one job's checkpoints."""
        return self.path / "attempts" / str(job)

    def add_result(self, result: Result) -> None:
        """Keep a finished job's result for good; the next step may tell it."""
        self._results.add([result.to_json()])
        self.ready[result.job] = result
        self.pending.pop(result.job, None)
        self.spent_seconds += result.seconds

    def note(self, kind: str, payload: Json, at: float) -> None:
        """A line of ``events.jsonl`` about work, not history: it may be lost in a kill."""
        self._events.add([{"at": round(at, 3), "kind": kind, "payload": payload}], durable=False)

    def commit(self, step: Step, elapsed: float) -> None:
        """Store everything of a step, or after a kill in the middle nothing of it."""
        rows: list[Json] = [{"birth": birth.to_json()} for birth in step.births]
        rows += [{"job": job.to_json()} for job in step.jobs]
        rows += [
            {
                "told": telling.report.to_json(),
                "entered": list(telling.entered),
                "deaths": [list(death) for death in telling.deaths],
                "cost": telling.cost,
            }
            for telling in step.told
        ]
        self._history.add(rows)
        self._add_events(step.events, elapsed)
        stored = {
            "format": FORMAT,
            "state": step.state,
            "history": self._history.length,
            "seq": self._seq,
            "elapsed": round(elapsed, 3),
            "finished": step.finished,
            "progress": step.progress,
            "outcome": _outcome_to_json(step.outcome),
        }
        write_whole(self.path / "state.json", dumps(stored))
        for row in rows:
            self._take(row)
        self.state, self.finished, self.progress = step.state, step.finished, step.progress
        self.elapsed = elapsed
        self.outcome, self._lineage_stale = step.outcome, True

    def write_lineage(self, *, now: bool = False) -> None:
        """Write ``lineage.jsonl`` anew when it is stale and cheap enough (or ``now``)."""
        began = time.monotonic()
        if not self._lineage_stale or (not now and began < self._lineage_due):
            return
        write_whole(self.path / "lineage.jsonl", "".join(dumps(row) + "\n" for row in self.lineage.records()))
        ended = time.monotonic()
        self._lineage_due, self._lineage_stale = ended + max(1.0, (ended - began) / _MOST_SHARE), False

    def close(self) -> None:
        for lines in self._open:
            lines.close()

    def _stored(self) -> Json:
        try:
            stored: Json = loads((self.path / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StateMismatch(f"{self.path} holds no readable state.json: {error}") from error
        if stored.get("format") != FORMAT:
            raise StateMismatch(
                f"{self.path} was written in format {stored.get('format')!r}, expected {FORMAT};"
                " use that version"
            )
        return stored

    def _read_history(self) -> None:
        for row in read_lines(self.path / "history.jsonl", first=self._length):
            self._take(row)

    def job(self, number: int) -> Job:
        """A job by its number, told or not. Reads the history's file. Raises ``UnknownName``."""
        for row in read_lines(self.path / "history.jsonl"):
            if "job" in row and row["job"]["number"] == number:
                return Job.from_json(row["job"])
        raise UnknownName(f"no job has the number {number}")

    def _take(self, row: Json) -> None:
        if "birth" in row:
            birth = Birth.from_json(row["birth"])
            self.archive.add_birth(birth)
            self.lineage.born(birth)
        elif "job" in row:
            job = Job.from_json(row["job"])
            self.archive.add_job(job)
            self.lineage.asked(job)
            if job.reuse_of is None:
                self.pending[job.number] = job
        else:
            report = Report.from_json(row["told"])
            deaths = [Death(*death) for death in row["deaths"]]
            self.archive.add_report(report)
            self.lineage.told(report, row["entered"], deaths, row["cost"])
            self.pending.pop(report.job, None)
            self.ready.pop(report.job, None)

    def _read_results(self) -> None:
        for value in self.results():
            result = Result.from_json(value)
            self.spent_seconds += result.seconds
            if self.pending.pop(result.job, None) is not None:
                self.ready[result.job] = result

    def results(self) -> Iterator[Json]:
        """Every result kept so far, in the order jobs finished."""
        return read_lines(self.path / "results.jsonl")

    def _add_events(self, events: tuple[Event, ...], elapsed: float) -> None:
        rows: list[Json] = []
        for event in events:
            self._seq += 1
            rows.append(
                {"seq": self._seq, "at": round(elapsed, 3), "kind": event.kind, "payload": event.payload}
            )
        self._events.add(rows, durable=False)

    def _drop_events_after(self, seq: int) -> None:
        """A step that was cut off is taken again and tells its events again."""
        path = self.path / "events.jsonl"
        rows = list(read_lines(path))
        kept = [row for row in rows if row.get("seq", 0) <= seq]
        if len(kept) < len(rows):
            write_whole(path, "".join(dumps(row) + "\n" for row in kept))


def _outcome_to_json(outcome: Outcome | None) -> JsonValue:
    if outcome is None:
        return None
    return {
        "kind": outcome.kind,
        "members": [list(one) for one in outcome.members],
        "metrics": outcome.metrics,
    }


def _outcome_from_json(value: Json) -> Outcome:
    return Outcome(value["kind"], tuple(Member(*one) for one in value["members"]), value["metrics"])
