"""What the claims that train supernets ask for and make of what a search found. The searches themselves take
minutes even when short; single trainings run in this process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from searchengine.core.jsontext import Json
from searchengine.driver.claims import Bench, measure
from searchengine.driver.plan import Plan
from searchengine.experiments import trainings
from searchengine.experiments.searches import Found
from searchengine.methods.nse import claims as claims_of_nse
from searchengine.methods.nse.claims import SINGLE, SUBSETS, WHOLE, Protocol, claims, plan_of
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.space import NseSpace
from tests.engine.methods.bench import Here

TINY = Protocol(values={"finalists": 0, "final_steps": 4, "final_batch": 16}, repeats=2)


@pytest.fixture
def bench(tmp_path: Path, built_in_root: Path) -> Bench:
    return Bench(tmp_path / "claims", 1, built_in_root)


def test_the_whole_pool_gets_as_many_forward_passes_of_an_operation(bench: Bench) -> None:
    subsets, whole, single = (plan_of(bench, 0, Protocol(), arm).params for arm in (SUBSETS, WHOLE, SINGLE))
    shape = ("rounds", "subset_size", "round_steps", "candidates", "guards", "branches")
    assert [subsets[name] for name in shape] == [4, 4, 1000, 60, 10, "multi"]
    assert [whole[name] for name in shape] == [1, 13, 1231, 240, 40, "multi"]
    assert [single[name] for name in shape] == [4, 4, 1000, 60, 10, "single"]
    assert {name for name in subsets if subsets[name] != whole[name]} == set(shape) - {"branches"}


def scored(*losses: float) -> list[Json]:
    """Evaluations of a path, one a round."""
    return [{"phase": "search", "failure": None, "metrics": {"loss": loss}} for loss in losses]


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every search that is asked for, by its name. It finds two networks, the better one rehearsed, the
    other drawn in two rounds, and leaves one behind that had a lower loss with an earlier supernet."""
    asked = []

    def found(bench: Bench, plan: Plan, name: str) -> Found:
        asked.append(name)
        space = NseSpace(NseParams.parse(plan.params), plan.data)
        rng = np.random.default_rng(len(name))
        best, other, left = (space.random(rng) for _ in range(3))
        evaluations = [
            (other, scored(0.05)),
            (other, scored(0.6)),
            (left, scored(0.1)),
            (best, scored(0.2, 0.5)),
        ]
        return Found(
            [best, other],
            [{"genome": genome, "evaluations": given} for genome, given in evaluations],
            0.9, 1000.0, 1000.0, 1.0,
        )  # fmt: skip

    monkeypatch.setattr(claims_of_nse, "run_search", found)
    return asked


def test_losses_are_those_of_the_last_front_by_its_own_supernet(bench: Bench, searched: list[str]) -> None:
    claim = next(claim for claim in claims(TINY) if claim.slug == "C-loss")
    found = list(measure(claim, bench, 1))
    assert searched == ["whole_pool", "subsets"]
    assert [(one.value, one.cost, one.details) for _, _, one in found] == [
        (0.5, 1000.0, {"front": [0.6, 0.5]})
    ] * 2
    assert not (bench.folder / "ledger.jsonl").exists()


def test_the_most_accurate_network_is_trained_again_and_judged_on_test(
    bench: Bench, searched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainings, "TrainingProcess", Here)
    by_slug = {claim.slug: claim for claim in claims(TINY)}
    found = {
        (slug, name): one for slug in ("C-test", "D") for name, _, one in measure(by_slug[slug], bench, 1)
    }
    assert searched == ["subsets", "whole_pool", "subsets", "one_operation_a_cell"]
    assert all(0 <= one.value <= 1 for one in found.values())
    assert all(one.cost > 1000.0 and one.details["macs"] > 0 for one in found.values())
    assert found["C-test", SUBSETS].value == found["D", SUBSETS].value
    assert all(len(ops) <= 1 for ops in found["D", SINGLE].details["genome"]["path"])

    looks = [json.loads(line) for line in (bench.folder / "ledger.jsonl").read_text().splitlines()]
    arms = ("C-test subsets", "C-test whole_pool", "D subsets", "D one_operation_a_cell")
    assert [look["what"].split(" seed ")[0] for look in looks] == [name for name in arms for _ in range(2)]
    assert len(list(bench.folder.glob("trainings/*/results/*.json"))) == 3 * TINY.repeats
