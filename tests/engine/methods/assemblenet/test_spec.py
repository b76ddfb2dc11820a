"""What AssembleNet declares: presets, parameters in words, what data it takes, its space for controls."""

from dataclasses import replace

import numpy as np
import pytest

from searchengine import catalogue
from searchengine.core.errors import DataRefused, InvalidGenome, InvalidParams
from searchengine.core.params import knobs
from searchengine.core.setting import DataSummary, Fidelity
from searchengine.driver import control_plan, make_plan
from searchengine.methods.assemblenet.genome import parse, to_json
from searchengine.methods.assemblenet.handmade import two_streams
from searchengine.methods.assemblenet.params import SPACE_KNOBS, AssembleNetParams
from searchengine.methods.assemblenet.spec import METHOD
from searchengine.testing.rehearsal import Rehearsal
from tests.engine.methods.assemblenet.published import ASN50, LATE, PAPER_BOUNDS, SMALL_BOUNDS, SMALL_DATA

VIDEOS = DataSummary(
    "videos", "Videos", "1" * 32, "clips", (3, 32, 224, 224), tuple(f"c{i}" for i in range(339)),
    {"train": 10_000, "validation": 2_000, "test": 2_000}, flow=True,
)  # fmt: skip
WITHOUT_FLOW = replace(SMALL_DATA, flow=False)


def params_of(preset: str, **values) -> AssembleNetParams:
    return AssembleNetParams.parse({**METHOD.presets[preset].values, **values})


@pytest.mark.parametrize(("preset", "evaluations"), [("demo", 28), ("overnight", 416), ("paper", 220)])
def test_presets_plan_their_evaluations(preset, evaluations):
    params = params_of(preset)
    assert METHOD.planned(params) == evaluations
    assert METHOD.planned(params.model_copy(update={"mode": "one_shot"})) == 2


def test_the_demo_is_the_default():
    assert params_of("demo") == AssembleNetParams()
    assert METHOD.demo_data == "digits-motion16"
    assert METHOD.accepts.refusal(SMALL_DATA) is None


def test_a_search_asks_for_as_many_evaluations_as_planned():
    run = Rehearsal(make_plan("assemblenet", SMALL_DATA, seed=1)).run()
    searched = [job for job in run.jobs if job.phase == "search"]
    assert len(searched) == 28
    assert {job.reuse_of for job in searched} == {None}, "every genome is new"
    assert len(run.jobs) == 28 + AssembleNetParams().finalists


def test_the_paper_preset_searches_graphs_of_the_published_size():
    space = METHOD.space(params_of("paper"), VIDEOS)
    assert space.bounds == PAPER_BOUNDS
    space.check(to_json(ASN50))
    network = space.describe(to_json(ASN50), VIDEOS.setting())
    assert network.parameters == 37_273_903
    assert network.nodes[-1].kind == "frame_softmax"
    rng = np.random.default_rng(0)
    sizes = []
    for _ in range(20):
        genome = space.random(rng)
        space.check(genome)
        graph = parse(genome)
        assert [graph.total(level) for level in (1, 2, 3, 4)] == [128, 256, 512, 512]
        sizes.append(space.describe(genome, VIDEOS.setting()).parameters)
    assert all(25e6 < size < 60e6 for size in sizes)
    assert min(sizes) < network.parameters < max(sizes)


def test_the_demo_searches_small_graphs_and_no_others():
    space = METHOD.space(AssembleNetParams(), SMALL_DATA)
    assert space.bounds == SMALL_BOUNDS
    with pytest.raises(InvalidGenome, match="depth: this search uses 26, got 50"):
        space.check(to_json(ASN50))


def test_candidates_of_the_paper_preset_see_half_the_resolution():
    space = METHOD.space(params_of("paper"), VIDEOS)
    genome = to_json(ASN50)
    short, final = space.evaluation(genome), space.final_evaluation(genome)
    assert short.fidelity == Fidelity(resolution=2, steps=10_000)
    assert final.fidelity == Fidelity(steps=90_000)
    assert space.search_setting.inputs == {"clip": (3, 32, 112, 112), "flow": (2, 32, 112, 112)}
    assert (short.arguments["batch"], short.arguments["optimiser"]) == (64, "sgd")
    assert short.arguments["connection_learning_rate"] == 10 * short.arguments["learning_rate"]
    assert final.arguments["flip"] is True


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"population": 5, "sample_size": 6}, "sample_size", "sample_size 6 is larger than the population 5"),
        ({"population": 3}, "population", "expected a whole number from 4 to 100, got 3"),
        ({"rounds": "20"}, "rounds", "got '20'"),
        ({"level_totals": [8, 16, 16]}, "level_totals", "expected four sums of filters"),
        ({"level_totals": [8, 16, 16, 32, 32]}, "level_totals", "expected four sums of filters"),
        ({"level_totals": [1, 16, 16, 32]}, "level_totals", "from 2 to 4096"),
        ({"most_blocks": [4, 4, 2]}, "most_blocks", "expected four numbers of blocks"),
        ({"most_blocks": [5, 4, 2, 1]}, "most_blocks", "from 1 to 4"),
        ({"dilations": [1, 3]}, "dilations", "expected distinct ones of 1, 2, 4, 8, got 1, 3"),
        ({"dilations": [1, 1]}, "dilations", "expected distinct ones"),
        ({"dilations": []}, "dilations", "got none"),
        ({"depth": 30}, "depth", "expected one of 26, 38, 50, 68, 77, 101, got 30"),
        ({"fewest_stems": 5}, "fewest_stems", "fewest_stems 5 is above most_stems 4"),
        ({"stem_total": 3}, "stem_total", "stem_total 3 leaves some of 4 stems without a channel"),
        ({"threshold": 1.5}, "threshold", "from 0 to 1"),
        ({"rewiring": "clever"}, "rewiring", "choose one of guided, random"),
        ({"scale": "large"}, "scale", "choose one of small, published"),
        ({"flow": "farneback"}, "flow", "choose one of auto, cached, tvl1"),
        ({"arrival": True}, "arrival", "there is no such parameter"),
    ],
)
def test_wrong_parameters_are_refused_in_words(values, field, words):
    with pytest.raises(InvalidParams) as refused:
        make_plan("assemblenet", SMALL_DATA, seed=1, values=values)
    assert list(refused.value.fields) == [field]
    assert words in refused.value.fields[field]


@pytest.mark.parametrize(
    ("values", "data", "field", "words"),
    [
        ({"scale": "published", "search_resolution": 4}, SMALL_DATA, "scale",
         "the published scale does not fit clips of 8 frames of 4×4 pixels"),
        ({"search_resolution": 8}, replace(SMALL_DATA, shape=(1, 8, 8, 8)), "scale",
         "the small scale does not fit clips of 8 frames of 1×1 pixels"),
        ({"flow": "cached"}, WITHOUT_FLOW, "flow", "holds no optical flow; prepare it with flow, or choose"),
        ({"max_parameters": 100}, SMALL_DATA, "max_parameters", "expected 0 (no limit) or about"),
        ({"max_macs": 100}, SMALL_DATA, "max_macs", "expected 0 (no limit) or about"),
        ({"max_macs": 10**6, "search_resolution": 2}, replace(SMALL_DATA, shape=(1, 8, 32, 32)), "max_macs",
         "got 1000000"),
    ],
)  # fmt: skip
def test_what_no_network_can_meet_is_refused_at_launch(values, data, field, words):
    with pytest.raises(InvalidParams) as refused:
        make_plan("assemblenet", data, seed=1, values=values)
    assert words in refused.value.fields[field]


def test_every_random_graph_fits_clips_that_a_launch_takes():
    """Odd sides on the way, which the kernels of the streams' pools halve alike."""
    rng = np.random.default_rng(0)
    for side in (10, 17, 34, 36, 50):
        data = replace(VIDEOS, shape=(3, 4, side, side + 1))
        space = METHOD.space(params_of("paper"), data)
        for _ in range(3):
            genome = space.random(rng)
            for setting in (space.search_setting, space.final_setting):
                assert space.describe(genome, setting).parameters > 10**7


def test_pictures_and_too_small_clips_are_refused():
    images = replace(SMALL_DATA, modality="images", shape=(1, 16, 16), flow=False)
    with pytest.raises(DataRefused, match="searches on clips; small-clips holds images"):
        make_plan("assemblenet", images, seed=1)
    with pytest.raises(DataRefused, match="AssembleNet searches on clips"):
        METHOD.space(AssembleNetParams(), images)
    with pytest.raises(DataRefused, match="sides of at least 8 pixels"):
        make_plan("assemblenet", replace(SMALL_DATA, shape=(1, 8, 16, 7)), seed=1)


def test_clips_with_several_labels_or_without_flow_are_taken():
    assert METHOD.accepts.refusal(replace(SMALL_DATA, labels="multi")) is None
    assert METHOD.accepts.refusal(WITHOUT_FLOW) is None
    assert METHOD.space(AssembleNetParams(), WITHOUT_FLOW).frame.flow == "tvl1"
    assert METHOD.space(AssembleNetParams(), SMALL_DATA).frame.flow == "cached"
    assert METHOD.space(AssembleNetParams(flow="tvl1"), SMALL_DATA).frame.flow == "tvl1"


def test_every_knob_has_full_words_a_help_and_a_group():
    for view in knobs(AssembleNetParams):
        assert len(view.name) > 3
        assert view.help.endswith(".")
        assert view.group in ("evolution", "space", "training", "final", "limits")


def test_the_same_space_reaches_a_worker_from_the_proposals_arguments():
    params = AssembleNetParams(head="frame_softmax", dropout=0.25, flow="tvl1", search_resolution=2)
    space = METHOD.space(params, SMALL_DATA)
    genome = space.random(np.random.default_rng(1))
    arguments = space.evaluation(genome).arguments
    assert set(arguments["space_params"]) == set(SPACE_KNOBS)
    there = catalogue.space("assemblenet", arguments["space_params"], SMALL_DATA)
    network = there.describe(genome, space.search_setting)
    assert network == space.describe(genome, space.search_setting)
    assert any(node.kind == "dropout" and node.arguments["rate"] == 0.25 for node in network.nodes)


def test_the_hand_made_example_never_crosses_its_streams():
    genome = METHOD.examples["Two streams, late fusion"](AssembleNetParams(), SMALL_DATA)
    assert METHOD.space(AssembleNetParams(), SMALL_DATA).describe(genome, SMALL_DATA.setting()).parameters
    assert two_streams(SMALL_BOUNDS._replace(most=(2, 2, 2, 2))) == LATE


@pytest.mark.parametrize("control", ["random_search", "regularized_evolution"])
def test_controls_search_the_same_space_at_equal_evaluations(control):
    plan = make_plan("assemblenet", SMALL_DATA, seed=2, values={"rounds": 10})
    beside = Rehearsal(control_plan(plan, control=control)).run()
    own = Rehearsal(plan).run()
    jobs = [job for job in beside.jobs if job.phase == "search"]
    assert len(jobs) == len([job for job in own.jobs if job.phase == "search" and job.reuse_of is None]) == 18
    assert {job.evaluator for job in beside.jobs} == {"assemblenet"}
    assert {job.protocol for job in jobs} == {job.protocol for job in own.jobs if job.kind == "train"}
    finals = [job for job in beside.jobs if job.phase == "final"]
    assert {job.kind for job in finals} == {"retrain"}
    assert not any("frozen" in job.arguments for job in finals), "a control has no weights to hold"


def test_its_own_control_differs_in_the_rewiring_alone():
    plan = make_plan("assemblenet", SMALL_DATA, seed=2, values={"rounds": 10})
    beside = control_plan(plan)
    assert {**beside.params, "rewiring": "guided"} == plan.params
    assert beside.params["rewiring"] == "random"
    own, other = Rehearsal(plan).run(), Rehearsal(beside).run()
    assert [birth.key for birth in own.births[:8]] == [birth.key for birth in other.births[:8]]
    assert [birth.key for birth in own.births[8:]] != [birth.key for birth in other.births[8:]]


def test_mutations_of_the_space_differ_and_stay_within_its_limits():
    space = METHOD.space(AssembleNetParams(max_parameters=60_000), SMALL_DATA)
    rng = np.random.default_rng(2)
    genome = space.random(rng)
    for _ in range(30):
        child = space.mutate(genome, rng)
        assert space.key(child.genome) != space.key(genome)
        assert space.describe(child.genome, SMALL_DATA.setting()).parameters <= 60_000
        space.check(child.genome)
        assert child.changes
        genome = child.genome
