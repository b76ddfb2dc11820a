"""EvaNet's jobs on real clips: scores, seeds, inheritance, resuming, the ensemble."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from searchengine.core.errors import Stopped
from searchengine.core.jobs import Proposal
from searchengine.core.setting import Fidelity
from searchengine.data.batches import Batches
from searchengine.data.prepare import prepare
from searchengine.methods.evanet.genome import to_json
from searchengine.methods.evanet.handmade import hand_made
from searchengine.methods.evanet.params import EvaNetParams
from searchengine.methods.evanet.space import EvaNetSpace
from searchengine.nets.build import build
from searchengine.training.metrics import logits_of, score_logits
from tests.engine.methods.bench import Bench, Listener
from tests.engine.methods.evanet.bars import moving_bars


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return moving_bars(folder), folder / "data"


@pytest.fixture
def bench(manifest, tmp_path):
    found, root = manifest
    return Bench(tmp_path, root, found.summary.fingerprint)


@pytest.fixture
def space(manifest):
    return make_space(manifest)


def make_space(manifest, **values):
    params = EvaNetParams.parse(
        {"train_steps": 6, "final_steps": 12, "batch": 16, "final_batch": 16, **values}
    )
    return EvaNetSpace(params, manifest[0].summary)


def genome_of(space, name):
    return to_json(hand_made(name, space.bounds))


def train(bench, space, name="conv3d", **more):
    genome = genome_of(space, name)
    return bench.run(space.evaluation(genome), {0: genome}, **more)


def test_an_evaluation_scores_top_one_plus_top_k_on_validation(bench, space):
    output = train(bench, space)
    metrics = output.scores[0].metrics
    assert metrics["fitness"] == pytest.approx(metrics["accuracy"] + metrics["top_k"])
    assert metrics["top_k"] >= metrics["accuracy"]
    network = space.describe(genome_of(space, "conv3d"), bench.prepared.summary.setting())
    assert (metrics["parameters"], metrics["flops"]) == (network.parameters, network.macs)
    build(network).load_state_dict(load_file(bench.store.path(output.artifacts["weights"])), strict=True)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(bench, space):
    assert train(bench, space) == train(bench, space, attempt="again")
    assert train(bench, space).artifacts != train(bench, space, seed=2).artifacts


def test_several_seeds_are_averaged(bench, manifest):
    space = make_space(manifest, evaluation_seeds=2)
    listener = Listener()
    both = train(bench, space, listener=listener).scores[0].metrics
    assert listener.steps[-1] == (12, 12), "progress counts the steps of all trainings"
    one = train(bench, make_space(manifest), attempt="one").scores[0].metrics
    assert both != one
    assert both["parameters"] == one["parameters"]


@pytest.mark.parametrize("stop_after", [2, 9])
def test_trainings_of_several_seeds_resume_as_if_never_stopped(bench, manifest, stop_after):
    space = make_space(manifest, evaluation_seeds=3)
    whole = train(bench, space, attempt="whole")
    asked = iter(range(10**6))
    with pytest.raises(Stopped):
        train(bench, space, attempt="cut", listener=Listener(lambda: next(asked) >= stop_after))
    assert train(bench, space, attempt="cut") == whole


def test_a_child_starts_from_its_parents_weights_where_names_and_shapes_agree(bench, manifest):
    space = make_space(manifest, inherit_weights=True, train_steps=1, learning_rate=1e-5, weight_decay=0.0)
    parent = train(bench, space, "itgm", seed=3)
    weights = load_file(bench.store.path(parent.artifacts["weights"]))
    child = genome_of(space, "itgm")
    child["stem"]["t"] = 3  # iTGM keeps its shapes
    child["blocks"][2]["branches"] = child["blocks"][2]["branches"][:1]
    proposal = space.evaluation(child)
    output = bench.run(proposal, {0: child}, seed=4, inputs={"parent": parent.artifacts["weights"]})
    found = load_file(bench.store.path(output.artifacts["weights"]))
    scratch = load_file(
        bench.store.path(bench.run(proposal, {0: child}, seed=4, attempt="own").artifacts["weights"])
    )
    for name in ("stem.conv.spatial", "stem.conv.center", "block1.r1.branch1.reduce.weight"):
        assert torch.allclose(found[name], weights[name], atol=1e-3)
        assert not torch.allclose(scratch[name], weights[name], atol=1e-3)
    assert found["block3.r1.branch1.conv.spatial"].shape != weights["block3.r1.branch1.conv.spatial"].shape


def test_final_training_shows_itgm_layers_before_and_after_and_times_nothing_into_the_score(bench, space):
    genome = genome_of(space, "itgm")
    output = bench.run(space.final_evaluation(genome), {0: genome})
    layers = output.findings["itgm"]
    assert layers[0]["layer"] == "stem.conv"
    first = layers[0]
    assert first["frames"] == 7
    for when in ("before", "after"):
        assert np.array(first[when]["profiles"]).shape == (4, 7)
        assert np.allclose(np.sum(first[when]["profiles"], axis=1), 1, atol=1e-3)
        assert all(0 <= middle <= 6 for middle in first[when]["mu"])
        assert all(levels == sorted(levels) for levels in first[when]["tau"])
    assert first["before"] != first["after"]
    assert "latency_ms" not in output.scores[0].metrics
    assert bench.context.curve.rows()[-1]["latency_ms"] > 0


def test_what_is_shown_before_training_is_what_training_started_from(bench, manifest):
    still = make_space(manifest, final_steps=1, final_learning_rate=1e-5)
    genome = genome_of(still, "itgm")
    (first, *_) = bench.run(still.final_evaluation(genome), {0: genome}).findings["itgm"]
    assert first["before"]["mu"] == pytest.approx(first["after"]["mu"], abs=2e-3)
    assert np.allclose(first["before"]["tau"], first["after"]["tau"], atol=2e-3)


def test_an_ensemble_averages_logits_before_softmax(bench, space):
    genomes = {3: genome_of(space, "conv3d"), 5: genome_of(space, "itgm")}
    trained = {n: bench.run(space.evaluation(g), {n: g}, attempt=f"a{n}") for n, g in genomes.items()}
    weights = {str(number): output.artifacts["weights"] for number, output in trained.items()}
    proposal = Proposal(
        "ensemble", (3, 5), fidelity=Fidelity(), arguments={"space_params": space.space_params()}
    )
    output = bench.run(proposal, genomes, inputs=weights)
    batches = Batches(bench.prepared.validation, bench.prepared.manifest, torch.device("cpu"))
    logits = []
    for number, genome in genomes.items():
        network = build(space.describe(genome, bench.prepared.summary.setting()))
        network.load_state_dict(load_file(bench.store.path(weights[str(number)])))
        logits.append(logits_of(network, batches))
    expected = score_logits(torch.stack(logits).mean(0), batches.labels(slice(None))).metrics
    found = output.findings["ensemble"]
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    for number in genomes:
        assert output.scores[number].metrics["accuracy"] == trained[number].scores[number].metrics["accuracy"]


def test_no_job_can_reach_the_test_part(bench):
    """What opens it is not even loaded where jobs run, and what a job is handed does not hold it."""
    check = (
        "import sys, searchengine.methods.evanet.evaluate;"
        " sys.exit(any(name in sys.modules for name in"
        " ('searchengine.data.judging', 'searchengine.judging.judge')))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
    assert bench.prepared._fields == ("manifest", "train", "validation")


@pytest.mark.timeout(240)
def test_one_frame_says_nothing_about_the_class(tmp_path, built_in_root):
    """On the built-in moving digits a network that never mixes frames stays at chance, one that does not."""
    found = prepare("digits-motion", built_in_root)
    space = EvaNetSpace(EvaNetParams(train_steps=50), found.summary)
    bench = Bench(tmp_path, built_in_root, found.summary.fingerprint)
    flat = train(bench, space, "flat", attempt="flat").scores[0].metrics["accuracy"]
    timed = train(bench, space, "conv3d", attempt="timed").scores[0].metrics["accuracy"]
    assert flat < 0.18, "chance is 0.125"
    assert timed > 0.3
