"""Claims: measured once an arm and seed, kept at once, judged over pairs of seeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchengine.core.errors import BadRegistration, UnknownName
from searchengine.driver.claims import Bench, Claim, Measured, claims_of, judge, measure


class Meter:
    """An arm that counts how often it is measured."""

    def __init__(self, values: list[float], fail_at: int | None = None) -> None:
        self.values, self.fail_at, self.measured = values, fail_at, []  # type: ignore[var-annotated]

    def __call__(self, bench: Bench, seed: int) -> Measured:
        if seed == self.fail_at:
            raise KeyboardInterrupt
        self.measured.append(seed)
        return Measured(self.values[seed], cost=10.0, seconds=1.0, details={"seed": seed})


def _claim(first: Meter, second: Meter, /, **changes: object) -> Claim:
    made = {"slug": "better", "statement": "First is better.", "first": "first", "second": "second",
            "arms": {"first": first, "second": second}, "seeds": 4, **changes}  # fmt: skip
    return Claim(**made)  # type: ignore[arg-type]


def _bench(folder: Path) -> Bench:
    return Bench(folder, workers=1, data_root=folder / "data")


def test_every_finished_arm_is_kept_at_once_and_not_measured_again(tmp_path: Path) -> None:
    first, second = Meter([1.0, 2.0, 3.0, 4.0]), Meter([0.0, 0.0, 0.0, 0.0], fail_at=2)
    with pytest.raises(KeyboardInterrupt):
        list(measure(_claim(first, second), _bench(tmp_path)))
    assert (first.measured, second.measured) == ([0, 1, 2], [0, 1])
    second.fail_at = None
    found = list(measure(_claim(first, second), _bench(tmp_path)))
    assert (first.measured, second.measured) == ([0, 1, 2, 3], [0, 1, 2, 3])
    assert [(name, seed) for name, seed, _ in found] == [
        (n, s) for s in range(4) for n in ("first", "second")
    ]
    assert found[0][2] == Measured(1.0, 10.0, 1.0, {"seed": 0})


@pytest.mark.parametrize(
    ("first", "second", "margin", "outcome"),
    [
        ([0.9, 0.8, 0.85, 0.9], [0.5, 0.5, 0.45, 0.5], 0.0, "reproduced"),
        ([0.5, 0.5, 0.45, 0.5], [0.9, 0.8, 0.85, 0.9], 0.0, "contradicted"),
        ([0.9, 0.4, 0.8, 0.5], [0.6, 0.6, 0.6, 0.6], 0.0, "not reproduced"),
        ([0.9, 0.8, 0.85, 0.9], [0.5, 0.5, 0.45, 0.5], 0.5, "not reproduced"),
    ],
)
def test_the_verdict_follows_from_the_interval_of_paired_differences(
    first: list[float], second: list[float], margin: float, outcome: str, tmp_path: Path
) -> None:
    claim = _claim(Meter(first), Meter(second), margin=margin)
    verdict = judge(claim, list(measure(claim, _bench(tmp_path))))
    assert verdict.outcome == outcome
    assert verdict.seeds == 4
    assert verdict.difference == pytest.approx(sum(first) / 4 - sum(second) / 4)
    assert verdict.interval is not None
    assert verdict.interval[0] < verdict.difference < verdict.interval[1]


def test_one_seed_leaves_a_claim_open(tmp_path: Path) -> None:
    claim = _claim(Meter([1.0]), Meter([0.0]))
    verdict = judge(claim, list(measure(claim, _bench(tmp_path), seeds=1)))
    assert (verdict.outcome, verdict.interval) == ("not reproduced", None)


def test_a_claim_without_a_pair_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="at least one seed measured in both arms"):
        judge(_claim(Meter([]), Meter([])), [("first", 0, Measured(1.0, 1.0, 1.0))])


def test_arms_must_be_the_two_that_are_named() -> None:
    with pytest.raises(BadRegistration, match="claim better names first and third, its arms are"):
        _claim(Meter([]), Meter([]), second="third")


def test_a_method_without_claims_says_where_they_would_be() -> None:
    with pytest.raises(UnknownName, match=r"there is no file claims.py in its folder"):
        claims_of("random_search")
    with pytest.raises(UnknownName, match="there is no method"):
        claims_of("nobody")
