"""The same network with other widths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from searchengine.architecture.channels import channel_groups
from searchengine.architecture.graph import Architecture, checked
from searchengine.architecture.node import Node, inferred
from searchengine.architecture.shapes import positive
from searchengine.core.errors import InfeasibleArchitecture


def resized(architecture: Architecture, widths: Mapping[str, int]) -> Architecture:
    """``architecture`` with the widths of some channel groups changed; all shapes follow.

    ``widths`` is from a group's name (see :func:`~searchengine.architecture.channels.channel_groups`) to
    its new width. Raises :class:`InfeasibleArchitecture` where the network is not resizable, a group does
    not exist or is fixed, or a width does not fit its divisor; the message gives the reason.
    """
    if architecture.resizable is not None:
        raise InfeasibleArchitecture(f"this network's widths cannot be changed: {architecture.resizable}")
    groups = {group.name: group for group in channel_groups(architecture)}
    width_of: dict[str, int] = {name: group.width for group in groups.values() for name in group.members}
    for name, width in widths.items():
        if name not in groups:
            raise InfeasibleArchitecture(f"no channel group is named {name!r}; there are {', '.join(groups)}")
        group = groups[name]
        positive(width, f"the width of {name}")
        if group.fixed and width != group.width:
            raise InfeasibleArchitecture(f"the width of {name} stays {group.width}: {group.fixed}")
        if width % group.divisor:
            raise InfeasibleArchitecture(
                f"the width of {name} must be divisible by {group.divisor}, got {width}"
            )
        width_of.update(dict.fromkeys(group.members, width))
    nodes: dict[str, Node] = {}
    for node in architecture.nodes:
        if node.kind != "input":
            shapes = tuple(nodes[name].shape for name in node.inputs)
            channels = width_of.get(node.name)
            if channels is not None or shapes != node.input_shapes:
                arguments = node.entry.widened(node.arguments, shapes, channels)
                node = inferred(replace(node, arguments=arguments), nodes)
        nodes[node.name] = node
    return checked(replace(architecture, nodes=tuple(nodes.values())))
