"""An architecture as readable PyTorch source: one file, numbers spelled out, nothing imported but torch.

The layers are the text of the very files that were trained with; around them every scope that can run in one
go is a class, equal ones written once, and the whole network's ``__init__`` and ``forward`` are plain lines.
Keys of the state dict are the engine's, so the weights load strictly. No text of a user stands in it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from searchengine.architecture.graph import Architecture, Node
from searchengine.core.jsontext import Json
from searchengine.export.blocks import Block, Call, blocks
from searchengine.export.layer_text import import_lines, together

WEIGHTS_FILE = "weights.safetensors"
WIDTH = 100

_RESERVED = frozenset(
    ("INPUTS", "CLASSES", "ORIGIN", "PARAMETERS", "MULTIPLY_ADDS", "SUMMED", "Network", "Path", "Tensor")
)

# How many numbers each output number of a layer is a sum over: times the outputs, its multiply-adds.
_SUMMED = {
    "Conv": "layer.weight[0].numel()",
    "Linear": "layer.weight[0].numel()",
    "ITGM": "layer.spatial[0].numel() * layer.kernel[0]",
}


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
    parts = [head, *bodies, *writer.classes, network, _counting(nodes), _ending(architecture)]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(architecture: Architecture) -> str:
    inputs = ", ".join(
        f"{_last(name)} {_shape(architecture.node(name).shape)}" for name in architecture.inputs
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
        arguments = [_last(name) for name in block.inputs]
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
        lines, comments = _forward(block, arguments)
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


def _forward(block: Block, arguments: list[str]) -> tuple[list[str], list[str]]:
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
        comments.append(", ".join(_shape(shape) for shape in call.shapes))
    lines.append(f"        return {', '.join(names[value] for value in block.outputs)}")
    comments.append("")
    return lines, comments


def _variable(call: Call, value: str, taken: set[str]) -> str:
    wanted = call.attribute.replace(".", "_") if len(call.writes) == 1 else _last(value)
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
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


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _shape(shape: Sequence[int]) -> str:
    return f"(B, {', '.join(map(str, shape))})"


def _literal(value: object) -> str:
    return '"' + value + '"' if isinstance(value, str) and value.isidentifier() else repr(value)


def _counting(nodes: Sequence[Node]) -> str:
    """A function that counts multiply-adds while a batch passes; kinds it cannot count itself bring a
    number."""
    with_macs = [node for node in nodes if node.macs]
    known = sorted({node.entry.layer_class for node in with_macs} & set(_SUMMED))
    others = {node.name: node.macs for node in with_macs if node.entry.layer_class not in _SUMMED}
    rows = [f"    {name}: lambda layer: {_SUMMED[name]}," for name in known]
    extra = f" + sum({others!r}.values())" if others else ""
    return "\n".join(
        [
            "# How many products are summed for each output number of a layer.",
            "SUMMED = {",
            *rows,
            "}",
            "",
            "",
            "def multiply_adds(network: Network, *inputs: Tensor) -> int:",
            '    """Multiply-adds of convolutions and linear layers for one sample, counted in a pass."""',
            "    found = []",
            "",
            "    def count(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:",
            "        found.append(SUMMED[type(layer)](layer) * output[0].numel())",
            "",
            "    counted = [layer for layer in network.modules() if type(layer) in SUMMED]",
            "    hooks = [layer.register_forward_hook(count) for layer in counted]",
            "    with torch.no_grad():",
            "        network(*inputs)",
            "    for hook in hooks:",
            "        hook.remove()",
            f"    return sum(found){extra}",
        ]
    )


def _ending(architecture: Architecture) -> str:
    return f'''
def load(weights: str | Path | None = None) -> Network:
    """The network with its trained weights (by default those beside this file), ready to classify."""
    network = Network()
    path = Path(weights) if weights is not None else Path(__file__).resolve().with_name("{WEIGHTS_FILE}")
    network.load_state_dict(load_file(str(path)), strict=True)
    return network.eval()


def main() -> None:
    network = load()
    generator = torch.Generator().manual_seed(0)
    batch = [torch.randn(2, *shape, generator=generator) for shape in INPUTS.values()]
    with torch.no_grad():
        logits = network(*batch)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert parameters == PARAMETERS, f"expected {{PARAMETERS}} parameters, got {{parameters}}"
    counted = multiply_adds(network, *batch)
    assert counted == MULTIPLY_ADDS, f"expected {{MULTIPLY_ADDS}} multiply-adds, got {{counted}}"
    assert logits.shape == (2, CLASSES), f"expected {{(2, CLASSES)}}, got {{tuple(logits.shape)}}"
    assert torch.isfinite(logits).all(), "expected finite logits"
    for name, tensor in zip(INPUTS, batch, strict=True):
        print(f"input {{name}}: {{tuple(tensor.shape)}}")
    print(f"output: {{tuple(logits.shape)}}")
    print(f"parameters: {{parameters:,}}")
    print(f"multiply-adds for one sample: {{counted:,}}")


if __name__ == "__main__":
    main()
'''


def inputs_of(architecture: Architecture) -> Mapping[str, tuple[int, ...]]:
    """The written network's inputs by argument name, in order, shapes without the batch axis."""
    return {_last(name): tuple(architecture.node(name).shape) for name in architecture.inputs}
