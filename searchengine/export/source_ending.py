"""How a written file ends: counting multiply-adds, loading the weights, and what it does when run alone."""

from __future__ import annotations

from collections.abc import Sequence

from searchengine.architecture.graph import Architecture, Node

WEIGHTS_FILE = "weights.safetensors"

# How many numbers each output number of a layer is a sum over: times the outputs, its multiply-adds.
_SUMMED = {
    "Conv": "layer.weight[0].numel()",
    "Linear": "layer.weight[0].numel()",
    "ITGM": "layer.spatial[0].numel() * layer.kernel[0]",
}


def counting(nodes: Sequence[Node]) -> str:
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


def ending(architecture: Architecture) -> str:
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
