"""Rounds of NSE under an exact scorer, on a table made up here: no file is needed."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from searchengine.cli import main
from searchengine.core.pareto import Point, hypervolume
from searchengine.driver.claims import Bench, Claim, NotMeasurable, claims_of, judge, measure
from searchengine.methods.nse import claims_table
from searchengine.methods.nse.claims_table import FOLDER, NB201, Known, Rules, evolve, known
from searchengine.methods.nse.subset import Cells

COSTS, WORTH = (0, 3, 10, 1), (0.0, 4.0, 9.0, -2.0)


def points() -> dict[Cells, Point]:
    """256 paths of 4 cells and 4 ops; a dear op is worth more in an early cell, and two alike are worth
    less."""
    return {
        tuple((op,) for op in ops): (
            100.0 + sum(COSTS[op] for op in ops),
            sum(WORTH[op] * (4 - cell) for cell, op in enumerate(ops)) - 0.5 * (4 - len(set(ops))) ** 2,
        )
        for ops in product(range(4), repeat=4)
    }


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Known:
    made = known(points(), 4, 0.0)
    monkeypatch.setattr(claims_table, "nb201", lambda: made)
    return made


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "claims", 1, tmp_path / "data")


def by_slug() -> dict[str, Claim]:
    return {claim.slug: claim for claim in claims_of("nse")}


def test_the_claims_are_registered() -> None:
    assert {slug: claim.seeds for slug, claim in by_slug().items()} == {
        **dict.fromkeys(("A-25", "A-50", "A-100", "A-ends", "A-capped", "B-2", "B-3", "B-4"), 100),
        **dict.fromkeys(("C-loss", "C-test", "D"), 3),
    }  # fmt: skip
    assert all(claim.margin == 0.0 for claim in by_slug().values())


def test_the_table_splits_its_costs_and_knows_the_best_front(table: Known) -> None:
    assert table.costs.ops == (tuple(map(float, COSTS)),) * 4
    assert table.costs.fixed == 100.0
    assert table.reference == (140.0, 0.0)
    assert table.whole == hypervolume([*points().values()], (140.0, 0.0))


def test_a_table_that_is_none_is_refused() -> None:
    given = points()
    last = ((3,),) * 4
    with pytest.raises(ValueError, match="sums over the cells"):
        known({**given, last: (given[last][0] + 1, 0.0)}, 4, 0.0)
    with pytest.raises(ValueError, match="worth more than 1000"):
        known(given, 4, 1000.0)
    del given[last]
    with pytest.raises(ValueError, match="expected all 256 paths of 4 ops in 4 cells, got 255"):
        known(given, 4, 0.0)


@pytest.mark.parametrize("seed", range(10))
def test_with_rehearsal_and_no_cap_the_front_never_gets_worse(table: Known, seed: int) -> None:
    rounds = evolve(table, Rules(samples=6, rounds=3), seed)
    shares = [one.share for one in rounds]
    assert len(shares) == 3
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] <= 1


def test_rehearsal_is_paid_for_and_the_first_round_is_the_same(table: Known) -> None:
    rules = Rules(samples=6, rounds=3)
    for seed in range(10):
        kept, lost = evolve(table, rules, seed), evolve(table, rules._replace(rehearse=False), seed)
        assert kept[0] == lost[0]
        assert [one.scored for one in lost] == [6, 12, 18]
        assert kept[1].scored > 12
        assert evolve(table, rules, seed) == kept


def test_every_path_of_a_subset_is_scored_once_at_most(table: Known) -> None:
    """Two ops in four cells span 16 paths, of which the old front is some."""
    for rehearse in (True, False):
        rounds = evolve(table, Rules(samples=100, rehearse=rehearse, rounds=3), 0)
        assert [one.scored for one in rounds] == [16, 32, 48]


def test_a_search_that_ends_keeps_its_front_for_the_rounds_it_does_not_run(table: Known) -> None:
    """Locked without a cap, this table soon leaves no operation a way in."""
    rules = Rules(samples=16, rounds=3)
    found = [
        (evolve(table, rules, seed), evolve(table, rules._replace(repeat=False), seed)) for seed in range(20)
    ]
    ended = [(going, stopped) for going, stopped in found if stopped[-1].scored < going[-1].scored]
    assert ended
    for going, stopped in ended:
        assert len(stopped) == len(going)
        assert stopped[-1] == stopped[-2]


def test_both_arms_are_paired_over_seeds(table: Known, bench: Bench) -> None:
    claim = by_slug()["A-25"]
    found = list(measure(claim, bench, 12))
    assert [(name, seed) for name, seed, _ in found[:4]] == [
        ("with rehearsal", 0), ("without rehearsal", 0), ("with rehearsal", 1), ("without rehearsal", 1),
    ]  # fmt: skip
    firsts = {seed: one.details["rounds"][0] for name, seed, one in found if name == claim.first}
    assert firsts == {seed: one.details["rounds"][0] for name, seed, one in found if name == claim.second}
    verdict = judge(claim, found)
    assert verdict.seeds == 12
    assert verdict.interval is not None
    later, earlier = (list(measure(by_slug()[slug], bench, 3)) for slug in ("B-3", "B-2"))
    values = {(name, seed): one.value for name, seed, one in (*later, *earlier)}
    for seed in range(3):
        rounds = [values[f"round {number}", seed] for number in (1, 2, 3)]
        assert rounds == sorted(rounds)
        assert rounds[0] == firsts[seed]


def test_a_table_that_is_not_there_is_skipped_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    with pytest.raises(NotMeasurable, match=f"{FOLDER} is not set"):
        claims_table.nb201()
    asked = ["claims", "nse", "--only", "A-25", "--out", str(tmp_path / "out")]
    assert main(asked) == 0
    assert (
        capsys.readouterr().out
        == f"A-25: skipped, {FOLDER} is not set; it names the folder that holds {NB201}\n"
    )
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert main([*asked, "--json"]) == 0
    said = capsys.readouterr().out
    assert '"skipped"' in said
    assert f"there is no {tmp_path / NB201}" in said
