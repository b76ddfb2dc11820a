"""The built network: what passes a fusion, how far a block sees in time, how it begins, what it learns."""

import math

import numpy as np
import pytest
import torch

from searchengine.architecture.builder import Builder
from searchengine.core.setting import Setting
from searchengine.layers.conv import Conv
from searchengine.layers.frame_softmax import FrameSoftmax
from searchengine.methods.assemblenet.connections import logit
from searchengine.methods.assemblenet.describe import describe
from searchengine.methods.assemblenet.gates import Gates, feed
from searchengine.methods.assemblenet.operators import random_genome
from searchengine.nets.build import build, build_on_meta
from tests.engine.methods.assemblenet.published import (
    ASN50,
    FUSED,
    LATE,
    PUBLISHED,
    SMALL,
    SMALL_BOUNDS,
    TINY,
    WEIGHTS,
    clips,
    genome,
    weights_of,
)


def test_a_built_network_has_the_described_parameters():
    for found, setting, frame in ((ASN50, clips(339), PUBLISHED), (FUSED, TINY, SMALL), (LATE, TINY, SMALL)):
        architecture = describe(found, setting, frame)
        network = build_on_meta(architecture)
        assert sum(one.numel() for one in network.parameters()) == architecture.parameters
        logits = network.parameters_by_group()["connection"] if found is not LATE else []
        assert sum(one.numel() for one in logits) == len(found.weighted)


def test_fusion_by_hand():
    """Two inputs, the larger one shrunk by its maximum, each times its sigmoid: 0.5·2 + 0.75·3."""
    b = Builder(Setting({"large": (1, 1, 4, 4), "small": (1, 1, 2, 2)}, 1))
    large, small = b.input("large"), b.input("small")
    shrunk = b.pool(large, "max", kernel=(1, 2, 2), padding=0, ceil=True, name="fit")
    x = b.weighted_sum(shrunk, small, name="gate")
    head = b.linear(b.mean(x, axes=("T", "H", "W"), name="mean"), 1, name="dense")
    network = build(b.finish(features=(x,), output=head))
    with torch.no_grad():
        network.get_submodule("gate").logits.copy_(torch.tensor([0.0, math.log(3)]))
    (found,) = network.features(torch.full((1, 1, 1, 4, 4), 2.0), torch.full((1, 1, 1, 2, 2), 3.0))
    assert torch.allclose(found, torch.full((1, 1, 1, 2, 2), 3.25))


def test_a_temporal_convolution_has_gaps_and_zeros_outside():
    layer = Conv(1, 1, (3, 1, 1), (1, 1, 1), (2, 0, 0), dilation=(2, 1, 1))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1, 1))
    clip = torch.zeros(1, 1, 9, 1, 1)
    clip[0, 0, 4] = 1
    assert layer(clip).flatten().tolist() == [0, 0, 3, 0, 2, 0, 1, 0, 0]


def test_a_block_of_two_modules_sees_its_dilation_and_nothing_beyond_the_clip():
    found = genome(
        26, 8, [("rgb", 1)], [(1, [0], 8, 4), (2, [1], 16, 1), (3, [2], 16, 1), (4, [3], 32, 1)]
    )  # fmt: skip
    network = build(describe(found, TINY, SMALL)).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "norm.weight" in name:
                parameter.fill_(1.0)  # gammas of 0 would hide the way through
    block = [
        module
        for name, module in network.named_modules()
        if name.startswith("block1.r") and name.count(".") == 1
    ]
    x = torch.randn(1, 8, 8, 8, 8, requires_grad=True)

    def through(x):
        for one in block:
            shortcut = x
            y = one.reduce_relu(one.reduce_norm(one.reduce(x)))
            y = one.space_relu(one.space_norm(one.space(y)))
            y = one.expand_norm(one.expand(y))
            if hasattr(one, "shortcut"):
                shortcut = one.shortcut_norm(one.shortcut(x))
            x = one.relu(one.sum(shortcut, y))
        return x

    through(x)[:, :, 4].sum().backward()
    seen = [frame for frame in range(8) if x.grad[0, :, frame].abs().sum() > 0]
    assert seen == [0, 4]


def test_a_softmax_over_frames():
    found = FrameSoftmax()(torch.tensor([[[1.0, 2.0, 3.0, 4.0]]]))
    assert float(found) == pytest.approx(3.084576, abs=5e-6)


def test_every_residual_module_begins_as_its_shortcut():
    network = build(describe(FUSED, TINY, SMALL)).eval()
    for name in ("block9.r1", "block9.r2"):
        module = network.get_submodule(name)
        assert torch.equal(module.expand_norm.weight, torch.zeros_like(module.expand_norm.weight))
    last = network.get_submodule("block9.r2")
    value = torch.randn(2, 128, 8, 2, 2)
    y = last.expand_norm(torch.randn(2, 128, 8, 2, 2))
    assert torch.equal(last.relu(last.sum(value, y)), value.relu())


def test_frozen_weights_come_back_as_given():
    gates = Gates(ASN50)
    network = build(describe(ASN50, clips(10, 4, 32), PUBLISHED))
    weights = weights_of(WEIGHTS, ASN50)
    gates.set(network, weights)
    gates.freeze(network)
    found = gates.weights(network)
    assert found == pytest.approx(weights, abs=1e-6)
    logits = network.get_submodule("block14.fuse.gate1024").logits
    # The published logits belong to weights with more digits than the four that are printed.
    assert logits.tolist() == pytest.approx([4.5192, 1.6994], abs=5e-3)
    assert not logits.requires_grad
    assert logit(0.9892) == pytest.approx(math.log(0.9892 / 0.0108), abs=1e-12)


def test_gates_begin_at_one_half_and_are_independent():
    network = build(describe(ASN50, clips(10, 4, 32), PUBLISHED))
    weights = Gates(ASN50).weights(network)
    assert all(abs(weight - 0.5) < 0.006 for weight in weights.values())
    assert len(set(weights.values())) > 20
    total = sum(weight for (_, target), weight in weights.items() if target == 8)
    assert total == pytest.approx(2.5, abs=0.02), "a softmax would make it 1"


@pytest.mark.parametrize("seed", range(4))
def test_forward_and_backward_are_finite_for_any_graph(seed):
    torch.manual_seed(seed)
    found = random_genome(SMALL_BOUNDS, np.random.default_rng(seed))
    network = build(describe(found, TINY, SMALL))
    inputs = {"clip": torch.randn(4, 1, 8, 16, 16), "flow": torch.randn(4, 2, 8, 16, 16)}
    out = network(*(inputs[name] for name in network.architecture.inputs))
    torch.nn.functional.cross_entropy(out, torch.tensor([0, 1, 2, 3])).backward()
    assert torch.isfinite(out).all()
    assert all(torch.isfinite(one.grad).all() for one in network.parameters())


def test_shutting_a_connection_and_opening_it_again():
    gates, network = Gates(FUSED), build(describe(FUSED, TINY, SMALL)).eval()
    before = gates.weights(network)
    kept = gates.shut(network, (0, 4))
    assert gates.weights(network)[(0, 4)] == 0
    gates.reopen(network, (0, 4), kept)
    assert gates.weights(network) == before


def test_a_stem_fed_with_zeros_no_longer_sees_its_stream():
    torch.manual_seed(0)
    network = build(describe(FUSED, TINY, SMALL)).eval()
    clip, flow = torch.randn(2, 1, 8, 16, 16), torch.randn(2, 2, 8, 16, 16)
    for stem in FUSED.stems:
        if stem.kind == "flow":
            feed(network, stem, "zeros")
    with torch.no_grad():
        assert torch.equal(network(clip, flow), network(clip, 3 * flow + 1))
    feed(network, FUSED.stems[0], "normal")
    with torch.no_grad():
        assert not torch.equal(network(clip, flow), network(clip, flow)), "noise is fresh in every pass"
    with pytest.raises(ValueError, match="zeros, uniform, normal"):
        feed(network, FUSED.stems[0], "ones")
