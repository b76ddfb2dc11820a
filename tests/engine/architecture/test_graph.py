"""Sums, JSON and speed of a whole graph."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings

from searchengine.architecture.builder import Builder
from searchengine.architecture.costs import Costs
from searchengine.architecture.graph import Architecture
from searchengine.architecture.templates import tiny
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.jsontext import dumps, loads
from searchengine.core.setting import Setting
from tests.engine.architecture.graphs import architectures


def residual_network(blocks: int, channels: int = 4) -> Architecture:
    b = Builder(Setting({"image": (3, 8, 8)}, classes=10))
    x = b.conv(b.input("image"), channels, kernel=3, name="stem")
    for number in range(1, blocks + 1):
        with b.scope("block", repeat=(number, blocks)):
            y = b.activation(b.norm(b.conv(x, channels, kernel=3, name="conv"), name="norm"), name="relu")
            x = b.add(x, y, name="sum")
    return b.finish(features=(x,), output=b.linear(b.mean(x, axes=("H", "W"), name="mean"), 10, name="fc"))


@given(architectures())
@settings(max_examples=60, deadline=None)
def test_json_brings_back_the_same_graph(architecture: Architecture) -> None:
    read = Architecture.from_json(loads(dumps(architecture.to_json())))
    assert read == architecture
    assert read.fingerprint == architecture.fingerprint


@given(architectures())
@settings(max_examples=60, deadline=None)
def test_costs_of_scopes_add_up(architecture: Architecture) -> None:
    costs = architecture.costs_by_scope()
    outside = [node for node in architecture.deployed if not node.scope]
    paths = {node.scope[0].name for node in architecture.nodes if node.scope}
    total = Costs()
    for path in paths:
        total = total.plus(costs[path])
    assert costs[""].parameters == total.parameters + sum(node.parameters for node in outside)
    assert costs[""].macs == total.macs + sum(node.macs for node in outside)
    assert costs[""].activation_bytes(7) == architecture.activation_bytes(7)


def test_costs_of_the_tiny_network_by_hand() -> None:
    architecture = tiny(Setting({"image": (1, 8, 8)}, classes=10))
    conv1, conv2, head = 8 * 9, 16 * 8 * 9, 16 * 10
    assert architecture.parameters == conv1 + 16 + conv2 + 32 + head + 10
    assert architecture.macs == conv1 * 64 + conv2 * 16 + head
    assert architecture.costs_by_scope()["block2"][:2] == (conv2 + 32, conv2 * 16)
    # Kept: the image; convolution and relu of block 1; pool and its indices; both of block 2; the means.
    maps = 64 + 2 * 8 * 64 + 8 * 16 + 2 * 16 * 16 + 16
    fixed = 4 * 2 * (8 + 16)
    assert architecture.activation_bytes(3) == 3 * (4 * maps + 8 * 8 * 16) + fixed


def test_a_scope_of_repeats_is_summed_as_one_path_each() -> None:
    costs = residual_network(3).costs_by_scope()
    assert set(costs) == {"", "block.r1", "block.r2", "block.r3"}
    assert costs["block.r2"].parameters == 4 * 4 * 9 + 8


def test_nodes_know_who_reads_them() -> None:
    architecture = residual_network(2)
    assert architecture.consumers["stem"] == ("block.r1.conv", "block.r1.sum")
    assert ("block.r1.relu", "block.r1.sum") in set(architecture.edges)
    with pytest.raises(InfeasibleArchitecture, match="no node 'ghost'"):
        architecture.node("ghost")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 9}, "schema 1 was expected, got 9"),
        ({"output": "stem"}, "must have shape"),
        ({"features": ["ghost"]}, "a path from image goes around"),
        ({"inputs": []}, "must be all its input nodes"),
    ],
)
def test_json_that_is_no_network_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InfeasibleArchitecture, match=message):
        Architecture.from_json(residual_network(1).to_json() | change)


def test_json_with_a_cycle_a_repeated_or_a_bad_name_is_refused() -> None:
    for field, value, message in [
        ("inputs", ["fc"], "which no node before it is named"),
        ("name", "image", "two nodes are named"),
        ("name", "x; import os", "each part must be a letter"),
        ("arguments", {"channels": "4", "kernel": 3}, "whole number"),
    ]:
        record = json.loads(json.dumps(residual_network(1).to_json()))
        record["nodes"][1][field] = value
        with pytest.raises(InfeasibleArchitecture, match=message):
            Architecture.from_json(record)


def test_a_thousand_nodes_are_described_without_quadratic_work() -> None:
    def seconds(blocks: int) -> float:
        best = float("inf")
        for _ in range(3):
            start = process_time()
            architecture = residual_network(blocks)
            architecture.activation_bytes(8)
            architecture.costs_by_scope()
            best = min(best, process_time() - start)
        return best

    seconds(20)
    short, long = seconds(60), seconds(480)
    assert len(residual_network(250).nodes) == 1004
    assert long < 3 * 8 * short


def test_an_architecture_is_described_without_torch() -> None:
    script = (
        "import sys; from searchengine.core.setting import Setting;"
        "from searchengine.architecture.templates import tiny, i3d;"
        "from searchengine.architecture import channels, difference, resize, text;"
        "print(text.render(tiny(Setting({'image': (1, 8, 8)}, 10))));"
        "assert not {'torch', 'numpy', 'django'} & set(sys.modules)"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True, capture_output=True, timeout=60)
