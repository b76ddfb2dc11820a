"""What stands in a prepared data set's ``manifest.json``, and how it was prepared."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from searchengine.core.errors import DataRefused
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.setting import DataSummary
from searchengine.data.flow import FLOW_NAMES, FlowName, FlowSettings

FORMAT = 1
MANIFEST_FILE = "manifest.json"
Colour = Literal["rgb", "grey"]


@dataclass(frozen=True)
class Preparation:
    """How raw data becomes a prepared set. None means: as the data suggests.

    ``side`` is the height and width in pixels, ``frames`` the clip length, ``colour`` the channels; ``seed``
    fixes the split and ``noise_seed`` the drawn motion of built-in clips; ``validation`` and ``test`` are
    shares in (0, 1) for data that brings no test part of its own; ``group`` is a regular expression whose
    first group, matched on a sample's relative path, names what must stay within one part (a person, a
    scene); ``mirror_safe`` says whether a horizontal flip keeps the class; ``name`` overrides the set's own
    name; ``flow`` adds optical flow to clips: its settings, a method by name (``auto`` chooses by the side),
    or ``none`` where the set would bring it by itself. A prepared set's manifest holds the settings.
    """

    side: int | None = None
    frames: int | None = None
    colour: Colour | None = None
    seed: int = 0
    noise_seed: int = 0
    validation: float = 0.2
    test: float = 0.2
    group: str | None = None
    mirror_safe: bool | None = None
    name: str | None = None
    flow: FlowSettings | FlowName | None = None

    def __post_init__(self) -> None:
        _within("side", self.side, 4, 1024)
        _within("frames", self.frames, 2, 512)
        _within("seed", self.seed, 0, 2**63 - 1)
        _within("noise_seed", self.noise_seed, 0, 2**63 - 1)
        if self.colour not in (None, "rgb", "grey"):
            raise DataRefused(f"colour must be rgb or grey, got {self.colour!r}")
        if self.name is not None and not (0 < len(self.name.strip()) <= 100 and self.name.isprintable()):
            raise DataRefused(f"a name has 1 to 100 printable characters, got {self.name[:40]!r}")
        if isinstance(self.flow, str) and self.flow not in FLOW_NAMES:
            raise DataRefused(f"flow is {', '.join(FLOW_NAMES)}, got {self.flow[:40]!r}")
        for label, share in (("validation", self.validation), ("test", self.test)):
            if not 0.0 < share < 1.0:
                raise DataRefused(f"the {label} share must lie between 0 and 1, got {share}")
        if self.validation + self.test > 0.9:
            raise DataRefused(
                f"validation and test take {self.validation + self.test:.0%} of the samples; leave at least"
                " 10 % to train on"
            )

    def to_json(self) -> Json:
        """``flow`` is left out where there is none: sets from before it was known keep their fingerprint."""
        value = asdict(self)
        del value["flow"]
        if self.flow is not None:
            value["flow"] = self.flow.to_json() if isinstance(self.flow, FlowSettings) else self.flow
        return value

    @classmethod
    def from_json(cls, value: Json) -> Preparation:
        flow = value.get("flow")
        return cls(**{**value, "flow": FlowSettings.from_json(flow) if isinstance(flow, dict) else flow})


class Fault(NamedTuple):
    """One sample that could not be used, or was used with a repair (``used``): where, and why in words."""

    where: str
    reason: str
    used: bool = False


@dataclass(frozen=True)
class Manifest:
    """A prepared set. ``scale`` and ``offset`` turn a stored byte b into the value b × scale + offset;
    ``mean`` and ``std`` are a channel's, of those values over the training part; ``files`` maps each array's
    relative path to its SHA-256; ``faults`` holds the first hundred, ``fault_count`` says how many there
    were."""

    summary: DataSummary
    preparation: Preparation
    scale: float
    offset: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    files: dict[str, str]
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0
    class_sizes: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def flow(self) -> FlowSettings | None:
        """How the stored optical flow was computed; None where there is none."""
        return self.preparation.flow if isinstance(self.preparation.flow, FlowSettings) else None

    def to_json(self) -> Json:
        return {
            "format": FORMAT,
            "summary": self.summary.to_json(),
            "preparation": self.preparation.to_json(),
            "scale": self.scale,
            "offset": self.offset,
            "mean": list(self.mean),
            "std": list(self.std),
            "files": self.files,
            "faults": [fault._asdict() for fault in self.faults],
            "fault_count": self.fault_count,
            "class_sizes": self.class_sizes,
        }

    @classmethod
    def from_json(cls, value: Json) -> Manifest:
        if value.get("format") != FORMAT:
            raise DataRefused(
                f"this data set was prepared in format {value.get('format')}, expected {FORMAT}; prepare it"
                " again"
            )
        return cls(
            summary=DataSummary.from_json(value["summary"]),
            preparation=Preparation.from_json(value["preparation"]),
            scale=value["scale"],
            offset=value["offset"],
            mean=tuple(value["mean"]),
            std=tuple(value["std"]),
            files=value["files"],
            faults=tuple(Fault(**fault) for fault in value["faults"]),
            fault_count=value["fault_count"],
            class_sizes=value["class_sizes"],
        )


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a prepared set's folder. Raises ``DataRefused`` when it is missing or unreadable."""
    path = folder / MANIFEST_FILE
    try:
        return Manifest.from_json(loads(path.read_bytes()))
    except FileNotFoundError:
        raise DataRefused(f"there is no prepared data set in {folder.name}; prepare it first") from None
    except (KeyError, TypeError, ValueError, OSError) as error:
        if isinstance(error, DataRefused):
            raise
        raise DataRefused(
            f"the manifest of data set {folder.name} cannot be read ({error}); prepare it again"
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST_FILE).write_text(dumps(manifest.to_json()), encoding="utf-8")


def _within(label: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise DataRefused(f"{label} must lie between {low} and {high}, got {value}")
