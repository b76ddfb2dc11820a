"""How convolutions and connection weights are trained, in the search and at its end: the groups of the
optimiser, the schedule, what is augmented, and what is averaged over seeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torch.nn import Parameter

from searchengine.core.jobs import Proposal
from searchengine.core.jsontext import Json
from searchengine.data.prepared import Part, PreparedData
from searchengine.methods.assemblenet import evaluate
from searchengine.methods.assemblenet.connections import from_blocks
from searchengine.methods.assemblenet.describe import describe
from searchengine.methods.assemblenet.gates import Gates
from searchengine.methods.assemblenet.genome import to_json
from searchengine.methods.assemblenet.params import AssembleNetParams
from searchengine.methods.assemblenet.space import AssembleNetSpace
from searchengine.methods.assemblenet.spec import METHOD
from searchengine.nets.build import build
from searchengine.nets.network import Network
from searchengine.training.candidate import Trained
from searchengine.training.schedules import Schedule
from tests.engine.methods.assemblenet.published import FUSED, SMALL, SMALL_DATA, TINY
from tests.engine.methods.bench import Bench

GENOME = to_json(FUSED)
SHORT = {"train_steps": 6, "final_steps": 9, "batch": 16, "final_batch": 16}


def proposals(**values: Any) -> tuple[Proposal, Proposal]:
    """The short training of the search and the final one."""
    space = AssembleNetSpace(AssembleNetParams.parse({**SHORT, **values}), SMALL_DATA)
    return space.evaluation(GENOME), space.final_evaluation(GENOME)


def schedule_of(proposal: Proposal) -> Schedule:
    return evaluate._schedule(proposal.arguments, proposal.fidelity.steps)


def groups(schedule: Schedule, network: Network) -> dict[str, dict[str, Any]]:
    """The optimiser's options of the connections' logits and of the rest."""
    optimiser = schedule.make_optimiser(list(network.parameters()), network.parameters_by_group())
    logits = {id(one) for name, one in network.named_parameters() if name.endswith(".logits")}
    found: dict[str, dict[str, Any]] = {}
    for group in optimiser.param_groups:
        members = {id(one) for one in group["params"]}
        assert members <= logits or not members & logits, "a group holds logits alone, or none"
        found["logits" if members & logits else "rest"] = group
    assert {id(one) for one in found["logits"]["params"]} == logits
    assert sum(len(group["params"]) for group in found.values()) == len(list(network.parameters()))
    return found


@pytest.fixture(scope="module")
def network() -> Network:
    return build(describe(FUSED, TINY, SMALL))


@pytest.mark.parametrize("which", [0, 1], ids=["search", "final"])
@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_logits_learn_at_their_own_rate_and_do_not_decay(
    network: Network, optimiser: str, which: int
) -> None:
    proposal = proposals(
        optimiser=optimiser, learning_rate=0.02, final_learning_rate=0.02, connection_learning_rate=0.7,
        weight_decay=0.03,
    )[which]  # fmt: skip
    schedule = schedule_of(proposal)
    found = groups(schedule, network)
    assert (found["logits"]["weight_decay"], found["rest"]["weight_decay"]) == (0.0, 0.03)
    assert (found["logits"]["lr"], found["rest"]["lr"]) == (0.7, 0.02)


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_both_rates_follow_one_curve(network: Network, optimiser: str) -> None:
    schedule = schedule_of(
        proposals(optimiser=optimiser, learning_rate=0.02, connection_learning_rate=0.7)[0]
    )
    made = schedule.make_optimiser(list(network.parameters()), network.parameters_by_group())
    ratios = []
    for step in (0, 2, 5):
        schedule.set_rates(made, step)
        low, high = sorted(group["lr"] for group in made.param_groups)
        assert low == pytest.approx(schedule.rate(step))
        ratios.append(high / low)
    assert ratios == pytest.approx([35, 35, 35])


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_without_a_gradient_convolutions_decay_and_logits_stay(optimiser: str) -> None:
    """What no decay means, seen in numbers: one step on gradients of zero."""
    schedule = schedule_of(proposals(optimiser=optimiser, weight_decay=0.1)[0])
    kernel, logits = Parameter(torch.ones(3)), Parameter(torch.ones(2))
    made = schedule.make_optimiser([kernel, logits], {"connection": [logits]})
    for one in (kernel, logits):
        one.grad = torch.zeros_like(one)
    made.step()
    assert logits.tolist() == [1, 1]
    assert all(0.99 < value < 1 for value in kernel.tolist())


def test_what_the_parameters_say_reaches_the_schedule() -> None:
    search, final = proposals(
        batch=24, final_batch=12, learning_rate=0.3, final_learning_rate=0.2, gradient_clip=1.5,
        final_shift=3, final_flip=True, optimiser="sgd",
    )  # fmt: skip
    short, long = schedule_of(search), schedule_of(final)
    assert (short.steps, short.batch, short.learning_rate) == (6, 24, 0.3)
    assert (long.steps, long.batch, long.learning_rate) == (9, 12, 0.2)
    assert (short.optimiser, short.momentum, short.gradient_norm) == ("sgd", 0.9, 1.5)
    assert (short.augmentation.shift, short.augmentation.flip) == (0, False), "the search sees clips as are"
    assert (long.augmentation.shift, long.augmentation.flip) == (3, True)
    assert (long.augmentation.noise, long.gradient_norm) == (0, 1.5)


def test_the_paper_preset_ends_as_the_public_configuration_does() -> None:
    """SGD, momentum 0.9, 0.008 times 0.96 after every 1,024 steps, 50 steps of warm-up, 90,000 in all."""
    data = replace(SMALL_DATA, shape=(1, 8, 64, 64))
    space = AssembleNetSpace(AssembleNetParams.parse(METHOD.presets["paper"].values), data)
    genome = space.random(np.random.default_rng(0))
    final, search = (schedule_of(one) for one in (space.final_evaluation(genome), space.evaluation(genome)))
    assert (final.steps, final.batch, final.optimiser, final.momentum) == (90_000, 32, "sgd", 0.9)
    assert final.rate(0) == pytest.approx(0.008 / 50)
    assert final.rate(49) == final.rate(50) == final.rate(1023) == 0.008
    assert final.rate(1024) == pytest.approx(0.008 * 0.96)
    assert final.rate(89_999) == pytest.approx(0.008 * 0.96**87)
    # The search's own falls along a cosine, as the demo's do.
    assert search.rate(0) == 0.1
    assert search.rate(5_000) == pytest.approx(0.05)


def test_a_short_final_training_has_a_cosine_and_no_warm_up_unless_asked() -> None:
    plain = schedule_of(proposals()[1])
    assert (plain.warmup, plain.staircase) == (0, None)
    asked = schedule_of(proposals(final_warmup=3, final_decay="staircase")[1])
    assert (asked.warmup, asked.rate(8)) == (3, asked.learning_rate)
    longer = schedule_of(proposals(final_warmup=500)[1])
    assert longer.warmup == 4, "half of nine steps"
    search = schedule_of(proposals(final_warmup=3, final_decay="staircase")[0])
    assert (search.warmup, search.staircase) == (0, None)


class Watched:
    """``train_candidate``, with every schedule and every training's metrics and weights written down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.schedules: list[Schedule] = []
        self.metrics: list[dict[str, float]] = []
        self.weights: list[dict[tuple[int, int], float]] = []
        self.networks: list[Network] = []
        train = evaluate.train_candidate

        def watched(context: Any, architecture: Any, schedule: Schedule, **others: Any) -> Trained:
            trained = train(context, architecture, schedule, **others)
            self.schedules.append(schedule)
            self.metrics.append(dict(trained.metrics))
            self.weights.append(Gates(FUSED).weights(trained.network))
            self.networks.append(trained.network)
            return trained

        monkeypatch.setattr(evaluate, "train_candidate", watched)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


@pytest.fixture
def bench(streams: PreparedData, streams_root: Path, tmp_path: Path) -> Bench:
    return Bench(tmp_path, streams_root, streams.summary.fingerprint, "assemblenet")


def made_space(data: PreparedData, **values: Any) -> AssembleNetSpace:
    return AssembleNetSpace(AssembleNetParams.parse({**SHORT, **values}), data.summary)


def test_the_final_training_trains_by_its_own_schedule(
    bench: Bench, streams: PreparedData, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "ablation", lambda *given: {})  # not what is looked at here
    space = made_space(streams, final_shift=2, final_flip=True, final_learning_rate=0.004)
    bench.run(space.final_evaluation(GENOME), {0: GENOME})
    (schedule,) = watched.schedules
    assert (schedule.steps, schedule.learning_rate) == (9, 0.004)
    assert (schedule.augmentation.shift, schedule.augmentation.flip) == (2, True)
    assert schedule.groups["connection"].weight_decay == 0
    assert schedule.validate_every == 3


def test_weights_and_scores_of_several_seeds_are_their_means(
    bench: Bench, streams: PreparedData, watched: Watched
) -> None:
    output = bench.run(made_space(streams, evaluation_seeds=3).evaluation(GENOME), {0: GENOME})
    assert len(watched.weights) == 3
    found = from_blocks(FUSED, output.findings["weights"])
    for edge in FUSED.weighted:
        each = [weights[edge] for weights in watched.weights]
        assert len(set(each)) == 3, "other seeds, other weights"
        assert found[edge] == pytest.approx(np.mean(each), abs=6e-5)
    metrics = output.scores[0].metrics
    for name in ("accuracy", "top_k", "loss"):
        assert metrics[name] == pytest.approx(np.mean([one[name] for one in watched.metrics]))
    assert metrics["fitness"] == pytest.approx(metrics["accuracy"] + metrics["top_k"])


def with_several_labels(data: PreparedData) -> PreparedData:
    """Some of the same clips, each labelled by its digit and by its motion: 2 + 8 classes."""
    classes = len(data.summary.classes) // 2

    def part(whole: Part) -> Part:
        assert whole.flow is not None
        one = Part(whole.x[::5], whole.y[::5], whole.flow[::5])
        labels = np.zeros((len(one.y), 2 + classes), dtype=np.uint8)
        rows = np.arange(len(one.y))
        labels[rows, one.y % 2] = labels[rows, 2 + one.y // 2] = 1
        return one._replace(y=labels)

    names = tuple(map(str, range(2 + classes)))
    summary = replace(data.summary, labels="multi", classes=names)
    manifest = replace(data.manifest, summary=summary)
    return PreparedData(manifest, part(data.train), part(data.validation))


@pytest.mark.parametrize("phase", ["search", "final"])
def test_fitness_of_clips_with_several_labels_is_the_mean_average_precision(
    bench: Bench, streams: PreparedData, watched: Watched, phase: str
) -> None:
    bench.prepared = with_several_labels(streams)
    space = made_space(bench.prepared)
    proposal = space.evaluation(GENOME) if phase == "search" else space.final_evaluation(GENOME)
    output = bench.run(proposal, {0: GENOME})
    metrics = output.scores[0].metrics
    wanted = average_precision_of(watched.networks[-1], bench.prepared)
    assert metrics["fitness"] == metrics["mean_average_precision"] == pytest.approx(wanted, abs=1e-6)
    assert "accuracy" not in metrics
    assert 0 < metrics["fitness"] < 1
    if phase == "final":
        ablation: Json = output.findings["ablation"]
        assert ablation["whole"] == pytest.approx(metrics["fitness"], abs=1e-4)


@torch.no_grad()
def average_precision_of(network: Network, data: PreparedData) -> float:
    """The mean over classes of the area under precision and recall on validation, by another library."""
    manifest, part = data.manifest, data.validation
    assert part.flow is not None
    clip = torch.from_numpy(np.array(part.x)).float() * manifest.scale + manifest.offset
    shape = (1, -1, 1, 1, 1)
    clip = (clip - torch.tensor(manifest.mean).reshape(shape)) / torch.tensor(manifest.std).reshape(shape)
    logits = network.eval()(clip.float(), torch.from_numpy(np.array(part.flow)).float() / 127)
    return float(average_precision_score(part.y, logits.numpy(), average="macro"))
