"""An architecture as readable PyTorch source: one file, numbers spelled out, nothing imported but torch.

The layers are the text of the very files that were trained with; around them every scope that can run in one
go is a class, equal ones written once, and the whole network's ``__init__`` and ``forward`` are plain lines.
Keys of the state dict are the engine's, so the weights load strictly. Text of users stands in it as an ASCII
literal only.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import Json
from searchengine.export.blocks import Block, Call, blocks
from searchengine.export.forward_lines import forward_lines, last_part, shape_words
from searchengine.export.layer_text import import_lines, together
from searchengine.export.source_ending import counting, ending

WIDTH = 100

_RESERVED = frozenset(
    ("INPUTS", "CLASSES", "ORIGIN", "PARAMETERS", "MULTIPLY_ADDS", "SUMMED", "Network", "Path", "Tensor")
)


class _Written(NamedTuple):
    """A class already written, by its code without name, comments and docstring."""

    name: str
    paths: list[str]


def source(architecture: Architecture, origin: Json | None = None) -> str:
    """The file's text. ``origin`` (run, genome, ...) is written as a literal and printed nowhere.

    Raises :class:`~searchengine.export.layer_text.ClashingLayers` when two layer files cannot stand together.
    """
    nodes = [node for node in architecture.deployed if node.kind != "input"]
    modules = sorted({node.entry.layer_module for node in nodes})
    imports, bodies, taken = together(modules)
    writer = _Writer(taken | _RESERVED | {alias or name for _, name, alias in imports})
    network = writer.network(blocks(architecture), architecture)
    imports += [("pathlib", "Path", ""), ("torch", "", ""), ("torch", "Tensor", ""), ("torch", "nn", "")]
    imports.append(("safetensors.torch", "load_file", ""))
    head = "\n\n".join(
        [
            _head(architecture),
            "from __future__ import annotations",
            "\n".join(import_lines(imports)),
            _constants(architecture, origin or {}),
        ]
    )
    parts = [head, *bodies, *writer.classes, network, counting(nodes), ending(architecture)]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(architecture: Architecture) -> str:
    inputs = ", ".join(
        f"{last_part(name)} {shape_words(architecture.node(name).shape)}" for name in architecture.inputs
    )
    return f'''"""A network found by Evoscope, written out.

Input: {inputs}; output: logits (B, {architecture.classes}).
{architecture.parameters:,} parameters, {architecture.macs:,} multiply-adds for one sample.
Run alone, this file loads the weights beside it, passes a batch through and prints what came out.
It needs torch and safetensors. The layers are licensed under Apache-2.0.
"""'''


def _constants(architecture: Architecture, origin: Json) -> str:
    inputs = ", ".join(f'"{name}": {shape}' for name, shape in inputs_of(architecture).items())
    lines = [f"INPUTS = {{{inputs}}}  # shapes of one sample", f"CLASSES = {architecture.classes}"]
    lines += [
        f"PARAMETERS = {architecture.parameters}",
        f"MULTIPLY_ADDS = {architecture.macs}  # of one sample",
    ]
    if origin:
        # The ASCII form of plain JSON values is a literal whatever a user called things.
        lines += [
            "ORIGIN = {",
            *(f"    {name!a}: {value!a}," for name, value in origin.items()),
            "}",
        ]
    return "\n".join(lines)


class _Writer:
    """Writes classes, inner ones first, equal ones once."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)
        self._known: dict[str, _Written] = {}
        self._texts: dict[str, str] = {}

    @property
    def classes(self) -> list[str]:
        return [
            self._texts[code].replace("@DOC@", _doc(written.paths)) for code, written in self._known.items()
        ]

    def network(self, block: Block, architecture: Architecture) -> str:
        arguments = [last_part(name) for name in block.inputs]
        _, commented = self._class("Network", block, arguments)
        doc = f'    """The whole network: {", ".join(arguments)} to logits (B, {architecture.classes})."""'
        return commented.replace("@DOC@", doc)

    def block(self, block: Block) -> str:
        """The name of the class of ``block``, written now unless an equal one stands already."""
        arguments = (
            ["x"] if len(block.inputs) == 1 else [f"x{number}" for number in range(1, len(block.inputs) + 1)]
        )
        code, commented = self._class("@NAME@", block, arguments)
        if code not in self._known:
            name = self._free(_camel(block.path))
            self._known[code] = _Written(name, [])
            self._texts[code] = commented.replace("@NAME@", name)
        self._known[code].paths.append(block.path)
        return self._known[code].name

    def _class(self, name: str, block: Block, arguments: list[str]) -> tuple[str, str]:
        """The class without and with comments."""
        made = []
        for container in block.containers:
            made.append(f"        self.{container} = nn.Module()")
        for call in block.calls:
            made.append(self._made(call))
        typed = ", ".join(f"{argument}: Tensor" for argument in arguments)
        returns = (
            "Tensor" if len(block.outputs) == 1 else f"tuple[{', '.join(['Tensor'] * len(block.outputs))}]"
        )
        head = [f"class {name}(nn.Module):", "@DOC@", "", "    def __init__(self) -> None:"]
        head += ["        super().__init__()", *made, "", f"    def forward(self, {typed}) -> {returns}:"]
        lines, comments = forward_lines(block, arguments)
        code = "\n".join([*head, *lines])
        wide = max((len(line) for line, comment in zip(lines, comments, strict=True) if comment), default=0)
        commented = [
            f"{line:<{wide}}  # {comment}" if comment else line
            for line, comment in zip(lines, comments, strict=True)
        ]
        return code, "\n".join([*head, *commented])

    def _made(self, call: Call) -> str:
        if call.block is not None:
            return f"        self.{call.attribute} = {self.block(call.block)}()"
        assert call.node is not None
        arguments = [f"{name}={_literal(value)}" for name, value in call.node.layer_arguments().items()]
        start = f"        self.{call.attribute} = {call.node.entry.layer_class}("
        line = start + ", ".join(arguments) + ")"
        if len(line) <= WIDTH:
            return line
        inner = [arguments[0]]
        for argument in arguments[1:]:
            if len(inner[-1]) + len(argument) + 15 > WIDTH:
                inner.append(argument)
            else:
                inner[-1] += ", " + argument
        return "\n".join([start, *(f"            {part}," for part in inner), "        )"])

    def _free(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}{'Block' if number == 2 else number}"
        self._taken.add(name)
        return name


def _doc(paths: Sequence[str]) -> str:
    """Docstring of a class that stands for the scopes at ``paths``."""
    words = ", ".join(paths[:12]) + (f" and {len(paths) - 12} more" if len(paths) > 12 else "") + "."
    if len(paths) > 1:
        words += f" Shapes in comments are those in {paths[0]}."
    one = f'    """{words}"""'
    if len(one) <= WIDTH:
        return one
    lines = textwrap.wrap('"""' + words, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return textwrap.indent("\n".join([*lines, '"""']), "    ")


def _camel(path: str) -> str:
    parts = re.split(r"[._]", path)
    return "".join(word[:1].upper() + word[1:] for word in parts)


def _literal(value: object) -> str:
    return '"' + value + '"' if isinstance(value, str) and value.isidentifier() else repr(value)


def inputs_of(architecture: Architecture) -> Mapping[str, tuple[int, ...]]:
    """The written network's inputs by argument name, in order, shapes without the batch axis."""
    return {last_part(name): tuple(architecture.node(name).shape) for name in architecture.inputs}
