"""The recipe of a run: precision and memory layout, part of the protocol. Loads without torch.

Chosen once at launch, written into every job, the same for all candidates, the control and resumes. Where
nothing was measured it is float32 with channels innermost, which was as fast or faster on every CPU and
network tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import Json, loads
from searchengine.core.setting import DataSummary

CALIBRATION_FILE = "calibration.json"
EXACT_PRESETS = frozenset({"demo"})
Precision = Literal["float32", "bf16"]
MemoryFormat = Literal["contiguous", "channels_last"]


@dataclass(frozen=True)
class Recipe:
    """``precision`` of forward and backward (weights are float32 always), ``memory_format`` of images and
    clips, ``micro_batch``: the most samples that go through at once (None: the whole batch); a batch above it
    is accumulated, and normalisation layers then see the smaller part."""

    precision: Precision = "float32"
    memory_format: MemoryFormat = "channels_last"
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
            raise InvalidParams(dict.fromkeys(unknown, f"a recipe has no such part; known are {known}"))
        return cls(**value)


def recipe_for(var: Path, data: DataSummary, preset: str | None, device: str = "cpu") -> Recipe:
    """The recipe of a run launched now: what calibration found fastest for this device class and the data's
    size class, or the default where nothing was measured. The preset ``demo`` is float32 everywhere."""
    return (None if preset in EXACT_PRESETS else _measured(var, data, device)) or Recipe()


def is_calibrated(var: Path, data: DataSummary, device: str = "cpu") -> bool:
    """Whether recipes were timed for this device class and the data's size class."""
    return _measured(var, data, device) is not None


def _measured(var: Path, data: DataSummary, device: str) -> Recipe | None:
    """What is stored; None when nothing is, or nothing readable."""
    try:
        stored = loads((var / CALIBRATION_FILE).read_bytes())
        return Recipe.from_json(stored[device_class(device)][size_class(data)]["recipe"])
    except (OSError, KeyError, TypeError, ValueError, InvalidParams):
        return None


def size_class(data: DataSummary) -> str:
    """Data alike enough to share a recipe: ``images 32``, ``clips 16x32``; sizes rounded up to a power of
    two."""
    sizes = (data.smallest_side,) if data.modality == "images" else (data.shape[1], data.smallest_side)
    return f"{data.modality} {'x'.join(str(1 << max(3, (size - 1).bit_length())) for size in sizes)}"


def device_class(device: str = "cpu") -> str:
    """The name of the processor or accelerator that ``device`` stands for, read without torch."""
    if device.startswith("cuda"):
        return f"cuda {_first_value(Path('/proc/driver/nvidia/gpus').glob('*/information'), 'Model')}"
    matrix = " ".join(
        flag for flag in ("avx512_bf16", "amx_bf16") if flag in _first_value([_CPU], "flags").split()
    )
    return f"cpu {_first_value([_CPU], 'model name')} {matrix}".strip()


_CPU = Path("/proc/cpuinfo")


def _first_value(files: Iterable[Path], name: str) -> str:
    """The value of the first line ``name : value`` in the first readable file; ``unknown`` without one."""
    for path in files:
        try:
            lines = path.read_text().splitlines()
        except OSError:
            continue
        for text in lines:
            key, _, value = text.partition(":")
            if key.strip() == name:
                return value.strip()
    return "unknown"
