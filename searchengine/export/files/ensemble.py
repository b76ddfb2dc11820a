"""Several networks as one classifier: the mean of their logits.

Run alone, this file loads every network in ``members``, passes a batch through and prints what came out. It
needs torch and safetensors.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent


class Ensemble(nn.Module):
    """All inputs (B, ...) in the order of INPUTS to logits (B, classes): the mean of what the networks say,
    before any softmax. ``reads`` are the numbers of the inputs that each network takes."""

    def __init__(self, networks: list[nn.Module], reads: list[list[int]]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.reads = reads

    def forward(self, *inputs: Tensor) -> Tensor:
        pairs = zip(self.networks, self.reads, strict=True)
        logits = [network(*[inputs[number] for number in numbers]) for network, numbers in pairs]
        return torch.stack(logits).mean(dim=0)


def member_files() -> list[Path]:
    """The model files of the members, best first."""
    folders = [path for path in (HERE / "members").iterdir() if (path / "model.py").is_file()]
    return [path / "model.py" for path in sorted(folders, key=lambda path: int(path.name))]


def read_module(path: Path) -> ModuleType:
    """The module in the file at ``path``, whatever the working directory."""
    sys.dont_write_bytecode = True  # the folder stays as its checksums say
    spec = importlib.util.spec_from_file_location(f"member_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = [read_module(path) for path in member_files()]
INPUTS = {name: shape for module in MODULES for name, shape in module.INPUTS.items()}  # of one sample
CLASSES = MODULES[0].CLASSES


def load() -> Ensemble:
    """The ensemble with its trained weights, ready to classify."""
    names = list(INPUTS)
    reads = [[names.index(name) for name in module.INPUTS] for module in MODULES]
    return Ensemble([module.load() for module in MODULES], reads).eval()


def main() -> None:
    ensemble = load()
    generator = torch.Generator().manual_seed(0)
    batch = [torch.randn(2, *shape, generator=generator) for shape in INPUTS.values()]
    with torch.no_grad():
        logits = ensemble(*batch)
    parameters = sum(parameter.numel() for parameter in ensemble.parameters())
    expected = sum(module.PARAMETERS for module in MODULES)
    assert parameters == expected, f"expected {expected} parameters, got {parameters}"
    assert logits.shape == (2, CLASSES), f"expected {(2, CLASSES)}, got {tuple(logits.shape)}"
    assert torch.isfinite(logits).all(), "expected finite logits"
    print(f"networks: {len(MODULES)}")
    for name, tensor in zip(INPUTS, batch, strict=True):
        print(f"input {name}: {tuple(tensor.shape)}")
    print(f"output: {tuple(logits.shape)}")
    print(f"parameters: {parameters:,}")


if __name__ == "__main__":
    main()
