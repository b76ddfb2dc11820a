"""NSE's jobs as a worker runs them, on real digits."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.torch import load_file
from torch import Tensor

from searchengine.core.errors import BadGenome
from searchengine.core.jobs import Proposal, Result
from searchengine.core.jsontext import Json
from searchengine.data.augmentation import Augmentation
from searchengine.data.batches import Batches
from searchengine.data.prepared import PreparedData
from searchengine.driver.plan import make_plan
from searchengine.methods.nse import evaluate, scoring
from searchengine.methods.nse.evaluate import LOOKS, looks
from searchengine.methods.nse.genome import SpaceGenome, parse, to_json
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.proposals import training as training_of
from searchengine.methods.nse.space import NseSpace
from searchengine.methods.nse.spec import METHOD
from searchengine.methods.nse.subset import first_space, refill
from searchengine.methods.nse.subset import lock as lock_front
from searchengine.methods.nse.supernet import Supernet
from searchengine.nets.build import build_on_meta
from searchengine.testing.rehearsal import Rehearsal
from searchengine.training.candidate import Trained
from searchengine.training.context import Context, Output
from searchengine.training.process import FINDINGS_BYTES
from searchengine.training.schedules import Schedule
from tests.engine.methods.bench import Bench

PLAIN = Augmentation()
VALUES: Json = {
    "round_steps": 12, "batch": 16, "candidates": 10, "guards": 4, "paths_a_job": 3, "final_steps": 12,
    "calibration_batches": 2,
}  # fmt: skip


@pytest.fixture
def first(digits: PreparedData) -> Rehearsal:
    """A search that has asked for its first job."""
    return Rehearsal(make_plan("nse", digits.summary, seed=1, values=VALUES)).run(until_told=0)


def as_proposal(run: Rehearsal, number: int) -> tuple[Proposal, dict[int, Json]]:
    job = run.jobs[number]
    return (
        Proposal(job.kind, job.subjects, fidelity=job.fidelity, arguments=job.arguments),
        dict(job.genomes),
    )


def test_a_round_gives_gates_and_the_supernet_and_no_fitness(bench: Bench, first: Rehearsal) -> None:
    proposal, genomes = as_proposal(first, 0)
    output = bench.run(proposal, genomes)
    score = output.scores[0]
    assert score.failure is None
    assert score.fitness is None, "a supernet is no candidate"
    assert {"train_loss", "gate_loss", "expected_cost", "active_ops"} <= set(score.metrics)
    space = parse(genomes[0])
    built = build_on_meta(bench.context.architecture(genomes[0]))
    stored = load_file(bench.store.path(output.artifacts["weights"]))
    assert {name: value.shape for name, value in stored.items()} == {
        name: value.shape for name, value in built.state_dict().items()
    }
    active = [tuple(ops) for ops in output.findings["active"]]
    assert active == list(space.space.active)
    assert [len(row) for row in output.findings["alphas"]] == [len(ops) for ops in active]
    # The penalty's cost is told in shares of the target.
    assert 0.3 < score.metrics["expected_cost"] < 30


def test_paths_are_scored_with_the_supernet_they_were_drawn_from(bench: Bench, first: Rehearsal) -> None:
    proposal, genomes = as_proposal(first, 0)
    trained = bench.run(proposal, genomes)
    first.ready[0] = _result(trained, 0)
    first.running.pop(0)
    first.step()
    (job,) = [one for one in first.jobs if one.number == 1]
    proposal, paths = as_proposal(first, 1)
    assert len(paths) == 3
    weights = {"supernet": trained.artifacts["weights"]}
    assert job.inputs == weights
    output = bench.run(proposal, paths, inputs=weights, attempt="scoring")
    for number, genome in paths.items():
        metrics = output.scores[number].metrics
        network = bench.context.architecture(genome)
        assert (metrics["flops"], metrics["parameters"]) == (network.macs, network.parameters)
        assert metrics["fitness"] == metrics["accuracy"]
    again = bench.run(proposal, paths, inputs=weights, attempt="again")
    assert again.scores == output.scores


@pytest.mark.parametrize("lock", [True, False])
def test_a_round_is_told_what_may_be_pruned(
    bench: Bench, digits: PreparedData, monkeypatch: pytest.MonkeyPatch, lock: bool
) -> None:
    """Without the lock everything may be; at a threshold of 0 nothing is; the target is what costs are told
    in shares of."""
    asked = []

    def training(*given: object) -> None:
        asked.append(given[4:])
        raise BadGenome("nan", "seen enough")

    monkeypatch.setattr(evaluate, "RoundTraining", training)
    params = NseParams.parse({**VALUES, "lock": lock, "prune_below": 0.0 if lock else -3.0})
    space = NseSpace(params, digits.summary)
    ops = len(space.skeleton.ops)
    first = first_space(space.skeleton.cells, ops, 4, 3, _generator(1))
    paths = [tuple(active[:1] for active in first.active)]
    subset = refill(lock_front(first, paths, [0.5], cap=True))
    genome = to_json(SpaceGenome(space.skeleton, subset))
    proposal = training_of(space, space.limits, subset, 0, ())
    with pytest.raises(BadGenome):
        bench.run(proposal, {0: genome})
    ((locked, costs, recipe),) = asked
    assert any(subset.locked)
    assert locked == (subset.locked if lock else ((),) * 7)
    assert recipe.prune_below == (None if lock else -3.0)
    assert recipe.target == 1.0
    assert costs.fixed == pytest.approx(space.limits.costs.fixed / space.limits.target)


def test_the_final_training_has_a_warm_up_and_a_smoothing_of_its_own(
    bench: Bench, digits: PreparedData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At paper scale those that are written down: 250 epochs of 1,202 steps, 5 of them to warm up."""
    full = NseParams.parse(dict(METHOD.presets["paper"].values))
    assert (full.final_steps, full.final_warmup) == (250 * 1202, 5 * 1202)
    assert (full.final_label_smoothing, full.final_dropout) == (0.1, 0.2)
    asked = []

    def training(context: Context, network: object, schedule: Schedule) -> Trained:
        asked.append(schedule)
        return Trained({"fitness": 0.5}, None, "", None)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluate, "train_candidate", training)
    space = NseSpace(
        NseParams.parse({**VALUES, "final_warmup": 5, "final_label_smoothing": 0.1, "warmup": 2}),
        digits.summary,
    )
    genome = space.random(_generator(0))
    for proposal in (space.final_evaluation(genome), space.evaluation(genome)):
        bench.run(proposal, {0: genome})
    assert [(one.warmup, one.label_smoothing) for one in asked] == [(5, 0.1), (2, 0.0)]


@pytest.mark.parametrize("kind", ["train_supernet", "retrain"])
def test_a_training_has_the_memory_of_the_supernets_that_were_scored_with(
    bench: Bench, digits: PreparedData, first: Rehearsal, kind: str
) -> None:
    space = NseSpace(NseParams.parse({**VALUES, "final_steps": 2}), digits.summary)
    genome = space.random(_generator(0))
    final = space.final_evaluation(genome)
    proposal, genomes = as_proposal(first, 0) if kind == "train_supernet" else (final, {0: genome})
    scoring._KEPT["an older one", "cpu", "contiguous"] = Supernet(
        space.describe(genome, space.setting), space.skeleton.cells
    )
    bench.run(proposal, genomes)
    assert not scoring._KEPT


def test_looks_at_the_gates_fit_a_result_s_findings_however_many_there_are() -> None:
    assert looks(22 * 6) == looks(7 * 13) == LOOKS, "usual spaces are looked at as often as meant"
    for ops in (1, 300, 301, 2000, 3000, 64 * 72):
        # Where steps do not divide there are up to twice as many; an alpha takes up to 22 bytes, twice an id.
        bytes_at_most = 2 * looks(ops) * ops * len("0.1234, 71, ") + ops * (22 + 2 * len("71, "))
        assert bytes_at_most < FINDINGS_BYTES or looks(ops) == 1


@pytest.mark.parametrize("job", ["round", "final", "control"])
def test_weights_are_trained_on_shifted_and_mirrored_images_where_asked(
    digits: PreparedData, monkeypatch: pytest.MonkeyPatch, bench: Bench, job: str
) -> None:
    """Gates, calibration and scores see images as they are."""
    seen: list[Augmentation] = []
    take = Batches.take

    def watched(self: Batches, index: Tensor, augmentation: Augmentation = PLAIN, *more: object) -> object:
        seen.append(augmentation)
        return take(self, index, augmentation, *more)

    values = {**VALUES, "shift": 1, "flip": True, "final_shift": 2}
    search = Rehearsal(make_plan("nse", digits.summary, seed=1, values=values)).run(until_told=0)
    space = NseSpace(NseParams.parse(values), digits.summary)
    proposal, genomes = as_proposal(search, 0)
    if job != "round":
        path = space.random(np.random.default_rng(1))
        proposal = space.final_evaluation(path) if job == "final" else space.evaluation(path)
        genomes = {1: path}
    monkeypatch.setattr(Batches, "take", watched)
    bench.run(proposal, genomes)
    wanted = Augmentation(shift=2) if job == "final" else Augmentation(shift=1, flip=True)
    assert seen.count(wanted) == 12, "every step of the weights"
    assert set(seen) <= {wanted, PLAIN}
    plain = NseSpace(NseParams.parse(VALUES), digits.summary)
    path = plain.random(np.random.default_rng(1))
    assert not {"shift", "flip"} & plain.evaluation(path).arguments.keys()


def test_a_found_network_is_trained_wider_and_can_be_described_again(
    bench: Bench, digits: PreparedData
) -> None:
    """The space that the job's own arguments give describes the trained network: that is what is exported."""
    space = NseSpace(
        NseParams.parse({**VALUES, "final_scale": 2.0, "final_dropout": 0.2, "final_excitation": True}),
        digits.summary,
    )
    genome = next(
        one for seed in range(50)
        if [] in (one := space.random(_generator(seed)))["path"]
    )  # fmt: skip
    proposal = space.final_evaluation(genome)
    output = bench.run(proposal, {0: genome})
    stored = load_file(bench.store.path(output.artifacts["weights"]))
    again = NseSpace(NseParams.parse(proposal.arguments["space_params"]), digits.summary)
    network = again.describe(genome, space.final_setting)
    assert output.scores[0].metrics["parameters"] == network.parameters
    assert stored.keys() == build_on_meta(network).state_dict().keys()
    assert stored["tail.conv.weight"].shape[:2] == (64, 48)
    names = {node.name.rpartition(".")[2] for node in network.nodes}
    assert {"dropout", "excite"} <= names
    searched = space.describe(genome, space.setting)
    assert "excite" not in {node.name.rpartition(".")[2] for node in searched.nodes}


def test_a_control_trains_a_path_from_scratch(bench: Bench, digits: PreparedData) -> None:
    space = NseSpace(NseParams.parse(VALUES), digits.summary)
    genome = space.random(_generator(0))
    output = bench.run(space.evaluation(genome), {0: genome})
    assert output.scores[0].fitness is not None


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _result(output: Output, job: int) -> Result:
    return Result(job, output.scores, output.findings, output.artifacts)
