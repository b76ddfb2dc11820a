"""The recipe of a run: precision and memory layout, part of the protocol. Loads without torch.

Chosen once at launch, written into every job, the same for all candidates, the control and resumes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import Json

Precision = Literal["float32", "bf16"]
MemoryFormat = Literal["contiguous", "channels_last"]


@dataclass(frozen=True)
class Recipe:
    """``precision`` of forward and backward (weights are float32 always), ``memory_format`` of images and clips,
    ``micro_batch``: the most samples that go through at once (None: the whole batch); a batch above it is
    accumulated, and normalisation layers then see the smaller part."""

    precision: Precision = "float32"
    memory_format: MemoryFormat = "contiguous"
    micro_batch: int | None = None

    def __post_init__(self) -> None:
        wrong = {}
        if self.precision not in get_args(Precision):
            wrong["precision"] = f"choose float32 or bf16, got {self.precision!r}"
        if self.memory_format not in get_args(MemoryFormat):
            wrong["memory_format"] = f"choose contiguous or channels_last, got {self.memory_format!r}"
        if self.micro_batch is not None and self.micro_batch < 1:
            wrong["micro_batch"] = f"expected at least 1 sample, got {self.micro_batch}"
        if wrong:
            raise InvalidParams(wrong)

    def to_json(self) -> Json:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Json) -> Recipe:
        """What is not named keeps its default. Raises ``InvalidParams``."""
        unknown = sorted(set(value) - set(cls.__dataclass_fields__))
        if unknown:
            known = ", ".join(cls.__dataclass_fields__)
            raise InvalidParams({name: f"a recipe has no such part; known are {known}" for name in unknown})
        return cls(**value)
