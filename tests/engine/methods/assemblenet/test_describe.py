"""Parameters, multiply-adds and shapes of the published networks and two small ones, part by part."""

import pytest

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting
from searchengine.methods.assemblenet.describe import Frame, describe, edge_of
from searchengine.methods.assemblenet.genome import DEPTHS, Genome, admissible
from searchengine.methods.assemblenet.operators import fully_connected
from tests.engine.methods.assemblenet.published import (
    ASN50,
    ASN101,
    FUSED,
    LATE,
    PUBLISHED,
    SMALL,
    STEMS,
    TINY,
    clips,
    genome,
)


def within(network: Architecture, scope: str) -> int:
    """Parameters of a scope and what it holds."""
    return sum(
        costs.parameters
        for path, costs in network.costs_by_scope().items()
        if path == scope or (path.startswith(f"{scope}.r") and "." not in path[len(scope) + 1 :])
    )


def of_block(network: Architecture, number: int) -> int:
    return sum(node.parameters for node in network.nodes if node.name.startswith((f"block{number}.r",)))


def of_fusion(network: Architecture, number: int) -> int:
    return sum(node.parameters for node in network.nodes if node.name.startswith(f"block{number}.fuse."))


@pytest.mark.parametrize(
    ("found", "classes", "parameters"),
    [
        (ASN50, 339, 37_273_903), (ASN50, 157, 36_900_985),
        (ASN101, 339, 53_309_487), (ASN101, 157, 53_122_937),
        (genome(26, 128, STEMS, [(b.level, [*b.inputs], b.filters, b.dilation) for b in ASN50.blocks]), 339,
         20_530_735),
        (genome(38, 128, STEMS, [(b.level, [*b.inputs], b.filters, b.dilation) for b in ASN50.blocks]), 339,
         27_169_327),
    ],
)  # fmt: skip
def test_parameters_of_the_published_networks(found, classes, parameters):
    assert describe(found, clips(classes), PUBLISHED).parameters == parameters


def test_the_head_is_one_dense_layer():
    network = describe(ASN50, clips(339), PUBLISHED)
    head = sum(node.parameters for node in network.nodes if node.name.startswith("head."))
    assert network.parameters - head == 36_579_292


@pytest.mark.parametrize(
    ("found", "setting", "giga"),
    [
        (ASN50, clips(339), 250.453), (ASN101, clips(339), 397.195), (ASN50, clips(339, 64, 256), 654.244),
        (genome(26, 128, STEMS, [(b.level, [*b.inputs], b.filters, b.dilation) for b in ASN50.blocks]),
         clips(339), 134.128),
        (genome(38, 128, STEMS, [(b.level, [*b.inputs], b.filters, b.dilation) for b in ASN50.blocks]),
         clips(339), 196.606),
    ],
)  # fmt: skip
def test_multiply_adds_of_convolutions_in_one_clip(found: Genome, setting: Setting, giga: float):
    network = describe(found, setting, PUBLISHED)
    convolutions = sum(node.macs for node in network.nodes if node.kind == "conv")
    assert convolutions / 1e9 == pytest.approx(giga, abs=5e-4)


def test_shapes_keep_all_frames():
    network = describe(ASN50, clips(339), PUBLISHED)
    for stem in range(4):
        assert network.node(f"stem{stem}.pool").shape == (32, 32, 56, 56)
    last = {4: ("block4.r3", (128, 32, 56, 56)), 8: ("block8.r4", (256, 32, 28, 28)),
            12: ("block12.r6", (1024, 32, 14, 14)), 14: ("block14.r3", (2048, 32, 7, 7))}  # fmt: skip
    for name, shape in last.values():
        assert network.node(f"{name}.relu").shape == shape


def test_parameters_of_stems():
    network = describe(ASN50, clips(339), PUBLISHED)
    stems = [
        sum(node.parameters for node in network.nodes if node.name.startswith(f"stem{number}."))
        for number in range(4)
    ]
    assert stems == [9_952, 9_952, 3_200, 3_200]


@pytest.mark.parametrize(
    ("channels", "filters", "level", "modules", "parameters"),
    [(32, 32, 1, 3, 102_976), (128, 64, 2, 4, 585_728), (1024, 512, 4, 3, 17_061_888)],
)
def test_parameters_of_blocks(channels, filters, level, modules, parameters):
    """By the formula of the text, and in the published network where such a block stands."""
    middle = (64, 128, 256, 512)[level - 1]
    total = channels * 4 * filters + 8 * filters
    for index in range(modules):
        inputs = channels if index == 0 else 4 * filters
        total += (3 if index % 2 else 1) * inputs * filters + 2 * filters
        total += 9 * filters * middle + 2 * middle + middle * 4 * filters + 8 * filters
    assert total == parameters
    network = describe(ASN50, clips(339), PUBLISHED)
    here = {(32, 1): 4, (64, 2): 8, (512, 4): 14}[(filters, level)]
    assert of_block(network, here) == parameters


def test_a_block_of_level_three_has_its_published_size():
    assert of_block(describe(ASN50, clips(339), PUBLISHED), 13) == 8_343_552


def test_parameters_of_fusion_share_one_widening_a_channel_count():
    network = describe(ASN50, clips(339), PUBLISHED)
    assert [of_fusion(network, number) for number in (4, 6, 8, 12)] == [0, 4, 4_101, 32_772]


def test_the_sum_of_filters_is_kept_and_parameters_are_not():
    def alone(blocks):
        stems = [("rgb", 1), ("flow", 1)]
        levels = [(1, [0, 1], 64, 1), (2, [2], 64, 1)]
        return describe(genome(50, 128, stems, [*levels, *blocks]), clips(10), PUBLISHED)

    whole = alone([(3, [3], 512, 1), (4, [4], 512, 1)])
    halves = alone([(3, [3], 256, 1), (3, [3], 256, 1), (4, [4, 5], 512, 1)])
    assert of_block(whole, 4) == 22_451_200
    assert of_block(halves, 4) + of_block(halves, 5) == 16_687_104
    apart = alone([(3, [3], 256, 1), (4, [4], 256, 1), (4, [4], 256, 1)])
    assert of_block(alone([(3, [3], 256, 1), (4, [4], 512, 1)]), 5) == 17_061_888
    assert of_block(apart, 5) + of_block(apart, 6) == 14_967_808
    blocks = [(b.level, [*b.inputs], b.filters, b.dilation) for b in ASN50.blocks]
    merged = genome(50, 128, STEMS, [*blocks[:8], (3, [4, 8, 9, 10, 11], 512, 1), (4, [12], 512, 2)])
    assert describe(merged, clips(339), PUBLISHED).parameters == 45_659_436


def test_level_totals_and_connections_of_the_published_network():
    assert [ASN50.total(level) for level in (1, 2, 3, 4)] == [128, 256, 512, 512]
    assert len(list(ASN50.edges)) == 30
    possible = list(admissible(ASN50))
    assert len(possible) == 86
    by_level = [sum(ASN50.nodes[target].level == level for _, target in possible) for level in (1, 2, 3, 4)]
    assert by_level == [16, 32, 24, 14]


def test_connections_are_cheap():
    network = describe(fully_connected(ASN50), clips(339), PUBLISHED)
    assert network.parameters == 37_749_097
    convolutions = sum(node.macs for node in network.nodes if node.kind == "conv")
    assert convolutions / 1e9 == pytest.approx(254.358, abs=5e-4)


def test_the_small_networks():
    late = describe(LATE, TINY, SMALL)
    assert late.parameters == 44_084
    parts = [sum(n.parameters for n in late.nodes if n.name.startswith(f"stem{s}.")) for s in (0, 1)]
    assert parts == [100, 80]
    assert [of_block(late, number) for number in (2, 4, 6, 8)] == [816, 3_328, 3_968, 12_800]
    heads = {
        name: sum(n.parameters for n in late.nodes if n.name.startswith(name)) for name in ("head8", "head9")
    }
    assert heads == {"head8": 1_040, "head9": 1_040}
    fused = describe(FUSED, TINY, SMALL)
    assert fused.parameters == 59_306
    assert [of_block(fused, number) for number in range(4, 10)] == [776, 776, 3_328, 3_328, 9_440, 36_800]
    assert [of_fusion(fused, number) for number in range(4, 10)] == [2, 2, 35, 34, 515, 2_050]
    assert (len(list(FUSED.edges)), len(list(admissible(FUSED)))) == (14, 37)


def test_every_weighted_connection_has_a_place_of_its_own():
    for found, frame, setting in ((ASN50, PUBLISHED, clips(10)), (FUSED, SMALL, TINY)):
        network = describe(found, setting, frame)
        places = edge_of(found)
        assert tuple(places) == found.weighted
        assert len(set(places.values())) == len(places)
        for (source, _), (name, place) in places.items():
            node = network.node(name)
            assert node.kind == "weighted_sum"
            assert node.parameter_group == "connection"
            read = node.inputs[place]
            stem = found.nodes[source].is_stem
            own = f"{'stem' if stem else 'block'}{source}."
            assert read.startswith(own) or read.endswith(f".fit{source}")


def test_no_layer_strides_over_time_and_no_block_is_without_temporal_convolution():
    for depth in DEPTHS:
        blocks = [(b.level, [*b.inputs], b.filters, b.dilation) for b in ASN50.blocks]
        network = describe(genome(depth, 128, STEMS, blocks), clips(10, 8, 64), PUBLISHED)
        assert all(node.shape[1] == 8 for node in network.nodes if len(node.shape) == 4)
        for block in ASN50.blocks:
            temporal = [
                node
                for node in network.nodes
                if node.name.startswith(f"block{block.id}.r")
                and node.kind == "conv"
                and node.arguments["kernel"][0] == 3
            ]
            assert temporal
            assert {node.arguments["dilation"][0] for node in temporal} == {block.dilation}


@pytest.mark.parametrize("side", [32, 40, 56, 64, 100, 112, 224])
def test_any_side_fuses(side):
    describe(ASN50, clips(10, 8, side), PUBLISHED)


def test_flow_may_come_from_inside_the_network():
    setting = Setting({"clip": (1, 8, 16, 16)}, 16)
    network = describe(FUSED, setting, Frame(flow="tvl1"))
    assert network.inputs == ("clip",)
    assert network.parameters == 59_306
    assert sum(node.kind == "tvl1_flow" for node in network.nodes) == 1
    with pytest.raises(InfeasibleArchitecture, match="the data has no flow"):
        describe(FUSED, setting, SMALL)


def test_a_softmax_over_frames_has_the_same_parameters():
    network = describe(ASN50, clips(339), Frame(scale="published", head="frame_softmax"))
    assert network.parameters == 37_273_903
    assert network.nodes[-1].kind == "frame_softmax"
