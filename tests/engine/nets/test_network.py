"""What a built network offers beside its forward pass."""

from __future__ import annotations

import copy
import dataclasses

import pytest
import torch
from torch.func import functional_call

from searchengine.architecture.builder import Builder
from searchengine.architecture.graph import Architecture
from searchengine.architecture.templates import tiny
from searchengine.core.setting import Setting
from searchengine.nets.build import build
from searchengine.nets.latency import measure
from searchengine.nets.network import Network


def clip_network() -> Architecture:
    b = Builder(Setting({"clip": (2, 5, 8, 8)}, classes=3))
    x = b.input("clip")
    with b.scope("stem"):
        x = b.norm(b.itgm(x, 6, kernel=(3, 3, 3), name="conv"), name="norm", tap="normed")
    y = b.pool(x, "max", kernel=(3, 3, 3), stride=1, name="pool")
    x = b.activation(b.add(x, y, name="sum"), name="relu", tap="last")
    with b.scope("head"):
        m = b.dropout(b.mean(x, axes=("T", "H", "W"), name="mean"), 0.5, name="dropout")
        logits = b.linear(m, 3, name="linear")
    return b.finish(features=(x,), output=logits)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    return build(clip_network())


@pytest.fixture
def clip() -> torch.Tensor:
    return torch.randn(2, 2, 5, 8, 8, generator=torch.Generator().manual_seed(1))


def test_head_is_a_scope_and_a_method_at_once(network: Network, clip: torch.Tensor) -> None:
    network.eval()
    assert list(network.get_submodule("head")._modules) == ["mean", "dropout", "linear"]
    assert network.head.linear.weight.shape == (3, 6)  # type: ignore[attr-defined]
    assert torch.equal(network.head(network.features(clip)), network(clip))


def test_taps_are_read_by_their_names(network: Network, clip: torch.Tensor) -> None:
    network.eval()
    logits, taps = network.with_taps(clip)
    assert torch.equal(logits, network(clip))
    assert list(taps) == ["normed", "last"]
    assert torch.equal(taps["last"], network.features(clip)[0])


def test_a_copy_is_independent(network: Network, clip: torch.Tensor) -> None:
    network.eval()
    before = network(clip)
    copied = copy.deepcopy(network)
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.zero_()
    assert torch.equal(copied(clip), torch.zeros(2, 3))
    assert torch.equal(copied.head(copied.features(clip)), torch.zeros(2, 3))
    assert torch.equal(network(clip), before)


def test_weights_can_be_given_from_outside(network: Network, clip: torch.Tensor) -> None:
    network.eval()
    zeros = {name: torch.zeros_like(parameter) for name, parameter in network.named_parameters()}
    assert torch.equal(functional_call(network, zeros, (clip,)), torch.zeros(2, 3))


def test_a_state_dict_goes_into_another_network_of_the_same_architecture(
    network: Network, clip: torch.Tensor
) -> None:
    other = build(Architecture.from_json(network.architecture.to_json()))
    other.load_state_dict(network.state_dict(), strict=True)
    assert torch.equal(other.eval()(clip), network.eval()(clip))


def test_torch_export_sees_through_the_walk(network: Network, clip: torch.Tensor) -> None:
    network.eval()
    with torch.no_grad():
        network(clip)
        exported = torch.export.export(network, (clip,))
        assert torch.allclose(exported.module()(clip), network(clip), atol=1e-6)


def test_parameters_are_grouped_for_the_optimiser(network: Network) -> None:
    groups = network.parameters_by_group()
    assert {name: sum(p.numel() for p in group) for name, group in groups.items()} == {
        "weight": 6 * 2 * (9 + 4) + 8 + 21,
        "norm": 12,
    }


def test_a_train_only_branch_is_built_but_not_counted(clip: torch.Tensor) -> None:
    b = Builder(Setting({"clip": (2, 5, 8, 8)}, classes=3))
    x = b.conv(b.input("clip"), 4, kernel=3, name="conv")
    mean = b.mean(x, axes=("T", "H", "W"), name="mean")
    b.linear(mean, 7, name="aux", train_only=True, tap="aux")
    architecture = b.finish(features=(x,), output=b.linear(mean, 3, name="linear"))
    network = build(architecture)
    assert architecture.parameters == 4 * 2 * 27 + 15
    assert sum(p.numel() for p in network.parameters()) == architecture.parameters + 35
    logits, taps = network.with_taps(clip)
    assert taps["aux"].shape == (2, 7)
    assert torch.equal(logits, network(clip))


def test_several_inputs_come_in_the_order_of_the_architecture() -> None:
    b = Builder(Setting({"image": (1, 4, 4), "clip": (2, 3, 4, 4)}, classes=2))
    x = b.conv(b.input("clip"), 3, kernel=3, name="of_clip")
    y = b.conv(b.input("image"), 5, kernel=3, name="of_image")
    both = b.concat(b.mean(x, axes=("T", "H", "W")), b.mean(y, axes=("H", "W")))
    network = build(b.finish(features=(x, y), output=b.linear(both, 2)))
    assert network.architecture.inputs == ("clip", "image")
    clip, image = torch.randn(2, 2, 3, 4, 4), torch.randn(2, 1, 4, 4)
    assert [tuple(f.shape) for f in network.features(clip, image)] == [(2, 3, 3, 4, 4), (2, 5, 4, 4)]
    assert network(clip, image).shape == (2, 2)
    with pytest.raises(ValueError, match="takes 2 tensors here, got 1"):
        network(clip)
    assert measure(network, batch=3, repetitions=2, warm_up=0).batch == 3


def test_an_init_that_is_not_the_default_reaches_the_layer() -> None:
    architecture = tiny(Setting({"image": (1, 8, 8)}, classes=2))
    nodes = tuple(
        dataclasses.replace(node, init="zero") if node.kind == "norm" else node for node in architecture.nodes
    )
    network = build(dataclasses.replace(architecture, nodes=nodes))
    assert torch.equal(network.get_submodule("block1.norm").weight, torch.zeros(8))


def test_latency_names_device_threads_and_repetitions(network: Network) -> None:
    network.train()
    latency = measure(network, repetitions=5, warm_up=1)
    assert 0 < latency.lower <= latency.median <= latency.upper
    assert (latency.batch, latency.repetitions) == (1, 5)
    assert latency.device
    assert latency.threads == torch.get_num_threads()
    assert network.training
    assert latency.to_json()["median"] == latency.median
    with pytest.raises(ValueError, match="at least 2 repetitions"):
        measure(network, repetitions=1)
