"""A history read back from what a run writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchengine.core.errors import DataRefused
from searchengine.core.jobs import Birth, Change, Failure, Job, Report, Score
from searchengine.core.jsontext import dumps
from searchengine.core.lineage import Lineage
from searchengine.core.method import Death
from searchengine.core.setting import Fidelity
from searchengine.report.curves import best_so_far
from searchengine.report.lineage_file import from_records, read_run
from searchengine.report.population import alive


def lineage() -> Lineage:
    """Births 0 to 2, one job each; 1 fails, 2 drives 0 out; then 2 is trained again for the final phase."""
    found = Lineage()
    scores = [
        Score({"fitness": 0.5, "parameters": 10.0, "flops": 20.0}),
        Score({}, Failure("bad_genome", "nan", "NaN")),
        Score({"fitness": 0.75}),
        Score({"fitness": 0.8}),
    ]
    for number in range(4):
        birth = min(number, 2)
        if number < 3:
            changes = (Change("kernel", {}, "3 → 5"),) if number else ()
            parents = (0,) if number else ()
            found.born(Birth(number, {"g": number}, str(number), parents, "mutation", changes))
        phase = "final" if number == 3 else "search"
        found.asked(
            Job(number, "chain", "train", (birth,), {birth: {}}, 1, Fidelity(), {}, {}, {}, 2.0, phase, "p")
        )
        entered = [birth] if number in (0, 2) else []
        deaths = [Death(0, "lost")] if number == 2 else []
        report = Report(number, "train", phase, (birth,), {birth: scores[number]}, {}, {})  # type: ignore[arg-type]
        found.told(report, entered, deaths, 2.0)
    return found


def test_a_history_says_what_the_lineage_said() -> None:
    events = [
        {"seq": 1, "at": 0.1, "kind": "birth", "payload": {}},
        {"seq": 2, "at": 0.2, "kind": "told", "payload": {}},
        {
            "seq": 3,
            "at": 0.3,
            "kind": "refused",
            "payload": {"parents": [0], "reason": "too large", "genome": {}},
        },
        {"at": 0.4, "kind": "started", "payload": {}},
    ]
    run = from_records(lineage().records(), events=events, plan={"seed": 3}, name="r")
    assert [birth.number for birth in run.births] == [0, 1, 2]
    assert (run.births[0].parameters, run.births[0].flops) == (10, 20)
    assert best_so_far(run, "cost").y == (0.5, 0.75)
    assert best_so_far(run, "cost").x == (2.0, 6.0)
    assert alive(run) == (2,)
    assert run.refused == (((0,), "too large", 1),)
    assert [event.seq for event in run.events] == [1, 2, 3]


def test_a_runs_folder_is_read_and_a_torn_line_left_out(tmp_path: Path) -> None:
    text = "".join(dumps(record) + "\n" for record in lineage().records())
    (tmp_path / "lineage.jsonl").write_text(text + '{"number": 3, "pa')
    (tmp_path / "plan.json").write_text(dumps({"plan": {"method": "random_search"}}))
    run = read_run(tmp_path)
    assert len(run.births) == 3
    assert run.plan == {"method": "random_search"}
    assert run.name == tmp_path.name


def test_a_folder_without_a_run_and_a_broken_record_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="no lineage"):
        read_run(tmp_path)
    with pytest.raises(DataRefused, match="one birth a line"):
        from_records([{"number": 1}])
    (tmp_path / "lineage.jsonl").write_text("nonsense\n")
    with pytest.raises(DataRefused, match="line 1 is not JSON"):
        read_run(tmp_path)
