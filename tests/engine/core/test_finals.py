"""Leaders and the final phase."""

from __future__ import annotations

from searchengine.core.archive import MemoryArchive
from searchengine.core.finals import Finals, Leaders
from searchengine.core.jobs import Birth, Failure, Proposal, Report, Score
from searchengine.core.jsontext import Json, dumps, loads


def _told(
    archive: MemoryArchive, number: int, key: str, fitness: float | None, phase: str = "search"
) -> Report:
    if phase == "search":
        archive.add_birth(Birth(number, {"key": key}, key))
    failure = Failure("bad_genome", "nan", "not a number")
    score = Score(failure=failure) if fitness is None else Score({"fitness": fitness})
    return Report(number, "train", phase, (number,), {number: score}, {}, {"weights": f"w{number}"})


def _leaders(*rows: tuple[str, float | None], most: int = 3) -> tuple[Leaders, MemoryArchive]:
    archive, leaders = MemoryArchive(), Leaders(most)
    for number, (key, fitness) in enumerate(rows):
        leaders.add(_told(archive, number, key, fitness), archive)
    return leaders, archive


def test_leaders_have_distinct_keys_fittest_first_and_of_equals_the_earlier() -> None:
    leaders, _ = _leaders(("a", 0.5), ("b", 0.9), ("a", 0.7), ("c", 0.5), ("d", None), ("e", 0.5))
    assert [leader.birth for leader in leaders] == [1, 2, 3]
    assert leaders.weights() == {"w1", "w2", "w3"}


def test_leaders_survive_json() -> None:
    leaders, _ = _leaders(("a", 0.5), ("b", 0.9))
    again = Leaders.from_json(loads(dumps(leaders.to_json())), 3)
    assert list(again) == list(leaders)


def _longer(genome: Json) -> Proposal:
    return Proposal("train", (), arguments={"long": True})


def test_each_chosen_birth_is_trained_once_more_and_failures_do_not_count() -> None:
    leaders, archive = _leaders(("a", 0.5), ("b", 0.9), ("c", 0.7))
    finals = Finals()
    assert finals.next(_longer, archive) is None
    finals.begin(leaders)
    asked = []
    while (proposal := finals.next(_longer, archive)) is not None:
        asked.append(proposal)
        finals = Finals.from_json(loads(dumps(finals.to_json())))
    assert [proposal.subjects for proposal in asked] == [(1,), (2,), (0,)]
    assert all((one.phase, one.reuse, one.births) == ("final", False, ()) for one in asked)
    assert not finals.done
    for number, fitness in ((1, 0.6), (2, None), (0, 0.8)):
        finals.tell(_told(archive, number, "abc"[number], fitness, "final"), archive)
    assert finals.done
    assert [one.birth for one in finals.scored] == [0, 1]


def test_a_space_without_a_final_training_ends_at_once() -> None:
    leaders, archive = _leaders(("a", 0.5))
    finals = Finals()
    finals.begin(leaders)
    assert finals.next(lambda genome: None, archive) is None
    assert finals.done
    assert list(finals.scored) == []
