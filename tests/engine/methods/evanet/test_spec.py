"""What EvaNet declares: presets, parameters in words, what data it takes, its space for controls."""

import dataclasses

import numpy as np
import pytest

from searchengine import catalogue
from searchengine.core.errors import DataRefused, InvalidParams
from searchengine.core.params import knobs
from searchengine.core.setting import DataSummary, Fidelity
from searchengine.driver import control_plan, make_plan
from searchengine.methods.evanet.handmade import HAND_MADE
from searchengine.methods.evanet.params import SPACE_KNOBS, EvaNetParams
from searchengine.methods.evanet.spec import METHOD
from searchengine.nets.build import build_on_meta
from searchengine.testing.rehearsal import Rehearsal
from tests.engine.methods.evanet.formula import parameters
from tests.engine.methods.evanet.published import SMALL_DATA

VIDEOS = DataSummary(
    "videos", "Videos", "1" * 32, "clips", (3, 64, 224, 224), tuple(f"c{i}" for i in range(400)),
    {"train": 10_000, "validation": 2_000, "test": 2_000},
)  # fmt: skip


def test_the_demo_is_the_default_and_asks_for_fifty_evaluations():
    assert EvaNetParams.parse(dict(METHOD.presets["demo"].values)) == EvaNetParams()
    assert METHOD.planned(EvaNetParams()) == 50
    assert METHOD.presets["demo"].window == 8


def test_the_paper_preset_holds_the_published_space():
    params = EvaNetParams.parse(dict(METHOD.presets["paper"].values))
    assert (params.population, params.sample_size, params.rounds) == (50, 12, 2000)
    assert (params.mutations_start, params.mutations_decay) == (5, 100)
    assert params.temporal_sizes == (1, 3, 5, 7, 9, 11)
    assert (params.width, params.blocks, params.max_branches, params.max_repeats) == (64, 4, 6, 6)


@pytest.mark.parametrize("meta", ["resnet", "inception"])
def test_networks_of_the_paper_preset_are_built_at_their_widths(meta):
    params = EvaNetParams.parse({**METHOD.presets["paper"].values, "meta": meta})
    space = METHOD.space(params, VIDEOS)
    rng = np.random.default_rng(4)
    for _ in range(2):
        genome = space.random(rng)
        space.check(genome)
        architecture = space.describe(genome, VIDEOS.setting())
        network = build_on_meta(architecture)
        assert sum(p.numel() for p in network.parameters()) == architecture.parameters
        if meta == "resnet":
            assert architecture.parameters == parameters(genome, 400)
            assert architecture.node(architecture.features[0]).shape[1:] == (16, 7, 7)


def test_candidates_of_the_paper_preset_see_half_the_resolution():
    space = METHOD.space(EvaNetParams.parse(dict(METHOD.presets["paper"].values)), VIDEOS)
    genome = space.random(np.random.default_rng(0))
    assert space.evaluation(genome).fidelity == Fidelity(resolution=2, steps=10_000)
    assert space.final_evaluation(genome).fidelity == Fidelity(steps=47_000)
    assert space.search_setting.inputs["clip"] == (3, 64, 112, 112)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"temporal_sizes": [2, 3]}, "temporal_sizes", "odd sizes from 1 to 15"),
        ({"temporal_sizes": []}, "temporal_sizes", "odd sizes"),
        ({"temporal_sizes": [17]}, "temporal_sizes", "odd sizes"),
        ({"population": 3}, "population", "expected a whole number from 4 to 200, got 3"),
        ({"population": "10"}, "population", "got '10'"),
        ({"population": 5, "sample_size": 6}, "sample_size", "sample_size 6 is larger than the population 5"),
        ({"meta": "vgg"}, "meta", "choose one of resnet, inception"),
        ({"profile": "box"}, "profile", "choose one of release, cauchy, gaussian"),
        ({"width": 1}, "width", "from 2 to 128"),
        ({"arrival": True}, "arrival", "there is no such parameter"),
    ],
)
def test_wrong_parameters_are_refused_in_words(values, field, words):
    with pytest.raises(InvalidParams) as refused:
        EvaNetParams.parse(values)
    assert words in refused.value.fields[field]


def test_every_knob_has_full_words_a_help_and_a_group():
    for view in knobs(EvaNetParams):
        assert len(view.name) > 3
        assert view.help.endswith(".")
        assert view.group in ("evolution", "space", "training", "final", "limits")


@pytest.mark.parametrize(
    ("values", "field"),
    [({"blocks": 4}, "blocks"), ({"max_parameters": 100}, "max_parameters"), ({"max_macs": 100}, "max_macs")],
)
def test_parameters_no_network_can_meet_are_refused_at_launch(values, field):
    with pytest.raises(InvalidParams) as refused:
        METHOD.space(EvaNetParams.parse(values), SMALL_DATA)
    assert field in refused.value.fields


def test_pictures_and_too_small_clips_are_refused():
    images = dataclasses.replace(SMALL_DATA, modality="images", shape=(1, 16, 16))
    assert "searches on clips" in METHOD.accepts.refusal(images)
    with pytest.raises(DataRefused):
        METHOD.space(EvaNetParams(), images)
    assert "at least 8 pixels" in METHOD.accepts.refusal(dataclasses.replace(SMALL_DATA, shape=(1, 8, 4, 4)))


def test_the_same_space_reaches_a_worker_from_the_proposals_arguments(space):
    genome = space.random(np.random.default_rng(1))
    proposal = space.evaluation(genome)
    there = catalogue.space("evanet", proposal.arguments["space_params"], SMALL_DATA)
    setting = SMALL_DATA.setting()
    assert there.describe(genome, setting) == space.describe(genome, setting)
    assert set(proposal.arguments["space_params"]) == set(SPACE_KNOBS)


def test_profiles_and_dropout_of_the_search_reach_the_network():
    params = EvaNetParams(profiles=2, profile="gaussian", dropout=0.0)
    space = METHOD.space(params, SMALL_DATA)
    genome = METHOD.examples[HAND_MADE["itgm"].title](params, SMALL_DATA)
    stem = space.describe(genome, SMALL_DATA.setting()).node("stem.conv")
    assert (stem.arguments["profiles"], stem.arguments["profile"]) == (2, "gaussian")


def test_cost_is_multiply_adds_of_all_training_passes(space):
    genome = METHOD.examples[HAND_MADE["flat"].title](EvaNetParams(), SMALL_DATA)
    macs = space.describe(genome, SMALL_DATA.setting()).macs
    assert space.evaluation(genome).cost == 3 * macs * 32 * 80
    assert space.final_evaluation(genome).cost == 3 * macs * 32 * 240


@pytest.mark.parametrize("name", list(METHOD.examples))
def test_examples_are_genomes_of_the_space(space, name):
    space.check(METHOD.examples[name](EvaNetParams(), SMALL_DATA))


def test_mutations_of_the_space_differ_and_stay_within_its_limits():
    space = METHOD.space(EvaNetParams(max_parameters=15_000), SMALL_DATA)
    rng = np.random.default_rng(2)
    genome = space.random(rng)
    for _ in range(30):
        child = space.mutate(genome, rng)
        assert space.key(child.genome) != space.key(genome)
        assert space.describe(child.genome, SMALL_DATA.setting()).parameters <= 15_000
        assert child.changes
        genome = child.genome


@pytest.mark.parametrize("control", ["random_search", "regularized_evolution"])
def test_controls_search_the_same_space_at_equal_evaluations(control):
    plan = make_plan("evanet", SMALL_DATA, seed=2, values={"rounds": 10, "baselines": False})
    beside = Rehearsal(control_plan(plan, control=control)).run()
    own = Rehearsal(plan).run()
    jobs = [job for job in beside.jobs if job.phase == "search"]
    assert len(jobs) == len([job for job in own.jobs if job.phase == "search" and job.reuse_of is None]) == 20
    assert {job.evaluator for job in beside.jobs} == {"evanet"}
    assert {job.protocol for job in jobs} == {job.protocol for job in own.jobs if job.kind == "train"}
    finals = [job for job in beside.jobs if job.phase == "final"]
    assert {job.kind for job in finals} == {"retrain"}
    assert {job.protocol for job in finals} == {job.protocol for job in own.jobs if job.kind == "retrain"}
