"""A stored state dict made ready to leave: exactly the deployed network's tensors, as safetensors."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from searchengine.architecture.graph import Architecture
from searchengine.export.spec import ExportRefused
from searchengine.nets.build import build
from searchengine.nets.network import Network


def trained_network(architecture: Architecture, path: Path) -> Network:
    """The engine's network with the weights at ``path``, strictly loaded, in evaluation.

    Raises :class:`ExportRefused` when the file is no safetensors file or of another network.
    """
    with torch.random.fork_rng(devices=[]):  # layers draw first weights from torch's generator when built
        network = build(architecture)
    try:
        network.load_state_dict(load_file(str(path)), strict=True)
    except (SafetensorError, OSError) as error:
        raise ExportRefused(f"the stored weights cannot be read: {error}") from None
    except RuntimeError as error:
        raise ExportRefused(f"the stored weights are of another network: {str(error)[:500]}") from None
    network.eval()
    return network


def deployed_weights(architecture: Architecture, network: nn.Module) -> dict[str, Tensor]:
    """The tensors of the deployed nodes by the engine's names, contiguous; train-only layers stay behind."""
    left_out = tuple(f"{node.name}." for node in architecture.nodes if node.train_only)
    return {
        name: tensor.detach().cpu().contiguous()
        for name, tensor in network.state_dict().items()
        if not name.startswith(left_out or ("\0",))
    }


def write_weights(tensors: dict[str, Tensor], path: Path) -> None:
    """Write a safetensors file that says it was made for torch."""
    save_file(
        {name: tensor.clone() for name, tensor in tensors.items()}, str(path), metadata={"format": "pt"}
    )
