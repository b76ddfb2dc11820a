"""The claims run end to end at a size of seconds: both arms, test judged through the ledger, resumed.

Searches train in processes, as they do; single trainings run in this one, so that a dozen take seconds. The
clips hold no flow, so it is computed inside the networks.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import Json
from searchengine.data.manifest import Manifest
from searchengine.driver.claims import Bench, claims_of, judge, measure
from searchengine.experiments import trainings as trainings_of_claims
from searchengine.jobs.store import Store
from searchengine.judging import judge as judging
from searchengine.methods.assemblenet.claims import Protocol, claims
from searchengine.methods.assemblenet.claims_noise import first_with_noise
from searchengine.methods.assemblenet.params import AssembleNetParams
from searchengine.methods.assemblenet.space import AssembleNetSpace
from searchengine.nets.build import build
from tests.engine.methods.bench import Here
from tests.engine.methods.evanet.bars import moving_bars

SHORT = {
    "population": 4, "sample_size": 2, "rounds": 2, "train_steps": 6, "batch": 16, "final_steps": 6,
    "final_batch": 16, "finalists": 1, "most_blocks": [2, 2, 1, 1],
}  # fmt: skip


@pytest.fixture
def clips(tmp_path) -> Manifest:
    return moving_bars(tmp_path)


@pytest.fixture
def by_slug(tmp_path, clips, monkeypatch):
    """The claims at a size of seconds."""
    monkeypatch.setattr(trainings_of_claims, "TrainingProcess", Here)
    protocol = Protocol(
        data=str(tmp_path / "bars.npz"), values=SHORT, repeats=1, graphs=1, founders=3, rounds=2
    )
    return {claim.slug: claim for claim in claims(protocol)}


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "claims", 1, tmp_path / "data")


@pytest.fixture
def opened(monkeypatch):
    """Every opening of the test part in this process, where networks are judged."""
    found = []
    really = judging.open_test
    monkeypatch.setattr(judging, "open_test", lambda *given: found.append(given[1]) or really(*given))
    return found


def ledger(bench: Bench) -> list[Json]:
    file = bench.folder / "ledger.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def trainings(bench: Bench) -> list[Json]:
    """Results of all trainings outside searches."""
    return [json.loads(file.read_text()) for file in bench.folder.glob("trainings/*/results/*.json")]


def test_the_claims_of_the_paper_are_registered_with_their_margins():
    margins = {claim.slug: (claim.margin, claim.seeds) for claim in claims_of("assemblenet")}
    assert margins == {
        "A": (0.0, 3), "A-weights": (0.25, 4), "A-rounds": (0.0, 3), "B-flow": (0.10, 3), "B-rgb": (0.10, 3),
        "C": (0.0, 10), "D": (0.10, 3), "demo": (0.0, 3),
    }  # fmt: skip
    protocol = Protocol()
    assert (protocol.data, protocol.repeats, protocol.founders, protocol.rounds) == (
        "digits-motion16", 3, 8, 8,
    )  # fmt: skip


def test_the_found_graph_and_its_rivals_are_judged_on_test_and_not_twice(by_slug, bench, clips, opened):
    """Claims B and D share one search and the trainings of the network it found."""
    found = {slug: list(measure(by_slug[slug], bench, 1)) for slug in ("B-flow", "D")}
    both, alone = found["B-flow"]
    best, median = found["D"]
    assert [both[:2], alone[:2]] == [("both streams", 0), ("RGB alone", 0)]
    assert [best[:2], median[:2]] == [("best found", 0), ("median founder", 0)]
    everything = [one for pairs in found.values() for _, _, one in pairs]
    assert all(0 <= one.value <= 1 and one.cost > 0 for one in everything)
    assert both[2].value == best[2].value
    assert both[2].details["genome"] == alone[2].details["genome"]

    looks = ledger(bench)
    assert len(opened) == len(looks) == 4
    assert [look["what"].split(" seed ")[0] for look in looks] == [
        "B-flow both_streams", "B-flow RGB_alone", "D best_found", "D median_founder",
    ]  # fmt: skip
    assert {(look["networks"], look["data"]) for look in looks} == {(1, clips.summary.fingerprint)}
    assert judge(by_slug["D"], found["D"]).outcome == "not reproduced", "one seed decides nothing"
    assert {slug: list(measure(by_slug[slug], bench, 1)) for slug in found} == found
    assert len(opened) == len(ledger(bench)) == 4
    assert [path.name for path in (bench.folder / "searches").iterdir()] == ["demo"]

    space = AssembleNetSpace(AssembleNetParams(), clips.summary)
    network = space.describe(both[2].details["genome"], clips.summary.setting())
    assert sorted(reads_flow(network, file) for file in weights_of_trainings(bench, network)) == [False, True]


def weights_of_trainings(bench: Bench, network: Architecture) -> list[Path]:
    """The stored weights of all trainings of ``network``."""
    shapes = {name: value.shape for name, value in build(network).state_dict().items()}
    files = [
        Store(folder.parents[1] / "artifacts").path(json.loads(folder.read_text())["artifacts"]["weights"])
        for folder in bench.folder.glob("trainings/*/results/*.json")
    ]
    return [
        file for file in files if {name: value.shape for name, value in load_file(file).items()} == shapes
    ]


def reads_flow(architecture: Architecture, weights: Path) -> bool:
    """Whether the stored network, as it is judged, gives something else for other flow."""
    network = build(architecture).eval()
    network.load_state_dict(load_file(weights))
    clip = torch.randn(4, 1, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        before = network(clip)
        network.get_submodule("tvl1").register_forward_hook(lambda layer, given, flow: 1 - flow)
        return not torch.equal(before, network(clip))


def test_learned_weights_are_compared_with_held_ones_on_the_same_graph(by_slug, bench, opened):
    (_, _, learned), (_, _, held) = list(measure(by_slug["C"], bench, 1))
    assert learned.details["genome"] == held.details["genome"]
    assert learned.cost == held.cost > 0
    assert len(learned.details["each"]) == len(held.details["each"]) == 2
    furthest = sorted(
        max(abs(weight - 0.5) for row in result["findings"]["weights"].values() for weight in row)
        for result in trainings(bench)
    )
    assert len(furthest) == 4
    assert furthest[1] < 0.02, "two trainings hold every weight where it began"
    assert furthest[2] > 0.05, "two learn"
    assert not opened
    assert ledger(bench) == []


def test_weights_of_informative_and_of_noisy_stems_come_from_one_training(by_slug, bench, opened):
    (_, _, informative), (_, _, noise) = list(measure(by_slug["A-weights"], bench, 1))
    (result,) = trainings(bench)
    counts = informative.details["connections"], noise.details["connections"]
    assert min(counts) > 0
    weights = [weight for row in result["findings"]["weights"].values() for weight in row]
    assert sum(counts) <= len(weights)
    for one in (informative, noise):
        assert 0 <= one.value <= 1
        assert 0 < one.details["mean_weight"] < 1
        assert (one.value * one.details["connections"]) == pytest.approx(
            round(one.value * one.details["connections"])
        )
    assert informative.cost == noise.cost
    assert not opened


def test_rounds_with_noise_share_their_founders_and_never_open_test(by_slug, bench, clips):
    shutil.rmtree(bench.data_root / clips.summary.fingerprint / "test")
    claim = by_slug["A-rounds"]
    found = list(measure(claim, bench, 1))
    (first, _, random), (second, _, guided) = found
    assert (first, second) == ("random", "guided")
    assert random.details["before"] == guided.details["before"]
    assert 0 < random.value < 1
    assert 0 < guided.value < 1
    assert len(trainings(bench)) == 3 + 2 + 2, "founders are trained once for both rules"
    assert list(measure(claim, bench, 1)) == found
    assert ledger(bench) == []


def test_noise_is_fed_to_one_stem_of_each_stream(space):
    seen = set()
    for seed in range(20):
        graph = first_with_noise(space, np.random.default_rng(seed), 0.7)
        fed = {graph.genome.nodes[int(stem)].kind: what for stem, what in graph.feed.items()}
        assert fed == {"rgb": "uniform", "flow": "normal"}
        seen |= graph.noisy
    assert seen == {0, 1, 2, 3}
