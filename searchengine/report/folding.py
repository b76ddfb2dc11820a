"""Repeats of one block, drawn once: which stand for which, and where the lines of the hidden ones go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from searchengine.architecture.graph import Node, Scope
from searchengine.report.drawing import Status


class Folded(NamedTuple):
    """Where hidden nodes went (name → drawn name), how many each drawn node stands for, and the groups'
    times."""

    drawn: dict[str, str]
    times: dict[str, int]
    groups: dict[str, tuple[int, str, str]]  # path -> times, series, which repeats in words


def series_of(node: Node, level: int) -> str:
    """The series of repeats that ``node`` belongs to at scope level ``level``: the path without the repeat's
    own number. Empty where that scope does not repeat."""
    scope = node.scope[level]
    if scope.of < 2:
        return ""
    outer = [one.name for one in node.scope[:level]]
    return ".".join([*outer, scope.name.removesuffix(f".r{scope.repeat}").removesuffix(f"r{scope.repeat}")])


def fold(nodes: Iterable[Node], expanded: Set[str], marks: Mapping[str, Status]) -> Folded:
    """Fold equal repeats, outer levels first: only what is still drawn is looked at one level further in."""
    left = list(nodes)
    drawn: dict[str, str] = {}
    times = {node.name: 1 for node in left}
    groups: dict[str, tuple[int, str, str]] = {}
    for level in range(max((len(node.scope) for node in left), default=0)):
        series: dict[str, dict[int, list[Node]]] = {}
        for node in left:
            name = series_of(node, level) if level < len(node.scope) else ""
            if name:
                series.setdefault(name, {}).setdefault(node.scope[level].repeat, []).append(node)
        hidden: set[str] = set()
        for name, repeats in series.items():
            alike: dict[object, list[int]] = {}
            for number, members in sorted(repeats.items()):
                key = number if name in expanded else _signature(members, level, marks)
                alike.setdefault(key, []).append(number)
            for numbers in alike.values():
                first = repeats[numbers[0]]
                words = _numbered(numbers, len(repeats)) if len(alike) > 1 else ""
                groups[path_of(first[0].scope, level)] = (len(numbers), name, words)
                for node in first:
                    times[node.name] *= len(numbers)
                for number in numbers[1:]:
                    for node, stands in zip(repeats[number], first, strict=True):
                        drawn[node.name] = stands.name
                        hidden.add(node.name)
        left = [node for node in left if node.name not in hidden]
    return Folded(drawn, times, groups)


def _numbered(numbers: list[int], of: int) -> str:
    return f"repeat{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))} of {of}"


def _signature(members: list[Node], level: int, marks: Mapping[str, Status]) -> object:
    """Equal for repeats that are the same but for widths."""
    cut = len(path_of(members[0].scope, level)) + 1
    own = {node.name for node in members}
    return members[0].scope[level].variant, tuple(
        (
            node.name[cut:],
            node.kind,
            node.summary,
            marks.get(node.name, ""),
            tuple(source[cut:] if source in own else "" for source in node.inputs),
        )
        for node in members
    )


def path_of(scope: tuple[Scope, ...], level: int) -> str:
    return ".".join(one.name for one in scope[: level + 1])


def sources_of(nodes: Mapping[str, Node], shown: Mapping[str, Node], folded: Folded) -> dict[str, list[str]]:
    """For each drawn node the drawn nodes it reads. Hidden repeats hand their edges to those drawn for them;
    what would then run backwards is what ``×4`` already says, and is left out."""
    order = {name: index for index, name in enumerate(nodes)}
    stand = {name: follow(folded.drawn, name) for name in nodes}
    sources: dict[str, list[str]] = {name: [] for name in shown}
    read: set[str] = set()
    leaving: list[tuple[str, str]] = []
    for node in nodes.values():
        for source in node.inputs:
            if source not in nodes:
                continue
            tail, head = stand[source], stand[node.name]
            if order[tail] >= order[head]:
                continue
            if tail not in sources[head]:
                sources[head].append(tail)
                read.add(tail)
            if tail != source:
                leaving.append((source, node.name))
    # With repeats A B A the last one hides in A, and B would lead nowhere: what reads the hidden repeat from
    # outside is drawn as reading that dead end, which stands last in the series.
    dead = [
        name for name in shown if name not in read and any(name in node.inputs for node in nodes.values())
    ]
    for name in dead:
        for source, reader in leaving:
            if _same_place(nodes[name], nodes[source]) and order[name] < order[stand[reader]]:
                sources[stand[reader]] = [
                    name if one == stand[source] else one for one in sources[stand[reader]]
                ]
    return sources


def _same_place(one: Node, other: Node) -> bool:
    """Whether two nodes stand at the same place of two repeats of one series."""
    if len(one.scope) != len(other.scope) or one.name == other.name:
        return False
    for level, (mine, theirs) in enumerate(zip(one.scope, other.scope, strict=True)):
        if mine == theirs:
            continue
        series = series_of(one, level)
        tails = [node.name[len(path_of(node.scope, level)) :] for node in (one, other)]
        return bool(series) and series == series_of(other, level) and tails[0] == tails[1]
    return False


def follow(drawn: Mapping[str, str], name: str) -> str:
    while name in drawn:
        name = drawn[name]
    return name
