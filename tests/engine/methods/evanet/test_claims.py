"""The claims run end to end at a size of seconds: both arms, test judged through the ledger, resumed."""

import json

import pytest

from searchengine.driver.claims import Bench, claims_of, judge, measure
from searchengine.methods.evanet.claims import Protocol, claims
from tests.engine.methods.evanet.bars import moving_bars

SHORT = {
    "population": 4, "sample_size": 2, "rounds": 2, "train_steps": 4, "batch": 16, "final_steps": 6,
    "final_batch": 16, "baselines": False,
}  # fmt: skip


def test_the_claims_of_the_paper_are_registered_with_their_margins():
    margins = {claim.slug: (claim.margin, claim.seeds) for claim in claims_of("evanet")}
    assert margins == {
        "A": (0.10, 3), "A-best": (-0.01, 3), "demo": (0.0, 5), "B": (0.05, 3), "C": (0.05, 3), "D": (0.01, 3)
    }  # fmt: skip


@pytest.mark.timeout(400)
def test_a_claim_is_measured_judged_on_test_and_not_measured_twice(tmp_path):
    moving_bars(tmp_path)
    protocol = Protocol(data=str(tmp_path / "bars.npz"), values=SHORT, repeats=1)
    by_slug = {claim.slug: claim for claim in claims(protocol)}
    bench = Bench(tmp_path / "claims", 1, tmp_path / "data")
    found = list(measure(by_slug["D"], bench, 1))
    assert [(name, seed) for name, seed, _ in found] == [("ensemble", 0), ("best single", 0)]
    assert all(0 <= one.value <= 1 and one.cost > 0 for _, _, one in found)
    looks = [json.loads(line) for line in (tmp_path / "claims" / "ledger.jsonl").read_text().splitlines()]
    assert looks
    assert {look["networks"] for look in looks} == {1, 3}
    assert all(look["what"].startswith("D ") for look in looks)
    assert judge(by_slug["D"], found).outcome == "not reproduced", "one seed decides nothing"
    assert list(measure(by_slug["D"], bench, 1)) == found
    assert len((tmp_path / "claims" / "ledger.jsonl").read_text().splitlines()) == len(looks)
    searches = [path.name for path in (tmp_path / "claims" / "searches").iterdir()]
    assert searches == ["evanet"], "both arms shared one search"


@pytest.mark.timeout(400)
def test_the_demo_is_held_against_a_control_of_equal_cost_on_validation(tmp_path):
    moving_bars(tmp_path)
    protocol = Protocol(data=str(tmp_path / "bars.npz"), values=SHORT, repeats=1)
    demo = next(claim for claim in claims(protocol) if claim.slug == "demo")
    bench = Bench(tmp_path / "claims", 1, tmp_path / "data")
    search, control = (one for _, _, one in measure(demo, bench, 1))
    assert 0 <= search.value <= 1
    assert 0 <= control.value <= 1
    spent = [
        json.loads((tmp_path / "claims" / "searches" / name / "seed0" / "plan.json").read_text())
        for name in ("evanet", "random_search-equal-cost")
    ]
    assert spent[1]["plan"]["budget"]["cost"] > 0
    assert control.cost >= spent[1]["plan"]["budget"]["cost"]
    assert not (tmp_path / "claims" / "ledger.jsonl").exists(), "test data was opened"
