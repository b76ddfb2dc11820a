"""What the graph says of a network without building it holds for the built network."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from searchengine.architecture.builder import Builder
from searchengine.architecture.graph import Architecture
from searchengine.architecture.templates import i3d, tiny
from searchengine.core.setting import Setting
from searchengine.nets.build import build, build_on_meta
from searchengine.nets.network import Network
from tests.engine.architecture.graphs import architectures

EXAMPLES = 60


def random_inputs(architecture: Architecture, batch: int) -> list[Tensor]:
    return [torch.randn(batch, *architecture.node(name).shape) for name in architecture.inputs]


def kept_bytes(network: Network, inputs: list[Tensor]) -> int:
    """Bytes autograd holds after a forward pass: each storage once, parameters and buffers apart."""
    own = {tensor.untyped_storage().data_ptr() for tensor in [*network.parameters(), *network.buffers()]}
    storages: dict[int, int] = {}
    held = []  # so that no storage is freed and its address used again

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            storages[storage.data_ptr()] = storage.nbytes()
        held.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(*inputs)
    return sum(storages.values())


def counted_macs(network: Network, inputs: list[Tensor]) -> int:
    """Multiply-adds of one sample by the shapes that weights and maps really have."""
    total = 0

    def count(module: nn.Module, _given: Any, output: Tensor) -> None:
        nonlocal total
        if type(module).__name__ == "Conv":
            total += module.weight.numel() * output[0, 0].numel()
        elif type(module).__name__ == "ITGM":
            total += module.spatial.numel() * module.kernel[0] * output[0, 0].numel()
        elif type(module).__name__ == "Linear":
            total += module.weight.numel()

    for module in network.modules():
        module.register_forward_hook(count)
    network(*inputs)
    return total


@given(architectures())
@settings(max_examples=EXAMPLES, deadline=None)
def test_parameters_multiply_adds_and_shapes_are_exact(architecture: Architecture) -> None:
    network = build(architecture).eval()
    inputs = random_inputs(architecture, 2)
    assert sum(parameter.numel() for parameter in network.parameters()) == architecture.parameters
    shapes: dict[str, tuple[int, ...]] = {}
    for node in architecture.nodes:
        if node.kind != "input":
            module = network.get_submodule(node.name)
            assert sum(p.numel() for p in module.parameters()) == node.parameters
            module.register_forward_hook(
                lambda _module, _given, output, name=node.name: shapes.update({name: tuple(output.shape[1:])})
            )
    assert counted_macs(network, inputs) == architecture.macs
    assert shapes == {node.name: node.shape for node in architecture.nodes if node.kind != "input"}


@given(architectures(), st.integers(2, 5))
@settings(max_examples=EXAMPLES, deadline=None)
def test_activation_bytes_bound_what_autograd_keeps_within_a_quarter(
    architecture: Architecture, batch: int
) -> None:
    kept = kept_bytes(build(architecture).train(), random_inputs(architecture, batch))
    bound = architecture.activation_bytes(batch)
    assert kept <= bound <= 1.25 * kept


def test_activation_bytes_hold_for_a_video_network_with_itgm() -> None:
    architecture = i3d(Setting({"clip": (3, 9, 32, 32)}, classes=8), "itgm", width=8)
    kept = kept_bytes(build(architecture).train(), random_inputs(architecture, 2))
    assert kept <= architecture.activation_bytes(2) <= 1.25 * kept


def test_pooling_the_data_itself_keeps_nothing() -> None:
    b = Builder(Setting({"image": (1, 8, 8)}, classes=2))
    x = b.pool(b.input("image"), "max", kernel=2)
    x = b.activation(x)
    logits = b.linear(b.mean(x, axes=("H", "W")), 2)
    architecture = b.finish(features=(x,), output=logits)
    assert kept_bytes(build(architecture), random_inputs(architecture, 3)) == 3 * 1 * 4
    assert architecture.activation_bytes(3) == 3 * 1 * 4


def test_nothing_before_a_flow_is_kept_because_of_what_follows_it() -> None:
    b = Builder(Setting({"clip": (1, 4, 8, 8)}, classes=2))
    shaken = b.conv(b.input("clip"), 3, kernel=3)
    flow = b.activation(b.tvl1_flow(shaken, iterations=2))
    logits = b.linear(b.mean(b.concat(flow, shaken), axes=("T", "H", "W")), 2)
    architecture = b.finish(features=(flow, shaken), output=logits)
    kept = kept_bytes(build(architecture), random_inputs(architecture, 3))
    assert kept == architecture.activation_bytes(3) == 3 * 4 * (4 * 64 + 5)


@given(architectures())
@settings(max_examples=EXAMPLES, deadline=None)
def test_head_of_features_is_the_network(architecture: Architecture) -> None:
    network = build(architecture).eval()
    inputs = random_inputs(architecture, 2)
    features = network.features(*inputs)
    assert [tuple(feature.shape[1:]) for feature in features] == [
        architecture.node(name).shape for name in architecture.features
    ]
    assert torch.equal(network.head(features), network(*inputs))


@given(architectures())
@settings(max_examples=EXAMPLES, deadline=None)
def test_every_parameter_gets_a_gradient_and_keys_begin_with_node_names(architecture: Architecture) -> None:
    network = build(architecture)
    network(*random_inputs(architecture, 3)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    for key in network.state_dict():
        assert key.rpartition(".")[0] in architecture.by_name


def test_parameters_come_in_node_order() -> None:
    architecture = i3d(Setting({"clip": (3, 9, 32, 32)}, classes=8), "itgm", width=8)
    owners = [name.rpartition(".")[0] for name, _ in build_on_meta(architecture).named_parameters()]
    assert list(dict.fromkeys(owners)) == [node.name for node in architecture.nodes if node.parameters]


def test_a_big_network_is_counted_on_the_meta_device_without_memory() -> None:
    architecture = i3d(Setting({"clip": (3, 64, 224, 224)}, classes=400))
    network = build_on_meta(architecture)
    assert all(parameter.is_meta for parameter in network.parameters())
    assert sum(parameter.numel() for parameter in network.parameters()) == 12_697_264
    output = network(torch.empty(1, 3, 64, 224, 224, device="meta"))
    assert output.shape == (1, 400)


def test_itgm_runs_on_the_meta_device() -> None:
    architecture = i3d(Setting({"clip": (3, 16, 64, 64)}, classes=10), "itgm")
    assert build_on_meta(architecture)(torch.empty(2, 3, 16, 64, 64, device="meta")).shape == (2, 10)


def test_layers_of_one_seed_start_alike() -> None:
    architecture = tiny(Setting({"image": (1, 8, 8)}, classes=10))
    states = []
    for _ in range(2):
        with torch.random.fork_rng():
            torch.manual_seed(3)
            states.append(build(architecture).state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
