"""What a genome is described in: the data's shapes and classes, and how much of everything is spent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal

from searchengine.core.errors import DataRefused
from searchengine.core.jsontext import Json

Modality = Literal["images", "clips"]
Labels = Literal["single", "multi"]
SMALLEST_DIS_SIDE = 12
"""The fewest pixels a side that optical flow by dense inverse search is computed of."""


@dataclass(frozen=True)
class Fidelity:
    """How much an evaluation spends. ``channels`` and ``resolution`` are divisors (1 = full width and side);
    ``samples`` is the share of the training part used, in (0, 1]; ``steps`` are optimiser steps (0 =
    none)."""

    channels: int = 1
    resolution: int = 1
    samples: float = 1.0
    steps: int = 0

    def to_json(self) -> Json:
        return dict(vars(self))

    @classmethod
    def from_json(cls, value: Json) -> Fidelity:
        return cls(**value)


@dataclass(frozen=True)
class Setting:
    """Named input shapes without the batch axis, (C, H, W) for ``image``, (C, T, H, W) for ``clip`` and
    (2, T, H, W) for the ``flow`` that follows a clip; the number of classes; the fidelity. A network belongs
    to a pair (genome, setting)."""

    inputs: dict[str, tuple[int, ...]]
    classes: int
    fidelity: Fidelity = field(default_factory=Fidelity)

    def to_json(self) -> Json:
        return {
            "inputs": {name: list(shape) for name, shape in self.inputs.items()},
            "classes": self.classes,
            "fidelity": self.fidelity.to_json(),
        }

    @classmethod
    def from_json(cls, value: Json) -> Setting:
        return cls(
            inputs={name: tuple(shape) for name, shape in value["inputs"].items()},
            classes=value["classes"],
            fidelity=Fidelity.from_json(value["fidelity"]),
        )


@dataclass(frozen=True)
class DataSummary:
    """What is known of a prepared data set without opening its arrays; the manifest beside them holds it.

    ``shape`` is (C, H, W) for images and (C, T, H, W) for clips; ``sizes`` are samples per part
    (``train``, ``validation``, ``test``); ``labels`` says whether a sample has one label or may have several;
    ``flow`` whether optical flow is stored beside the clips; ``mirror_safe`` is False when a flip would
    change a class.
    """

    slug: str
    title: str
    fingerprint: str
    modality: Modality
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    sizes: dict[str, int]
    labels: Labels = "single"
    flow: bool = False
    mirror_safe: bool = True

    @property
    def input_name(self) -> str:
        return "clip" if self.modality == "clips" else "image"

    @property
    def metric(self) -> str:
        """What a network is judged by: the share of samples whose class is right, or the mean average
        precision where a sample may have several."""
        return "mean_average_precision" if self.labels == "multi" else "accuracy"

    @property
    def smallest_side(self) -> int:
        return min(self.shape[-2:])

    def setting(self, fidelity: Fidelity | None = None) -> Setting:
        """The setting a candidate of this data set is described in at ``fidelity`` (full by default)."""
        fidelity = fidelity or Fidelity()
        height, width = self.shape[-2] // fidelity.resolution, self.shape[-1] // fidelity.resolution
        if height < 1 or width < 1:
            raise DataRefused(
                f"resolution divisor {fidelity.resolution} leaves nothing of"
                f" {self.shape[-2]}×{self.shape[-1]} pixels; choose a smaller one"
            )
        inputs = {self.input_name: (*self.shape[:-2], height, width)}
        if self.flow:
            inputs["flow"] = (2, self.shape[1], height, width)
        return Setting(inputs=inputs, classes=len(self.classes), fidelity=fidelity)

    def to_json(self) -> Json:
        value = asdict(self)
        value["shape"], value["classes"] = list(self.shape), list(self.classes)
        return value

    @classmethod
    def from_json(cls, value: Json) -> DataSummary:
        return cls(**{**value, "shape": tuple(value["shape"]), "classes": tuple(value["classes"])})
