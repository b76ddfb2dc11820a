"""What the networks of an export read, and how a file's bytes become it: ``preprocessing.json``."""

from __future__ import annotations

from collections.abc import Iterable

from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import Json
from searchengine.export.source import inputs_of
from searchengine.export.spec import ExportRefused, ExportSpec

FLOW = "flow"


def shared_inputs(architectures: Iterable[Architecture]) -> dict[str, tuple[int, ...]]:
    """Names and shapes (without the batch axis) of everything these networks read, by first mention.

    Raises :class:`ExportRefused` where two of them read one input in different shapes.
    """
    found: dict[str, tuple[int, ...]] = {}
    for architecture in architectures:
        for name, shape in inputs_of(architecture).items():
            if found.setdefault(name, shape) != shape:
                raise ExportRefused(
                    f"the networks read {name} in different shapes, {found[name]} and {shape}; export one of"
                    " them alone"
                )
    return found


def preprocessing(spec: ExportSpec, *architectures: Architecture) -> Json:
    """What ``predict.py`` does to a file before the networks see it.

    Raises :class:`ExportRefused` for an input that no file can give.
    """
    data, how = spec.summary(), spec.preparation
    inputs = shared_inputs(architectures)
    if unknown := inputs.keys() - {data.input_name, FLOW}:
        raise ExportRefused(
            f"the network reads {', '.join(sorted(unknown))}, which {data.slug} does not give"
        )
    if FLOW in inputs and how.flow is None:
        raise ExportRefused(
            "the network reads optical flow, and how it was computed is not said; give the settings as"
            " preparation.flow"
        )
    channels, clips = data.shape[0], data.modality == "clips"
    return {
        "input": data.input_name,
        "axes": ["channels", *(["frames"] if clips else []), "height", "width"],
        "shape": list(data.shape),
        "network_inputs": list(inputs),
        "network_shapes": {name: list(shape) for name, shape in inputs.items()},
        "colour": {1: "grey", 3: "rgb"}.get(channels, f"{channels} channels"),
        "resolution": data.shape[-1] // next(iter(inputs.values()))[-1],
        "scale": how.scale,
        "offset": how.offset,
        "mean": list(how.mean) if how.mean is not None else [0.0] * channels,
        "std": list(how.std) if how.std is not None else [1.0] * channels,
        "clip_length": data.shape[1] if clips else None,
        "flow": dict(how.flow) if FLOW in inputs and how.flow is not None else None,
        "resize": "the middle in the network's proportions, bilinear",
        "labels": data.labels,
    }
