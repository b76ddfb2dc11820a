"""What became of the parent's network in the child."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.architecture.builder import Builder
from searchengine.architecture.difference import difference
from searchengine.architecture.graph import Architecture
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting
from tests.engine.architecture.graphs import architectures, renamed


def network(kernel: int = 3, width: int = 4, norm: bool = False) -> Architecture:
    b = Builder(Setting({"image": (1, 8, 8)}, classes=2))
    x = b.conv(b.input("image"), width, kernel=kernel, name="conv")
    if norm:
        x = b.norm(x, name="norm")
    x = b.activation(x, name="relu")
    return b.finish(features=(x,), output=b.linear(b.mean(x, axes=("H", "W"), name="mean"), 2, name="fc"))


def test_a_changed_argument_is_told_old_and_new() -> None:
    found = difference(network(kernel=3), network(kernel=5))
    assert [change.name for change in found.changed] == ["conv"]
    assert found.changed[0].arguments == {"kernel": ((3, 3), (5, 5)), "padding": ((1, 1), (2, 2))}
    assert (found.added, found.removed, found.followed) == ((), (), ())
    assert found.to_json()["changed"] == [
        {"name": "conv", "arguments": {"kernel": [(3, 3), (5, 5)], "padding": [(1, 1), (2, 2)]}}
    ]


def test_layers_that_only_follow_another_width_are_no_changes_of_their_own() -> None:
    found = difference(network(width=4), network(width=6))
    assert [change.name for change in found.changed] == ["conv"]
    assert [change.name for change in found.followed] == ["relu", "mean", "fc"]


def test_an_added_layer_and_the_edges_it_changes() -> None:
    found = difference(network(), network(norm=True))
    assert [node.name for node in found.added] == ["norm"]
    assert [change.arguments for change in found.changed] == [{"inputs": (("conv",), ("norm",))}]
    assert found.added_edges == (("conv", "norm"), ("norm", "relu"))
    assert found.removed_edges == (("conv", "relu"),)
    back = difference(network(norm=True), network())
    assert [node.name for node in back.removed] == ["norm"]


def test_equal_networks_do_not_differ() -> None:
    assert not difference(network(), network())


def test_it_applies_to_its_parent_only() -> None:
    found = difference(network(kernel=3), network(kernel=5))
    for other in (network(kernel=1), network(norm=True)):
        with pytest.raises(InfeasibleArchitecture, match="starts from"):
            found.applied(other)


@given(architectures(), architectures())
@settings(max_examples=60, deadline=None)
def test_applied_to_the_parent_it_yields_the_child(parent: Architecture, child: Architecture) -> None:
    assert difference(parent, child).applied(parent) == child


@given(st.data(), architectures())
@settings(max_examples=60, deadline=None)
def test_a_child_that_shares_layers_is_reached_too(data: st.DataObject, parent: Architecture) -> None:
    child = data.draw(renamed(parent))
    found = difference(parent, child)
    assert found.applied(parent) == child
    assert difference(child, parent).applied(child) == parent
    assert {node.name for node in found.added} == {n.name for n in child.nodes} - {
        n.name for n in parent.nodes
    }
