"""The lines of a written ``forward``, and the names its values get."""

from __future__ import annotations

from collections.abc import Sequence

from searchengine.export.blocks import Block, Call


def forward_lines(block: Block, arguments: list[str]) -> tuple[list[str], list[str]]:
    """Lines of a forward and the shape comment of each. A value that nobody else reads gives its name on."""
    uses: dict[str, int] = {}
    for call in block.calls:
        for value in dict.fromkeys(call.reads):
            uses[value] = uses.get(value, 0) + 1
    for value in block.outputs:
        uses[value] = uses.get(value, 0) + 1
    names = dict(zip(block.inputs, arguments, strict=True))
    taken = {"self", *arguments}
    lines, comments = [], []
    for call in block.calls:
        reads = [names[value] for value in call.reads]
        written = []
        for value in call.writes:
            passed_on = len(set(call.reads)) == 1 and len(call.writes) == 1 and uses[call.reads[0]] == 1
            if not passed_on:
                name = _variable(call, value, taken)
            elif names[call.reads[0]] in arguments and "x" not in taken:
                name = "x"  # what was an image or a clip is now a map
            else:
                name = names[call.reads[0]]
            taken.add(name)
            written.append(name)
        names.update(zip(call.writes, written, strict=True))
        lines.append(f"        {', '.join(written)} = self.{call.attribute}({', '.join(reads)})")
        comments.append(", ".join(shape_words(shape) for shape in call.shapes))
    lines.append(f"        return {', '.join(names[value] for value in block.outputs)}")
    comments.append("")
    return lines, comments


def _variable(call: Call, value: str, taken: set[str]) -> str:
    wanted = call.attribute.replace(".", "_") if len(call.writes) == 1 else last_part(value)
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name


def last_part(name: str) -> str:
    """The part of a dotted name behind its last dot."""
    return name.rpartition(".")[2]


def shape_words(shape: Sequence[int]) -> str:
    """A shape with its batch axis, as comments write it."""
    return f"(B, {', '.join(map(str, shape))})"
