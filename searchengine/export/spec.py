"""What an export is made of, as JSON from outside: parsed strictly, so that every mistake gets a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from searchengine import catalogue
from searchengine.architecture.graph import Architecture
from searchengine.core.errors import DataRefused, EngineError
from searchengine.core.jsontext import Json, loads
from searchengine.core.setting import DataSummary, Fidelity
from searchengine.data.flow import FlowSettings

MOST_MEMBERS = 64


class ExportRefused(EngineError, ValueError):
    """An export cannot be made; the message says why and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Member(_Strict):
    """One network: its genome, the space that describes it with that space's parameters, and its weights.

    ``weights`` is the path of the safetensors file a training job stored; ``fidelity`` is what the network
    was described at (full width and resolution where left out); ``metrics`` are those of validation;
    ``files`` are texts by file name that lie beside it; ``latency_ms`` is its time by the latency table that
    its search went by.
    """

    genome: dict[str, Any]
    space: str
    space_params: dict[str, Any] = Field(default_factory=dict)
    weights: Path
    birth: int | None = None
    metrics: dict[str, float] = Field(default_factory=dict)
    fidelity: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    latency_ms: float | None = None


class Preparation(_Strict):
    """How bytes become the network's input: value = byte × scale + offset, then (value - mean) / std a
    channel.

    ``flow`` says how optical flow was computed, for networks that read it: settings as in the manifest of a
    prepared set. ``how`` is what else the data set's preparation recorded (side, frames, colour, seed ...),
    for the reader.
    """

    scale: float = 1.0 / 255.0
    offset: float = 0.0
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    flow: dict[str, Any] | None = None
    how: dict[str, Any] = Field(default_factory=dict)


class ExportSpec(_Strict):
    """Everything an export needs beside the catalogue.

    ``kind`` is the result's kind; ``data`` a data summary's JSON; ``lineage`` the birth records of the
    members and their ancestors, as in ``lineage.jsonl``; ``run`` facts to print (name, method, params, seed,
    evaluations, ...); ``recipe`` what the members were trained with; ``metrics`` those of the whole result
    on validation; ``review`` the line about approval; ``test`` what the test part said, if a person ever
    opened it.
    """

    kind: Literal["network", "ensemble", "front", "chain", "pool"]
    members: tuple[Member, ...]
    data: dict[str, Any]
    preparation: Preparation = Preparation()
    lineage: tuple[dict[str, Any], ...] = ()
    run: dict[str, Any] = Field(default_factory=dict)
    recipe: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, float] = Field(default_factory=dict)
    review: str = ""
    test: dict[str, Any] | None = None

    @classmethod
    def from_json(cls, value: Json) -> ExportSpec:
        """Raises :class:`ExportRefused` with a sentence a fault."""
        try:
            found = cls.model_validate(value)
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, one['loc'])) or 'spec'}: {one['msg']}" for one in error.errors()]
            raise ExportRefused(f"this is no export: {'; '.join(faults[:8])}") from None
        found.checked()
        return found

    @classmethod
    def read(cls, path: Path) -> ExportSpec:
        """The spec in a JSON file. Raises :class:`ExportRefused`."""
        try:
            value = loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ExportRefused(f"{path} is no readable JSON file: {error}") from None
        if not isinstance(value, dict):
            raise ExportRefused(f"{path} must hold a JSON object, got {type(value).__name__}")
        return cls.from_json(value)

    def checked(self) -> None:
        """Raises :class:`ExportRefused` for what no export can be made of."""
        if self.kind not in ("network", "ensemble", "front"):
            raise ExportRefused(
                f"a result of kind {self.kind!r} cannot be exported yet; export one of its networks instead"
            )
        self.summary()
        if self.preparation.flow is not None:
            try:
                FlowSettings.from_json(self.preparation.flow)
            except DataRefused as refusal:
                raise ExportRefused(f"preparation.flow: {refusal}") from None
        if not self.members:
            raise ExportRefused("there is nothing to export: the result has no members yet")
        if self.kind == "network" and len(self.members) != 1:
            raise ExportRefused(
                f"a network has one member, got {len(self.members)}; export an ensemble instead"
            )
        if len(self.members) > MOST_MEMBERS:
            raise ExportRefused(f"an export holds at most {MOST_MEMBERS} networks, got {len(self.members)}")
        for number, member in enumerate(self.members):
            if not member.weights.is_file():
                raise ExportRefused(
                    f"the weights of member {number} are not in the store any more; train that genome again"
                )

    def summary(self) -> DataSummary:
        try:
            return DataSummary.from_json(dict(self.data))
        except (TypeError, KeyError) as error:
            raise ExportRefused(f"data must be a data set's summary, but: {error}") from None

    def architecture(self, member: Member) -> Architecture:
        """The network that ``member``'s genome describes on this data."""
        data = self.summary()
        fidelity = Fidelity.from_json(dict(member.fidelity)) if member.fidelity else Fidelity()
        space = catalogue.space(member.space, dict(member.space_params), data)
        space.check(dict(member.genome))
        return space.describe(dict(member.genome), data.setting(fidelity))
