"""Batches by index, straight from memory-mapped bytes; transforms run on whole batches on the device."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from searchengine.core.errors import DataRefused
from searchengine.core.setting import Fidelity
from searchengine.data.augmentation import FLOW, Augmentation, augment
from searchengine.data.manifest import Manifest
from searchengine.data.prepared import Part

_NO_AUGMENTATION = Augmentation()
_SCORING_VALUES = 1 << 22
_RESIDENT: dict[tuple[int, torch.device], Tensor] = {}


FLOW_STEP = 1 / 127
"""What one step of a stored displacement is worth in the network's input, which lies in [-1, 1]."""


class Batch(NamedTuple):
    """The network's inputs in order, each (B, C, H, W) or (B, C, T, H, W), and targets (B, classes): rows of
    probabilities that sum to 1, or with several labels a sample one probability a class. ``cells`` are cell
    targets where a method mixes samples in cells."""

    inputs: tuple[Tensor, ...]
    y: Tensor
    cells: Tensor | None = None

    @property
    def x(self) -> Tensor:
        """The first input: the images or clips themselves."""
        return self.inputs[0]


class Batches:
    """One part of a data set on a device.

    On a CPU the bytes stay in the memory-mapped file; on a GPU the whole part is resident as bytes. ``take``
    picks samples by index, augments the bytes, normalises with the training part's mean and std, and reduces
    the resolution by averaging when the fidelity asks for it. ``inputs`` names what a network reads, in its
    order (the data's own input alone by default); flow is stored in steps of 1/127 of its largest
    displacement and keeps that unit at every resolution.
    """

    def __init__(
        self,
        part: Part,
        manifest: Manifest,
        device: torch.device,
        *,
        inputs: Sequence[str] = (),
        fidelity: Fidelity | None = None,
        memory_format: str = "contiguous",
        label_smoothing: float = 0.0,
    ) -> None:
        summary = manifest.summary
        self.fidelity = fidelity or Fidelity()
        self.device = device
        self.classes = len(summary.classes)
        self.mirror_safe = summary.mirror_safe
        self._names = tuple(inputs) or (summary.input_name,)
        stored = {summary.input_name: part.x, FLOW: part.flow}
        self._stored = {name: resident(_there(stored, name, summary.slug), device) for name in self._names}
        self._y = torch.from_numpy(part.y).to(device)
        clips = part.x.ndim == 5
        self._format = _memory_format(memory_format, clips)
        shape = (1, -1, 1, 1, 1) if clips else (1, -1, 1, 1)
        std = torch.tensor(manifest.std, dtype=torch.float64)
        mean = torch.tensor(manifest.mean, dtype=torch.float64)
        self._gain = (manifest.scale / std).float().reshape(shape).to(device)
        self._bias = ((manifest.offset - mean) / std).float().reshape(shape).to(device)
        self._several = summary.labels == "multi"
        self._smoothing = label_smoothing
        off = label_smoothing / self.classes
        self._targets = (torch.eye(self.classes) * (1.0 - label_smoothing) + off).to(device)

    def __len__(self) -> int:
        return len(self._y)

    @property
    def scoring_size(self) -> int:
        """Samples to score at once: at most 256, fewer of large ones. A number of the shape alone, because
        the last bits of a network's output may depend on it."""
        values = sum(stored[0].numel() for stored in self._stored.values())
        return max(8, min(256, _SCORING_VALUES // values))

    def labels(self, index: Tensor | slice) -> Tensor:
        """Of the samples at ``index``: class indices (B,), or with several labels a sample ones and zeros
        (B, classes)."""
        return self._y[index]

    def take(
        self,
        index: Tensor | slice,
        augmentation: Augmentation = _NO_AUGMENTATION,
        rng: np.random.Generator | None = None,
    ) -> Batch:
        """The samples at ``index`` (B,) as a batch. ``rng`` draws the augmentation."""
        stored = {name: values[index] for name, values in self._stored.items()}
        if rng is not None:
            flip = augmentation.flip and self.mirror_safe
            stored = augment(stored, Augmentation(augmentation.shift, flip, augmentation.noise), rng)
        inputs = []
        for name, values in stored.items():
            x = values.to(torch.float32, memory_format=self._format)
            x = x.mul_(FLOW_STEP) if name == FLOW else x.mul_(self._gain).add_(self._bias)
            if rng is not None and augmentation.noise and name != FLOW:
                x = x.add_(torch.randn_like(x), alpha=augmentation.noise)
            inputs.append(self._reduced(x))
        return Batch(tuple(inputs), self._soft(self._y[index]))

    def _soft(self, labels: Tensor) -> Tensor:
        if not self._several:
            return self._targets[labels]
        targets = labels.to(torch.float32)
        return targets * (1.0 - self._smoothing) + 0.5 * self._smoothing if self._smoothing else targets

    def _reduced(self, x: Tensor) -> Tensor:
        by = self.fidelity.resolution
        if by == 1:
            return x
        return F.avg_pool3d(x, (1, by, by)) if x.ndim == 5 else F.avg_pool2d(x, by)


def _there(stored: dict[str, NDArray[Any] | None], name: str, slug: str) -> NDArray[Any]:
    values = stored.get(name)
    if values is None:
        raise DataRefused(f"the network reads {name}, which {slug} does not hold; prepare {slug} with {name}")
    return values


def resident(array: NDArray[Any], device: torch.device) -> Tensor:
    """``array`` as a tensor on ``device``. On a CPU that is the array itself (a memory-mapped file stays
    one); on any other device a copy that stays there, for all jobs to come, as long as the array lives."""
    if device.type == "cpu":
        with warnings.catch_warnings():
            # The map is read-only on purpose, and every path from here copies.
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            return torch.from_numpy(array)
    key = (id(array), device)
    if key not in _RESIDENT:
        _RESIDENT[key] = torch.from_numpy(np.array(array)).to(device)
        weakref.finalize(array, _RESIDENT.pop, key, None)
    return _RESIDENT[key]


class Order:
    """Which samples come in which batch: every epoch a fresh permutation by the job's generator, whole
    batches only (a smaller last one joins nothing; a part smaller than a batch is one batch).

    ``members`` are the indices in use (the fidelity's share). State for checkpoints: ``permutation``,
    ``position``.
    """

    def __init__(self, members: NDArray[np.int64], batch: int, rng: np.random.Generator) -> None:
        self._members, self._rng = members, rng
        self.batch = min(batch, len(members))
        self.permutation = np.empty(0, dtype=np.int64)
        self.position = 0

    def next(self) -> Tensor:
        """Indices (B,) of the next batch."""
        if self.position + self.batch > len(self.permutation):
            self.permutation, self.position = self._rng.permutation(self._members), 0
        chosen = self.permutation[self.position : self.position + self.batch]
        self.position += self.batch
        return torch.from_numpy(chosen)


def members(part: Part, manifest: Manifest, share: float) -> NDArray[np.int64]:
    """The samples that a fidelity's ``share`` in (0, 1] uses: the same for every job of a data set, classes
    in proportion, and a smaller share within a larger one."""
    count = max(1, round(len(part.y) * share))
    if count >= len(part.y):
        return np.arange(len(part.y))
    rng = np.random.default_rng(int(manifest.summary.fingerprint[:15], 16))
    strata = part.y if part.y.ndim == 1 else _rarest(part.y)
    place = np.empty(len(part.y))
    for label in np.unique(strata):
        own = rng.permutation(np.flatnonzero(strata == label))
        place[own] = (np.arange(len(own)) + 0.5) / len(own)
    return np.sort(np.argsort(place, kind="stable")[:count])


def _rarest(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Of every sample with several labels (N, classes) the class that is rarest in all; -1 without any."""
    counts = labels.sum(axis=0, dtype=np.int64)
    held = np.where(labels > 0, counts, np.iinfo(np.int64).max)
    return np.where(labels.any(axis=1), held.argmin(axis=1), -1)


def _memory_format(name: str, clips: bool) -> torch.memory_format:
    if name == "contiguous":
        return torch.contiguous_format
    return torch.channels_last_3d if clips else torch.channels_last
