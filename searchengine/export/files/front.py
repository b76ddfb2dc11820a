"""A front of networks, from cheap to accurate: take the most accurate one that fits.

    python front.py [--most-macs N] [--most-parameters N] [--most-latency N]

Latency is in milliseconds, by the table that the search went by, where it went by one. Without a limit that
is the most accurate of all. Run so, this file lists the networks, loads the chosen one, passes a batch
through and prints what came out. It needs torch and safetensors.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

HERE = Path(__file__).resolve().parent
FRONT: dict[str, Any] = json.loads((HERE / "front.json").read_text(encoding="utf-8"))
LIMITS = {
    "--most-macs": "most_macs",
    "--most-parameters": "most_parameters",
    "--most-latency": "most_latency",
}
UNITS = {"macs": "multiply-adds", "parameters": "parameters", "latency_ms": "ms"}


def choose(
    most_macs: float | None = None,
    most_parameters: float | None = None,
    most_latency: float | None = None,
) -> dict[str, Any]:
    """The entry of front.json that is most accurate within the limits (of equals the cheapest). Raises
    ``ValueError`` when none is, and for a limit in ms where no latency is known."""
    networks = FRONT["networks"]
    limits = {"macs": most_macs, "parameters": most_parameters, "latency_ms": most_latency}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    if not given.keys() <= networks[0].keys():
        raise ValueError("the latency of these networks is not known; limit multiply-adds or parameters")
    fitting = [entry for entry in networks if all(entry[name] <= limit for name, limit in given.items())]
    if not fitting:
        least = {name: min(entry[name] for entry in networks) for name in UNITS if name in networks[0]}
        words = ", ".join(told(name, value) for name, value in least.items())
        raise ValueError(f"no network of this front fits; the least of each is {words}")
    return max(fitting, key=lambda entry: (entry["value"], -entry["macs"], -entry["parameters"]))


def told(name: str, value: float) -> str:
    """``310,400 multiply-adds``, ``0.83 ms``."""
    return f"{value:.4g} {UNITS[name]}" if name == "latency_ms" else f"{value:,} {UNITS[name]}"


def load(
    most_macs: float | None = None,
    most_parameters: float | None = None,
    most_latency: float | None = None,
) -> nn.Module:
    """The network of :func:`choose` with its trained weights, ready to classify."""
    network: nn.Module = read_module(choose(most_macs, most_parameters, most_latency)).load()
    return network


def read_module(entry: dict[str, Any]) -> ModuleType:
    """The model file of an entry, whatever the working directory."""
    sys.dont_write_bytecode = True  # the folder stays as its checksums say
    path = HERE / entry["folder"] / "model.py"
    spec = importlib.util.spec_from_file_location(f"front_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def limits_of(arguments: list[str]) -> dict[str, float]:
    """``--most-macs 4e6`` and the like as arguments of :func:`choose`. Raises ``ValueError``."""
    found = {}
    left = list(arguments)
    while left:
        name = left.pop(0)
        if name not in LIMITS or not left:
            raise ValueError(f"expected {' N or '.join(LIMITS)} N, got {name}")
        found[LIMITS[name]] = float(left.pop(0))
    return found


def main(arguments: list[str]) -> int:
    try:
        entry = choose(**limits_of(arguments))
    except ValueError as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 2
    print(f"networks: {len(FRONT['networks'])}, by {FRONT['metric']} on validation")
    for one in FRONT["networks"]:
        mark = "*" if one is entry else " "
        size = ", ".join(told(name, one[name]) for name in UNITS if name in one)
        print(f"{mark} {one['folder']}: {one['value']:.4f}, {size}")
    module = read_module(entry)
    network = module.load()
    generator = torch.Generator().manual_seed(0)
    batch = [torch.randn(2, *shape, generator=generator) for shape in module.INPUTS.values()]
    with torch.no_grad():
        logits = network(*batch)
    assert logits.shape == (2, module.CLASSES), f"expected {(2, module.CLASSES)}, got {tuple(logits.shape)}"
    assert torch.isfinite(logits).all(), "expected finite logits"
    print()
    for name, tensor in zip(module.INPUTS, batch, strict=True):
        print(f"input {name}: {tuple(tensor.shape)}")
    print(f"output: {tuple(logits.shape)}")
    print(f"parameters: {sum(parameter.numel() for parameter in network.parameters()):,}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
