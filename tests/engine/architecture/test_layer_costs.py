"""Parameters, multiply-adds and kept bytes of single layers, worked out by hand."""

from __future__ import annotations

import pytest

from searchengine.architecture.builder import Builder, Ref
from searchengine.architecture.graph import Node
from searchengine.core.setting import Setting


def builder(*shape: int) -> tuple[Builder, Ref]:
    b = Builder(Setting({"x": shape}, classes=2))
    return b, b.input("x")


def node(b: Builder, ref: Ref) -> Node:
    return b._nodes[ref.name]


def test_a_2d_convolution() -> None:
    b, x = builder(3, 10, 12)
    y = b.conv(x, 8, kernel=(3, 5), stride=2, bias=True)
    assert y.shape == (8, 5, 6)
    cost = node(b, y).cost
    assert cost.parameters == 8 * 3 * 15 + 8
    assert cost.macs == 8 * 3 * 15 * 5 * 6


def test_a_grouped_and_a_depthwise_convolution() -> None:
    b, x = builder(8, 6, 6)
    grouped = node(b, b.conv(x, 12, kernel=3, groups=4))
    assert (grouped.parameters, grouped.macs) == (12 * 2 * 9, 12 * 2 * 9 * 36)
    assert (grouped.role, grouped.entry.divisor(grouped.arguments, grouped.input_shapes)) == ("makes", 4)
    depthwise = node(b, b.conv(x, 8, kernel=3, groups=8))
    assert (depthwise.parameters, depthwise.role) == (72, "keeps")


@pytest.mark.parametrize(
    ("t", "conv3d", "conv2p1d", "itgm"),
    [
        (1, 36_864, 20_544, 36_864),
        (3, 110_592, 24_640, 53_256),
        (5, 184_320, 28_736, 53_256),
        (7, 258_048, 32_832, 53_256),
        (9, 331_776, 36_928, 53_256),
        (11, 405_504, 41_024, 53_256),
    ],
)
def test_space_time_layers_of_64_channels(t: int, conv3d: int, conv2p1d: int, itgm: int) -> None:
    b, x = builder(64, 11, 4, 4)
    full = node(b, b.conv(x, 64, kernel=(t, 3, 3)))
    mixed = node(b, b.itgm(x, 64, kernel=(t, 3, 3)))
    over_time = b.conv(x, 32, kernel=(t, 1, 1))
    normed = b.norm(over_time)
    over_space = b.conv(b.activation(normed), 64, kernel=(1, 3, 3))
    assert full.parameters == conv3d
    assert mixed.parameters == itgm
    assert sum(node(b, ref).parameters for ref in (over_time, normed, over_space)) == conv2p1d
    assert mixed.macs == full.macs == 64 * 64 * t * 9 * 11 * 4 * 4
    assert mixed.cost.kernel_macs == (64 * 64 * t * (4 + 9) if t > 1 else 0)


def test_the_stem_of_a_tiny_video_network() -> None:
    b, x = builder(1, 8, 16, 16)
    y = b.itgm(x, 4, kernel=(3, 3, 3), stride=(1, 2, 2))
    assert (y.shape, node(b, y).parameters) == ((4, 8, 8, 8), 60)


def test_norm_linear_and_layers_without_parameters() -> None:
    b, x = builder(6, 4, 4)
    assert node(b, b.norm(x)).parameters == 12
    for ref in (b.activation(x), b.pool(x, "max", kernel=2), b.add(x, x), b.concat(x, x), b.dropout(x, 0.5)):
        assert (node(b, ref).parameters, node(b, ref).macs) == (0, 0)
    m = b.mean(x, axes=("H", "W"))
    linear = node(b, b.linear(m, 5))
    assert (linear.parameters, linear.macs) == (35, 30)
    assert node(b, b.linear(m, 5, bias=False, name="plain")).parameters == 30


def test_a_maximum_over_time_and_space_keeps_the_maps_between_its_two_steps() -> None:
    b, x = builder(2, 4, 6, 6)
    cost = node(b, b.pool(x, "max", kernel=(3, 3, 3), stride=(1, 2, 2))).cost
    copy, after_space, after_time = 2 * 4 * 6 * 6, 2 * 4 * 3 * 3, 2 * 4 * 3 * 3
    assert (cost.kept_bytes, cost.keeps_inputs) == (4 * copy + after_space * (4 + 8) + after_time * 8, False)
    apart = node(b, b.pool(x, "max", kernel=(1, 2, 2))).cost
    assert (apart.kept_bytes, apart.keeps_inputs) == (after_space * 8, True)


def test_a_bomb_of_parameters_is_counted_before_anything_is_built() -> None:
    b, x = builder(3, 224, 224)
    wide = b.conv(x, 10**6, kernel=3)
    cost = node(b, b.conv(wide, 10**6, kernel=3)).cost
    assert (cost.parameters, cost.macs) == (9 * 10**12, 9 * 10**12 * 224**2)


def test_costs_of_equal_layers_are_worked_out_once() -> None:
    b, x = builder(8, 6, 6)
    assert node(b, b.conv(x, 8, kernel=3)).cost is node(b, b.conv(x, 8, kernel=(3, 3), padding=1)).cost


def test_a_dilated_convolution_reaches_further_and_costs_the_same() -> None:
    b, x = builder(3, 9, 8, 8)
    y = node(b, b.conv(x, 4, kernel=(3, 1, 1), dilation=(4, 1, 1)))
    assert y.shape == (4, 9, 8, 8)
    assert y.arguments["padding"] == (4, 0, 0)
    assert (y.parameters, y.macs) == (4 * 3 * 3, 4 * 3 * 3 * 9 * 64)
    assert (y.summary, node(b, b.conv(x, 4, kernel=3, dilation=2)).summary) == ("3×1×1 d4", "3×3×3 d2")
    assert b.conv(x, 4, kernel=(3, 1, 1), dilation=(4, 1, 1), padding=0).shape == (4, 1, 8, 8)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "windows"),
    [(7, 3, 2, 0, 3), (8, 3, 2, 0, 4), (9, 2, 2, 0, 5), (5, 2, 3, 0, 2), (4, 2, 3, 1, 2), (6, 2, 2, 1, 4)],
)
def test_a_partial_last_window_counts_with_ceil(
    size: int, kernel: int, stride: int, padding: int, windows: int
) -> None:
    b, x = builder(2, size)
    y = b.pool(x, "max", kernel=kernel, stride=stride, padding=padding, ceil=True)
    assert y.shape == (2, windows)


def test_a_weighted_sum_has_a_logit_an_input_and_keeps_its_inputs() -> None:
    b, x = builder(4, 5, 5)
    y = node(b, b.weighted_sum(x, b.norm(x), b.activation(x)))
    assert (y.parameters, y.macs, y.parameter_group, y.role) == (3, 0, "connection", "ties")
    assert (y.cost.keeps_inputs, y.cost.kept_bytes_fixed) == (True, 3 * 4)
    assert node(b, b.weighted_sum(x)).parameters == 1


def test_a_product_keeps_its_inputs_and_stretches_axes_of_one_place() -> None:
    b, x = builder(4, 5, 6)
    gate = b.mean(x, axes=("H", "W"), keepdim=True)
    for y in (b.multiply(x, gate), b.multiply(gate, x), b.multiply(x, x)):
        assert (y.shape, node(b, y).parameters, node(b, y).macs) == ((4, 5, 6), 0, 0)
        assert node(b, y).cost.keeps_inputs


def test_a_softmax_over_frames_and_a_flow_have_no_parameters() -> None:
    b, clip = builder(3, 8, 6, 6)
    frames = b.mean(clip, axes=("H", "W"))
    softmax = node(b, b.frame_softmax(frames))
    assert (softmax.shape, softmax.parameters, softmax.macs) == ((3,), 0, 0)
    assert (softmax.cost.keeps_inputs, softmax.cost.kept_bytes) == (True, 4 * 3 * 8)
    flow = node(b, b.tvl1_flow(clip, iterations=10, clip=3))
    assert (flow.shape, flow.parameters, flow.macs) == ((2, 8, 6, 6), 0, 0)
    assert flow.cost.kernel_macs == 24 * 10 * 8 * 36
    assert flow.arguments == {"iterations": 10, "clip": 3.0}
