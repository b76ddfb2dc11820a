"""Hand-computed sizes of the described networks, and what their graphs promise to drawing and source."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting
from searchengine.methods.evanet.describe import Mixture, describe
from searchengine.methods.evanet.genome import Bounds, parse, to_json
from searchengine.methods.evanet.handmade import hand_made
from searchengine.methods.evanet.operators import random_genome
from tests.engine.methods.evanet.formula import parameters
from tests.engine.methods.evanet.published import (
    FULL3D,
    ITGM,
    MIXED,
    R1,
    R2,
    SMALL_CLIPS,
    TINY,
    conv,
    conv2,
    genome,
    large_clips,
    point,
    pool,
)

DEMO = Bounds("resnet", 3, 4, 1, (1, 3, 5, 7), 4, 2)


def network(value, setting=SMALL_CLIPS):
    return describe(parse(value), setting)


@pytest.mark.parametrize(
    ("value", "classes", "count"),
    [(R1, 400, 32_804_188), (R1, 51, 32_089_785), (R2, 400, 40_296_514), (R2, 51, 39_581_413)],
)
def test_published_networks_have_their_parameters(value, classes, count):
    assert network(value, large_clips(classes)).parameters == count == parameters(value, classes)


@pytest.mark.parametrize(
    ("value", "giga", "widths"),
    [(R1, 142.708, (256, 510, 1024, 2046)), (R2, 100.9997, (255, 510, 1023, 2048))],
    ids=["R1", "R2"],
)
def test_published_networks_have_their_multiply_adds_widths_and_shapes(value, giga, widths):
    found = network(value, large_clips(400))
    assert found.macs / 1e9 == pytest.approx(giga, abs=5e-4)
    last = [f"block{i + 1}.r{block['repeats']}.relu" for i, block in enumerate(value["blocks"])]
    assert tuple(found.node(name).shape[0] for name in last) == widths
    assert found.node(found.features[0]).shape == (widths[-1], 16, 7, 7)
    assert found.node(found.output).shape == (400,)


def test_the_first_published_network_part_by_part():
    found = network(R1, large_clips(400))
    parts = {path: costs.parameters for path, costs in found.costs_by_scope().items()}
    assert parts["stem"] == 3 * 32 * 3 + 64 + 32 * 64 * 49 + 128 == 100_704 + 128
    assert (parts["block1.r1"], parts["block1.r2"]) == (103_552, 123_520)
    assert (parts["block1.r1.shortcut"], parts["block1.r1.branch1"], parts["block1.r1.branch2"]) == (
        16_896, 78_208, 8_448,
    )  # fmt: skip
    assert parts["block1.r2.branch1"] == (256 * 64 + 128) + (73_728 + 256)
    assert parts["block1.r2.branch2"] == 256 * 128 + 256
    assert parts["head"] == 2046 * 400 + 400 == 818_800


def test_time_is_off_in_convolutions_of_every_second_repeat():
    """Block 3 of R1 alternates by exactly the temporal parameters of one iTGM layer."""
    found = network(R1, large_clips(400))
    parts = found.costs_by_scope()
    sizes = [parts[f"block3.r{repeat}"].parameters for repeat in range(1, 6)]
    assert sizes == [1_409_544, 1_214_720, 1_345_800, 1_214_720, 1_345_800]
    assert sizes[2] - sizes[1] == 128 * 256 * 4 + 8 == 131_080
    kinds = [found.node(f"block3.r{repeat}.branch3.conv").kind for repeat in range(1, 6)]
    assert kinds == ["itgm", "conv", "itgm", "conv", "itgm"]
    windows = [found.node(f"block3.r{repeat}.branch1.pool").arguments["kernel"] for repeat in range(1, 6)]
    assert windows == [(7, 3, 3)] * 5, "pools keep their time in every repeat"


def with_full_3d(value):
    changed = copy.deepcopy(value)
    for block in changed["blocks"]:
        for branch in block["branches"]:
            for gene in ("op", "op2"):
                if branch.get(gene) == ITGM:
                    branch[gene] = FULL3D
    return changed


def test_itgm_saves_parameters_where_it_sees_time_and_no_multiply_adds():
    full = network(with_full_3d(R1), large_clips(400))
    assert full.parameters == 47_770_028
    assert full.parameters - network(R1, large_clips(400)).parameters == 14_965_840
    assert full.macs == network(R1, large_clips(400)).macs
    assert network(with_full_3d(R2), large_clips(400)).parameters == 40_296_514


def test_the_tiny_network_part_by_part():
    found = network(TINY)
    parts = {path: costs.parameters for path, costs in found.costs_by_scope().items()}
    assert found.parameters == 26_196 == parameters(TINY, 8)
    assert found.node("stem.conv").parameters == 36 + 16 + 8 == 60
    names = ("stem", "block1.r1", "block1.r2", "block2.r1", "block3.r1", "head")
    assert tuple(parts[name] for name in names) == (60 + 8, 608, 520, 6_784, 17_696, 520)
    shapes = [
        found.node(name).shape for name in ("stem.relu", "block1.r2.relu", "block2.r1.relu", "block3.r1.relu")
    ]
    assert shapes == [(4, 8, 8, 8), (16, 8, 8, 8), (32, 8, 4, 4), (64, 8, 2, 2)]


@pytest.mark.parametrize("t", [3, 5, 7])
def test_hand_made_itgm_networks_have_the_same_parameters_for_every_length(t):
    bounds = DEMO._replace(temporal_sizes=(t,))
    assert describe(hand_made("itgm", bounds), SMALL_CLIPS).parameters == 22_604


def test_a_factored_convolution_goes_over_time_first():
    found = network(genome((MIXED, 5), {}, (1, [conv(MIXED, 3)]), width=4, in_channels=1))
    first, second = found.node("stem.conv_time"), found.node("stem.conv_space")
    assert (first.arguments["kernel"], second.arguments["kernel"]) == ((5, 1, 1), (1, 3, 3))
    assert (first.shape[0], second.shape[0]) == (2, 4)
    assert second.inputs == ("stem.conv_time_relu",)


def test_the_sum_is_rectified_after_the_shortcut_and_no_branch_before():
    found = network(TINY)
    total = found.node("block1.r1.sum")
    assert {found.node(name).kind for name in total.inputs} == {"concat", "norm"}
    assert {found.node(name).kind for name in found.node("block1.r1.concat").inputs} == {"norm"}
    assert found.consumers["block1.r1.sum"] == ("block1.r1.relu",)
    assert found.node("block1.r2.sum").inputs == ("block1.r2.concat", "block1.r1.relu"), "identity later on"


def test_floored_widths_go_on_into_shortcut_and_next_block():
    value = genome((FULL3D, 1), {"p1": 1}, (1, [point()] * 3), (1, [point()]), width=4, in_channels=1)
    found = network(value)
    assert found.node("block1.r1.relu").shape[0] == 15
    assert found.node("block1.r1.shortcut.conv").shape[0] == 15
    assert found.node("block2.r1.branch1.conv").input_shapes[0][0] == 15


def test_repeats_carry_what_drawing_and_source_collapse_by():
    found = network(R1, large_clips(400))
    scopes = {node.scope[0].name: node.scope[0] for node in found.nodes if node.scope}
    third = [scopes[f"block3.r{repeat}"] for repeat in range(1, 6)]
    assert [(one.repeat, one.of) for one in third] == [(repeat, 5) for repeat in range(1, 6)]
    assert [one.variant for one in third] == ["first, timed", "untimed", "timed", "untimed", "timed"]
    second = [scopes[f"block2.r{repeat}"].variant for repeat in range(1, 5)]
    assert second == ["first, timed", "untimed", "timed", "untimed"]
    first = [scopes[f"block1.r{repeat}"].variant for repeat in (1, 2)]
    assert first == ["first, untimed", "untimed"], (
        "a block whose convolutions see one frame has one kind of repeat"
    )
    assert "floored" in found.resizable


def test_the_head_averages_two_frames_classifies_and_averages_time():
    found = network(TINY)
    assert found.node("head.pool").arguments["kernel"] == (2, 2, 2)
    assert found.node("head.conv").shape == (8, 7, 1, 1)
    assert found.node("head.conv").arguments["bias"]
    assert found.node("head.dropout").arguments["rate"] == 0.5
    assert "head.dropout" not in describe(parse(TINY), SMALL_CLIPS, Mixture(dropout=0.0)).by_name


def inception(modules, width=64, in_channels=3):
    pools = {} if len(modules) == 9 else dict.fromkeys(("p1", "p3")[: len(modules) - 1], 3)
    blocks = [(1, branches) for branches in modules]
    return genome((FULL3D, 7), pools, *blocks, width=width, in_channels=in_channels, meta="inception")


def test_the_full_inception_frame_has_the_widths_and_shapes_of_i3d():
    found = network(
        inception([[point(), conv(FULL3D, 3), pool(3), conv2(ITGM, 3, MIXED, 3)]] * 9), large_clips(400)
    )
    names = ("3b", "3c", "4b", "4c", "4d", "4e", "4f", "5b", "5c")
    shapes = [found.node(f"module{name}.concat").shape for name in names]
    assert [shape[0] for shape in shapes] == [256, 480, 512, 512, 512, 528, 832, 832, 1024]
    assert [shape[1:] for shape in shapes] == [(32, 28, 28)] * 2 + [(16, 14, 14)] * 5 + [(8, 7, 7)] * 2
    assert (found.node("stem.relu").shape, found.node("stem2.relu").shape) == (
        (64, 32, 112, 112),
        (192, 32, 56, 56),
    )


def test_inception_modules_rectify_every_branch_and_have_no_residual():
    found = network(inception([[point(), conv(FULL3D, 3)]] * 3, width=4, in_channels=1))
    assert not [node for node in found.nodes if node.kind == "add"]
    assert {found.node(name).kind for name in found.node("block1.concat").inputs} == {"activation"}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_parameters_follow_the_formula_for_any_genome(seed):
    drawn = random_genome(DEMO._replace(max_repeats=6, width=5), np.random.default_rng(seed))
    assert describe(drawn, SMALL_CLIPS).parameters == parameters(to_json(drawn), 8)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (Setting({"image": (1, 16, 16)}, 8), "input named clip"),
        (Setting({"clip": (3, 8, 16, 16)}, 8), "the genome is for 1 input channels, the clips have 3"),
        (Setting({"clip": (1, 8, 4, 4)}, 8), "pool2_p3"),
    ],
)
def test_data_that_does_not_fit_is_refused_in_words(setting, words):
    with pytest.raises(InfeasibleArchitecture, match=words):
        network(TINY, setting)
