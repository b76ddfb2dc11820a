"""History as a search reads it: in memory, and as a step's overlay over any archive."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.core.archive import MemoryArchive, Overlay, Ranked
from searchengine.core.errors import UnknownName
from searchengine.core.jobs import Birth, Failure, Job, Report, Score
from searchengine.core.setting import Fidelity

Row = tuple[str, float | None]


def _birth(number: int, key: str) -> Birth:
    return Birth(number, {"gene": key}, key)


def _job(number: int, birth: int, reuse_of: int | None = None, protocol: str = "p") -> Job:
    return Job(
        number,
        "chain",
        "train",
        (birth,),
        {birth: {}},
        1,
        Fidelity(),
        {},
        {},
        {},
        1.0,
        "search",
        protocol,
        reuse_of,
    )


def _report(job: int, birth: int, fitness: float | None, phase: str = "search") -> Report:
    failed = Failure("bad_genome", "nan", "not a number")
    score = Score(failure=failed) if fitness is None else Score({"fitness": fitness})
    return Report(job, "train", phase, (birth,), {birth: score}, {}, {})


def _fill(archive: MemoryArchive | Overlay, rows: list[Row], first: int = 0) -> None:
    for number, (key, fitness) in enumerate(rows, start=first):
        archive.add_birth(_birth(number, key))
        archive.add_job(_job(number, number))
        archive.add_report(_report(number, number, fitness))


def _plainly_best(rows: list[Row], count: int) -> list[Ranked]:
    ranked = sorted(
        (Ranked(number, fitness, key) for number, (key, fitness) in enumerate(rows) if fitness is not None),
        key=lambda one: (-one.fitness, one.number),
    )
    found: dict[str, Ranked] = {}
    for one in ranked:
        found.setdefault(one.key, one)
    return list(found.values())[:count]


_rows = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.one_of(st.none(), st.sampled_from([0.1, 0.5, 0.5, 0.9])))
)


@given(rows=_rows, count=st.integers(0, 8), cut=st.integers(0, 40))
@settings(deadline=None)
def test_best_is_what_sorting_everything_gives_with_and_without_an_overlay(
    rows: list[Row], count: int, cut: int
) -> None:
    whole = MemoryArchive()
    _fill(whole, rows)
    assert whole.best(count) == _plainly_best(rows, count)
    below = MemoryArchive()
    _fill(below, rows[:cut])
    above = Overlay(below)
    _fill(above, rows[cut:], first=min(cut, len(rows)))
    assert above.best(count) == whole.best(count)
    for number in range(len(rows)):
        assert above.birth(number) == whole.birth(number)
        assert above.score(number) == whole.score(number)
        assert above.report(number) == whole.report(number)
    for key in "abcdefg":
        assert above.by_key(key) == whole.by_key(key)
        assert above.evaluated(key, "p") == whole.evaluated(key, "p")


def test_a_birth_is_seen_before_it_is_told_and_a_score_only_after() -> None:
    archive = MemoryArchive()
    archive.add_birth(_birth(0, "a"))
    archive.add_job(_job(0, 0))
    assert archive.by_key("a") == 0
    assert archive.evaluated("a", "p") == 0
    assert archive.evaluated("a", "other protocol") is None
    assert archive.score(0) is None
    assert archive.report(0) is None
    assert archive.best(3) == []


def test_the_first_told_score_of_the_search_phase_counts() -> None:
    archive = MemoryArchive()
    _fill(archive, [("a", 0.3)])
    archive.add_report(_report(1, 0, 0.9))
    archive.add_report(_report(2, 0, 0.95, phase="final"))
    assert archive.score(0) == Score({"fitness": 0.3})
    assert archive.best(1) == [Ranked(0, 0.3, "a")]
    above = Overlay(archive)
    above.add_report(_report(3, 0, 0.99))
    assert above.score(0) == Score({"fitness": 0.3})
    assert above.best(1) == [Ranked(0, 0.3, "a")]


def test_a_reused_answer_and_a_job_of_many_genomes_are_no_source_of_answers() -> None:
    archive = MemoryArchive()
    archive.add_birth(_birth(0, "a"))
    archive.add_birth(_birth(1, "b"))
    archive.add_job(_job(5, 0, reuse_of=2))
    assert archive.evaluated("a", "p") is None
    both = Job(6, "chain", "rank", (0, 1), {}, 1, Fidelity(), {}, {}, {}, 1.0, "search", "p")
    archive.add_job(both)
    assert archive.evaluated("a", "p") is None


def test_an_unknown_birth_is_refused_in_words() -> None:
    with pytest.raises(UnknownName, match="no birth has the number 3"):
        MemoryArchive().birth(3)


def test_the_best_of_a_long_history_are_its_last() -> None:
    archive = MemoryArchive()
    _fill(archive, [(f"key {number}", number / 5000) for number in range(5000)])
    assert [ranked.number for ranked in archive.best(3)] == [4999, 4998, 4997]
    assert len(archive.best(3)) == 3
