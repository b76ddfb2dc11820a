"""The only place that seeds torch, and the states of every generator for checkpoints.

Torch's own generator draws initial weights and dropout; order and augmentation of samples come from a numpy
generator of the job. Both follow from the job's seed alone.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from searchengine.core.jsontext import Json

_CPU, _CUDA = "generator.torch", "generator.cuda"


def seed_job(seed: int) -> np.random.Generator:
    """Seed torch (all devices) with a job's seed, 0 to 2^63 - 1; the job's numpy generator."""
    torch.manual_seed(seed)
    return np.random.default_rng(seed)


def torch_states(device: torch.device) -> dict[str, Tensor]:
    """The states of torch's generators that a job on ``device`` draws from, as byte tensors."""
    states = {_CPU: torch.get_rng_state()}
    if device.type == "cuda":
        states[_CUDA] = torch.cuda.get_rng_state(device)
    return states


def restore_torch_states(states: dict[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(states[_CPU])
    if device.type == "cuda" and _CUDA in states:
        torch.cuda.set_rng_state(states[_CUDA], device)


def numpy_state(rng: np.random.Generator) -> Json:
    """The generator's state as JSON (PCG64 holds integers only)."""
    return dict(rng.bit_generator.state)


def restore_numpy_state(rng: np.random.Generator, state: Json) -> None:
    rng.bit_generator.state = state
