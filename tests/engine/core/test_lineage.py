"""What is kept of every individual."""

from __future__ import annotations

from searchengine.core.jobs import Birth, Failure, Job, Report, Score
from searchengine.core.lineage import Lineage
from searchengine.core.method import Death
from searchengine.core.setting import Fidelity


def _job(number: int, birth: int, phase: str = "search") -> Job:
    return Job(
        number,
        "chain",
        "train",
        (birth,),
        {birth: {}},
        70 + number,
        Fidelity(steps=5),
        {},
        {},
        {},
        3.0,
        phase,
        "p",
    )


def _report(job: int, birth: int, score: Score, phase: str = "search") -> Report:
    return Report(job, "train", phase, (birth,), {birth: score}, {}, {})


def test_a_record_holds_every_evaluation_and_when_and_why_an_individual_left() -> None:
    lineage = Lineage()
    lineage.born(Birth(0, {"gene": 1}, "k"))
    lineage.asked(_job(0, 0))
    lineage.told(_report(0, 0, Score({"fitness": 0.5, "parameters": 10.0, "flops": 20.0})), [0], [], 3.0)
    lineage.born(Birth(1, {"gene": 2}, "l", (0,), "mutation"))
    lineage.asked(_job(1, 1))
    failure = Failure("bad_genome", "nan", "the loss is not a number")
    lineage.told(_report(1, 1, Score(failure=failure)), [], [Death(1, "failed"), Death(0, "aged")], 3.0)
    lineage.asked(_job(2, 0, "final"))
    lineage.told(_report(2, 0, Score({"fitness": 0.8}), "final"), [], [], 3.0)
    first, second = lineage.records()
    assert (first["fitness"], first["parameters"], first["flops"]) == (0.5, 10, 20)
    assert (first["entered"], first["left"]) == (0, {"reason": "aged", "job": 1})
    assert [(one["job"], one["phase"], one["seed"]) for one in first["evaluations"]] == [
        (0, "search", 70),
        (2, "final", 72),
    ]
    assert (second["fitness"], second["entered"]) == (None, None)
    assert second["left"] == {"reason": "failed", "job": 1}
    assert second["evaluations"][0]["failure"]["code"] == "nan"
    assert second["parents"] == [0]
