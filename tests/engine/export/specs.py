"""Specs for the tests of this folder: random networks of the chain space with drawn weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from searchengine import catalogue
from searchengine.architecture.graph import Architecture
from searchengine.core.setting import DataSummary
from searchengine.nets.build import build


def images(
    classes: tuple[str, ...] = ("zero", "one", "two"), side: int = 8, channels: int = 1
) -> DataSummary:
    return DataSummary(
        slug="pictures",
        title="Pictures",
        fingerprint="f" * 32,
        modality="images",
        shape=(channels, side, side),
        classes=classes,
        sizes={"train": 60, "validation": 20, "test": 20},
    )


def shaken(network: nn.Module, seed: int) -> nn.Module:
    """The network with drawn running statistics, scales and shifts, so that no norm is the identity."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            drawn = torch.randn(tensor.shape, generator=generator)
            if name.endswith("running_var"):
                tensor.copy_(drawn.abs() + 0.5)
            elif name.endswith(("running_mean", "bias")) or tensor.ndim == 1:
                tensor.copy_(drawn * 0.3 + (1.0 if name.endswith("weight") else 0.0))
    return network.eval()


def weights_of(architecture: Architecture, path: Path, seed: int = 0) -> nn.Module:
    """The built network with drawn weights, which are also stored at ``path``."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = shaken(build(architecture), seed)
    save_file({name: tensor.contiguous().clone() for name, tensor in network.state_dict().items()}, str(path))
    return network


def chain_spec(
    folder: Path, members: int = 1, data: DataSummary | None = None, **changes: Any
) -> dict[str, Any]:
    """The JSON of an export of ``members`` random chain networks, weights beside it in ``folder``."""
    data = data or images()
    space = catalogue.space("chain", {}, data)
    rng = np.random.default_rng(3)
    rows = []
    for number in range(members):
        genome = space.random(rng)
        path = folder / f"weights-{number}.safetensors"
        weights_of(space.describe(genome, data.setting()), path, number)
        rows.append(
            {"genome": genome, "space": "chain", "weights": str(path), "birth": number + 4,
             "metrics": {"accuracy": 0.9, "loss": 0.3}}
        )  # fmt: skip
    spec = {
        "kind": "network" if members == 1 else "ensemble",
        "members": rows,
        "data": data.to_json(),
        "preparation": {"scale": 1 / 16, "offset": 0.0, "mean": [0.3], "std": [0.4], "how": {"side": 8}},
        "lineage": [{"number": 4, "parents": [], "operator": "random"}],
        "run": {"name": "a run", "method": "random_search", "seed": 7},
        "recipe": {"precision": "float32"},
        "metrics": {"accuracy": 0.9},
    }
    return json.loads(json.dumps({**spec, **changes}))
