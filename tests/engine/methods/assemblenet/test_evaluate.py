"""AssembleNet's jobs on real clips with flow: scores, learned weights, seeds, resuming, ablation."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from searchengine.core.errors import Stopped
from searchengine.data.prepared import Part
from searchengine.methods.assemblenet import ablation
from searchengine.methods.assemblenet.connections import by_block, from_blocks
from searchengine.methods.assemblenet.genome import to_json
from searchengine.methods.assemblenet.params import AssembleNetParams
from searchengine.methods.assemblenet.space import AssembleNetSpace
from searchengine.nets.build import build
from searchengine.training.metrics import score_logits
from tests.engine.methods.assemblenet.published import FUSED, LATE
from tests.engine.methods.bench import Bench, Listener

GENOME = to_json(FUSED)


@pytest.fixture
def bench(streams, streams_root, tmp_path):
    return Bench(tmp_path, streams_root, streams.summary.fingerprint, "assemblenet")


def make_space(streams, **values):
    params = AssembleNetParams.parse(
        {"train_steps": 6, "final_steps": 9, "batch": 16, "final_batch": 16, **values}
    )
    return AssembleNetSpace(params, streams.summary)


@pytest.fixture
def space(streams):
    return make_space(streams)


def test_an_evaluation_scores_top_one_plus_top_k_and_finds_a_weight_a_connection(bench, space):
    output = bench.run(space.evaluation(GENOME), {0: GENOME})
    metrics = output.scores[0].metrics
    assert metrics["fitness"] == pytest.approx(metrics["accuracy"] + metrics["top_k"])
    assert metrics["connections"] == 14
    assert 0.9 < metrics["weight_entropy"] <= 1
    network = space.describe(GENOME, space.search_setting)
    assert (
        (metrics["parameters"], metrics["flops"])
        == (network.parameters, network.macs)
        == (59_306, network.macs)
    )
    weights = from_blocks(FUSED, output.findings["weights"])
    assert tuple(weights) == FUSED.weighted
    assert all(0 < weight < 1 for weight in weights.values())
    state = load_file(bench.store.path(output.artifacts["weights"]))
    build(network).load_state_dict(state, strict=True)
    stored = torch.sigmoid(state["block4.fuse.gate2.logits"]).tolist()
    assert [weights[(0, 4)], weights[(2, 4)]] == pytest.approx(stored, abs=1e-4)


def test_weights_are_sampled_on_the_way_and_reported_live(bench, streams):
    space = make_space(streams, train_steps=20)
    output = bench.run(space.evaluation(GENOME), {0: GENOME})
    samples = output.findings["weight_samples"]
    assert [row["step"] for row in samples] == list(range(2, 21, 2))
    assert samples[-1]["weights"] == output.findings["weights"]
    assert samples[0]["weights"] != samples[-1]["weights"]
    told = [row for row in bench.context.curve.rows() if "w 0>4" in row]
    assert [row["step"] for row in told] == list(range(2, 21, 2))
    assert told[-1]["w 0>4"] == output.findings["weights"]["4"][0]


def test_logits_learn_at_their_own_rate(bench, streams):
    """With the rate of everything else they would stay at one half, and guidance would be a coin flip."""
    space = make_space(streams, train_steps=30)
    own = from_blocks(FUSED, bench.run(space.evaluation(GENOME), {0: GENOME}).findings["weights"])
    slow = make_space(streams, train_steps=30, connection_learning_rate=0.01)
    shared = from_blocks(
        FUSED, bench.run(slow.evaluation(GENOME), {0: GENOME}, attempt="slow").findings["weights"]
    )
    assert np.std(list(own.values())) > 0.1
    assert np.std(list(shared.values())) < 0.05


def test_the_same_seed_gives_the_same_findings(bench, space):
    first = bench.run(space.evaluation(GENOME), {0: GENOME})
    assert first == bench.run(space.evaluation(GENOME), {0: GENOME}, attempt="again")
    assert first.findings != bench.run(space.evaluation(GENOME), {0: GENOME}, seed=2).findings


def test_several_seeds_average_scores_and_weights(bench, streams):
    space = make_space(streams, evaluation_seeds=2)
    listener = Listener()
    both = bench.run(space.evaluation(GENOME), {0: GENOME}, listener=listener)
    assert listener.steps[-1] == (12, 12)
    one = bench.run(make_space(streams).evaluation(GENOME), {0: GENOME}, attempt="one")
    assert both.findings["weights"] != one.findings["weights"]
    assert set(both.scores[0].metrics) == set(one.scores[0].metrics)


def on_few_clips(bench):
    """Every tenth clip of validation."""
    whole = bench.prepared.validation
    few = Part(whole.x[::10], whole.y[::10], whole.flow[::10])
    bench.prepared = bench.prepared._replace(validation=few)


def seen(bench):
    """The curve's rows that do not depend on the clock: validations and looks at connection weights."""
    rare = [
        {name: value for name, value in row.items() if name not in ("train_loss", "lr")}
        for row in bench.context.curve.rows()
    ]
    return [row for row in rare if len(row) > 1]


@pytest.mark.parametrize("job", ["evaluation", "several_seeds", "final"])
def test_stopped_at_any_moment_and_resumed_it_finds_the_same(bench, streams, job):
    """Before a step, between batches of a validation half-way, and while parts are left out."""
    values = {"train_steps": 2, "final_steps": 3, "evaluation_seeds": 2 if job == "several_seeds" else 1}
    space = make_space(streams, **values)
    on_few_clips(bench)
    proposal = space.final_evaluation(GENOME) if job == "final" else space.evaluation(GENOME)
    asked = 0

    def count():
        nonlocal asked
        asked += 1
        return False

    whole = bench.run(proposal, {0: GENOME}, listener=Listener(count))
    curve = seen(bench)
    assert asked > 2
    for stop in {*range(min(asked, 7)), asked - 1}:
        left = iter(range(stop))
        attempt = f"stopped {stop}"
        with pytest.raises(Stopped):
            bench.run(
                proposal, {0: GENOME}, attempt=attempt,
                listener=Listener(lambda left=left: next(left, None) is None),
            )  # fmt: skip
        assert bench.run(proposal, {0: GENOME}, attempt=attempt) == whole
        assert seen(bench) == curve


def test_stopped_while_parts_are_left_out_it_does_not_train_again(bench, space):
    on_few_clips(bench)
    parts = iter(range(9 + 4 + 5))  # past every step and scoring

    with pytest.raises(Stopped, match="left out"):
        bench.run(
            space.final_evaluation(GENOME), {0: GENOME},
            listener=Listener(lambda: next(parts, None) is None),
        )  # fmt: skip
    again = Listener()
    bench.run(space.final_evaluation(GENOME), {0: GENOME}, listener=again)
    assert {step for step, _ in again.steps} == {9}


def test_an_ablation_looks_at_every_class(bench, streams, monkeypatch):
    """Parts of a data set lie in order of their classes: the first clips would be of one or two."""
    monkeypatch.setattr(ablation, "MOST_CLIPS", 32)
    asked = []

    def watched(logits, labels, *rest):
        asked.append(labels)
        return score_logits(logits, labels, *rest)

    monkeypatch.setattr(ablation, "score_logits", watched)
    order = np.argsort(bench.prepared.validation.y, kind="stable")
    validation = bench.prepared.validation
    bench.prepared = bench.prepared._replace(
        validation=Part(validation.x[order], validation.y[order], validation.flow[order])
    )
    space = make_space(streams, final_steps=2)
    bench.run(space.final_evaluation(GENOME), {0: GENOME})
    classes = len(streams.summary.classes)
    for labels in asked:
        assert len(labels) == 32
        assert len(set(labels.tolist())) == classes


def test_the_final_training_holds_connection_weights_where_the_search_left_them(bench, streams):
    space = make_space(streams)
    given = {edge: 0.1 + 0.05 * place for place, edge in enumerate(FUSED.weighted)}
    output = bench.run(space.final_evaluation(GENOME, given), {0: GENOME})
    assert from_blocks(FUSED, output.findings["weights"]) == pytest.approx(given, abs=1e-4)
    learned = make_space(streams, final_connections="learned")
    assert "frozen" not in learned.final_evaluation(GENOME, given).arguments
    again = bench.run(learned.final_evaluation(GENOME, given), {0: GENOME}, attempt="learned")
    assert again.findings["weights"] != output.findings["weights"]


def test_the_final_training_says_what_it_can_do_without(bench, space):
    output = bench.run(space.final_evaluation(GENOME), {0: GENOME})
    found = output.findings["ablation"]
    assert set(found["stems"]) == {"0", "1", "2", "3"}
    assert set(found["connections"]) == {f"{source}>{target}" for source, target in FUSED.weighted}
    everything = [found["whole"], *found["stems"].values(), *found["connections"].values()]
    assert all(0 <= value <= 1 for value in everything)
    assert found["whole"] == pytest.approx(output.scores[0].metrics["accuracy"], abs=1e-4)
    assert len(set(everything)) > 1


def test_leaving_parts_out_gives_signs_of_life(bench, space, monkeypatch):
    """A final training looks at validation once for every part; silent all the while it would pass for one
    that hangs."""
    monkeypatch.setattr("searchengine.training.context.REPORT_SECONDS", 0.0)
    listener = Listener()
    bench.run(space.final_evaluation(GENOME), {0: GENOME}, listener=listener)
    assert listener.steps.count((9, 9)) > 1 + len(FUSED.stems) + len(FUSED.weighted)


def test_a_graph_without_any_weighted_connection_is_trained_too(bench, streams):
    space = make_space(streams, fewest_stems=2, most_stems=4)
    genome = to_json(LATE)
    output = bench.run(space.evaluation(genome), {0: genome})
    assert output.findings["weights"] == {}
    assert output.scores[0].metrics["weight_entropy"] == 0


def test_a_child_may_start_from_its_parents_weights(bench, space):
    given = dict.fromkeys(FUSED.weighted, 0.9)
    proposal = space.evaluation(GENOME)
    arguments = {**proposal.arguments, "start": by_block(FUSED, given), "connection_learning_rate": 1e-5}
    output = bench.run(replace(proposal, arguments=arguments), {0: GENOME})
    assert from_blocks(FUSED, output.findings["weights"]) == pytest.approx(given, abs=1e-3)


def test_flow_from_inside_the_network_trains(bench, streams):
    space = make_space(streams, flow="tvl1", train_steps=2)
    output = bench.run(space.evaluation(GENOME), {0: GENOME})
    assert output.scores[0].metrics["fitness"] > 0
    assert space.describe(GENOME, space.search_setting).inputs == ("clip",)


@pytest.mark.parametrize(("genome", "cost"), [(FUSED, 3), (LATE, 3)])
def test_cost_is_three_forwards_of_every_clip(space, genome, cost):
    value = to_json(genome)
    macs = space.describe(value, space.search_setting).macs
    assert space.evaluation(value).cost == cost * macs * 6 * 16
