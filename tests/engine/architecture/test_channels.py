"""Channel groups, and networks rewritten to other widths."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.architecture.builder import Builder
from searchengine.architecture.channels import channel_groups, group_of_members
from searchengine.architecture.graph import Architecture
from searchengine.architecture.resize import resized
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting
from tests.engine.architecture.graphs import architectures


def network(resizable: str | None = None) -> Architecture:
    """A stem, a residual block of two convolutions, a depthwise one, a joined branch and a grouped one."""
    b = Builder(Setting({"image": (3, 8, 8)}, classes=5))
    x = b.norm(b.conv(b.input("image"), 8, kernel=3, name="stem"), name="stem_norm")
    y = b.activation(b.conv(x, 6, kernel=3, name="inner"), name="relu")
    x = b.add(x, b.conv(y, 8, kernel=3, name="back"), name="sum")
    x = b.conv(x, 8, kernel=3, groups=8, name="depthwise")
    joined = b.concat(x, b.conv(x, 4, kernel=1, name="branch"), name="concat")
    z = b.conv(joined, 12, kernel=3, groups=4, name="grouped")
    logits = b.linear(b.mean(z, axes=("H", "W"), name="mean"), 5, name="fc")
    return b.finish(features=(z,), output=logits, resizable=resizable)


def test_layers_tied_by_addition_form_one_group() -> None:
    found = {group.name: (group.width, group.members, group.divisor) for group in channel_groups(network())}
    assert found == {
        "image": (3, ("image",), 1),
        "stem": (8, ("stem", "back"), 4),  # read, joined with another, by four groups
        "inner": (6, ("inner",), 1),
        "branch": (4, ("branch",), 4),
        "grouped": (12, ("grouped",), 4),
        "fc": (5, ("fc",), 1),
    }


def test_data_and_classes_are_fixed() -> None:
    reasons = {group.name: group.fixed for group in channel_groups(network()) if group.fixed}
    assert reasons == {"image": "these are the channels of the data", "fc": "these are the classes"}


def test_maps_joined_from_unlike_parts_fix_what_they_are_added_to() -> None:
    b = Builder(Setting({"image": (3, 8, 8)}, classes=5))
    x = b.input("image")
    joined = b.concat(b.conv(x, 4, kernel=1, name="a"), b.conv(x, 4, kernel=1, name="b"))
    x = b.add(joined, b.conv(x, 8, kernel=1, name="c"), name="sum")
    architecture = b.finish(features=(x,), output=b.linear(b.mean(x, axes=("H", "W")), 5))
    groups = group_of_members(architecture)
    assert all("sum puts together maps that are joined from parts" in groups[name].fixed for name in "abc")
    with pytest.raises(InfeasibleArchitecture, match="the width of a stays 4: sum puts together"):
        resized(architecture, {"a": 5})


def test_like_parts_are_tied_one_by_one() -> None:
    b = Builder(Setting({"image": (3, 8, 8)}, classes=5))
    x = b.input("image")
    one = b.concat(b.conv(x, 4, kernel=1, name="a"), b.conv(x, 6, kernel=1, name="b"))
    other = b.concat(b.conv(x, 4, kernel=1, name="c"), b.conv(x, 6, kernel=1, name="d"))
    x = b.add(one, other)
    architecture = b.finish(features=(x,), output=b.linear(b.mean(x, axes=("H", "W")), 5))
    members = [group.members for group in channel_groups(architecture)]
    assert ("a", "c") in members
    assert ("b", "d") in members
    assert resized(architecture, {"a": 2}).node("add").shape == (8, 8, 8)


def test_other_widths_are_followed_through_the_network() -> None:
    other = resized(network(), {"stem": 12, "inner": 3, "grouped": 4})
    widths = {node.name: node.shape[0] for node in other.nodes}
    assert widths["stem"] == widths["back"] == widths["sum"] == widths["depthwise"] == 12
    assert (widths["inner"], widths["concat"], widths["grouped"], widths["fc"]) == (3, 16, 4, 5)
    assert other.node("depthwise").arguments["groups"] == 12
    assert other.parameters == (
        3 * 12 * 9 + 24 + 12 * 3 * 9 + 3 * 12 * 9 + 12 * 9 + 12 * 4 + 16 * 4 * 9 // 4 + 4 * 5 + 5
    )


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ({"ghost": 4}, "no channel group is named 'ghost'; there are image, stem"),
        ({"image": 4}, "stays 3: these are the channels of the data"),
        ({"fc": 4}, "stays 5: these are the classes"),
        ({"inner": 0}, "at least 1"),
        ({"grouped": 6}, "must be divisible by 4, got 6"),
        ({"stem": 10}, "must be divisible by 4, got 10"),
    ],
)
def test_widths_that_do_not_fit_are_refused(widths: dict[str, int], message: str) -> None:
    with pytest.raises(InfeasibleArchitecture, match=message):
        resized(network(), widths)


def test_a_network_that_is_not_resizable_says_why() -> None:
    with pytest.raises(InfeasibleArchitecture, match="cannot be changed: widths are divided among branches"):
        resized(network("widths are divided among branches"), {"inner": 3})


def test_flow_has_two_channels_and_a_weighted_sum_ties_its_inputs() -> None:
    b = Builder(Setting({"clip": (3, 4, 8, 8)}, classes=5))
    flow = b.tvl1_flow(b.input("clip"), name="flow")
    one, other = b.conv(flow, 4, kernel=1, name="one"), b.conv(flow, 4, kernel=3, name="other")
    x = b.weighted_sum(one, other, name="sum")
    architecture = b.finish(features=(x,), output=b.linear(b.mean(x, axes=("T", "H", "W")), 5, name="fc"))
    groups = {group.name: group for group in channel_groups(architecture)}
    assert groups["one"].members == ("one", "other")
    assert groups["flow"].fixed == "flow has two channels, to the right and downwards"
    assert resized(architecture, {"one": 6}).node("sum").shape == (6, 4, 8, 8)
    with pytest.raises(InfeasibleArchitecture, match="the width of flow stays 2"):
        resized(architecture, {"flow": 3})


def test_a_product_ties_what_it_multiplies() -> None:
    b = Builder(Setting({"image": (3, 8, 8)}, classes=5))
    x = b.conv(b.input("image"), 4, kernel=3, name="one")
    gate = b.conv(b.mean(x, axes=("H", "W"), keepdim=True), 4, kernel=1, name="gate")
    y = b.multiply(x, gate, name="product")
    architecture = b.finish(features=(y,), output=b.linear(b.mean(y, axes=("H", "W")), 5, name="fc"))
    groups = {group.name: group for group in channel_groups(architecture)}
    assert groups["one"].members == ("one", "gate")
    assert resized(architecture, {"one": 6}).node("product").shape == (6, 8, 8)


@given(architectures(resizable=True), st.data())
@settings(max_examples=80, deadline=None)
def test_any_fitting_widths_make_a_network_and_the_old_ones_bring_it_back(
    architecture: Architecture, data: st.DataObject
) -> None:
    free = [group for group in channel_groups(architecture) if not group.fixed]
    assert resized(architecture, {}) == architecture
    widths = {group.name: group.divisor * data.draw(st.integers(2, 5), group.name) for group in free}
    other = resized(architecture, widths)
    assert [node.name for node in other.nodes] == [node.name for node in architecture.nodes]
    for name, group in group_of_members(other).items():
        assert other.node(name).shape[0] == group.width == widths.get(group.name, group.width)
    assert Architecture.from_json(other.to_json()) == other
    assert resized(other, {group.name: group.width for group in free}) == architecture
