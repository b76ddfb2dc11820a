"""Runs written source in this process: the module it makes, and whether it is the engine's network."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn

from searchengine.architecture.graph import Architecture
from searchengine.export.source import source
from searchengine.export.weights import deployed_weights
from searchengine.nets.build import build

from .specs import shaken


def module_of(text: str) -> ModuleType:
    module = ModuleType("written")
    exec(compile(text, "written.py", "exec"), module.__dict__)
    return module


def module_at(path: Path) -> ModuleType:
    """The module in the file at ``path``, which knows where it lies."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def samples(architecture: Architecture, batch: int = 2) -> list[Tensor]:
    generator = torch.Generator().manual_seed(5)
    shapes = [architecture.node(name).shape for name in architecture.inputs]
    return [torch.randn(batch, *shape, generator=generator) for shape in shapes]


def check_written(architecture: Architecture, seed: int = 0) -> nn.Module:
    """The written network has the engine's keys, parameters, multiply-adds and outputs."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = shaken(build(architecture), seed)
    module = module_of(source(architecture))
    written: nn.Module = module.Network()
    written.load_state_dict(deployed_weights(architecture, network), strict=True)
    written.eval()
    assert sum(p.numel() for p in written.parameters()) == architecture.parameters == module.PARAMETERS
    inputs = samples(architecture)
    assert module.multiply_adds(written, *inputs) == architecture.macs == module.MULTIPLY_ADDS
    with torch.no_grad():
        assert torch.equal(written(*inputs), network(*inputs))
    return written
