"""Networks that read clips, their optical flow, or both, on data that holds flow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from searchengine import catalogue
from searchengine.architecture.builder import Builder
from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.setting import DataSummary, Fidelity, Setting
from searchengine.data.flow import flow_settings
from searchengine.data.manifest import Manifest, Preparation
from searchengine.data.prepare import prepare

from .specs import weights_of

MOVING = DataSummary(
    slug="moving",
    title="Moving",
    fingerprint="0" * 32,
    modality="clips",
    shape=(1, 5, 16, 16),
    classes=("left", "right", "still"),
    sizes={"train": 60, "validation": 20, "test": 20},
    flow=True,
)


class Streams:
    """A space of networks with a convolution an input; the genome lists the inputs."""

    def check(self, genome: Json) -> None:
        assert genome["reads"]

    def describe(self, genome: Json, setting: Setting) -> Architecture:
        b = Builder(setting)
        ends = []
        for name in genome["reads"]:
            x = b.conv(b.input(name), 4, kernel=(1, 3, 3), name=f"{name}_space")
            x = b.conv(x, 4, kernel=(3, 1, 1), dilation=(2, 1, 1), name=f"{name}_time")
            x = b.activation(b.norm(x, name=f"{name}_norm"), name=f"{name}_relu")
            ends.append(b.pool(x, "max", kernel=(1, 3, 3), stride=(1, 2, 2), padding=0, ceil=True))
        fused = b.weighted_sum(*ends, name="fused")
        logits = b.linear(b.mean(fused, axes=("T", "H", "W"), name="mean"), setting.classes, name="dense")
        return b.finish(features=(fused,), output=logits)


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Streams:
    """The space of these networks, found under any name."""
    space = Streams()
    monkeypatch.setattr(catalogue, "space", lambda slug, params, data: space)
    monkeypatch.setattr(catalogue, "export_files", lambda slug: None)
    return space


def streams_spec(
    folder: Path, *reads: tuple[str, ...], data: DataSummary = MOVING, resolution: int = 1, **changes: Any
) -> Json:
    """The JSON of an export of networks that read these inputs, weights beside it in ``folder``."""
    fidelity = Fidelity(resolution=resolution)
    rows = []
    for number, names in enumerate(reads):
        genome = {"reads": list(names)}
        path = folder / f"weights-{number}.safetensors"
        weights_of(Streams().describe(genome, data.setting(fidelity)), path, number)
        rows.append(
            {"genome": genome, "space": "streams", "weights": str(path), "fidelity": fidelity.to_json()}
        )
    channels = data.shape[0]
    preparation = {
        "scale": 1 / 200, "offset": 0.1, "mean": [0.4] * channels, "std": [0.3] * channels,
        "flow": flow_settings("auto", data.shape[-1]).to_json(),
    }  # fmt: skip
    kind = "network" if len(rows) == 1 else "ensemble"
    spec = {"kind": kind, "members": rows, "data": data.to_json(), "preparation": preparation}
    return loads(dumps({**spec, **changes}))


def moving_clips(count: int, frames: int, side: int, channels: int, seed: int = 0) -> NDArray[np.uint8]:
    """Clips (N, T, H, W, C) of random smooth pictures that wander, so that their flow is not nothing."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, side // 4, side // 4, channels))
    pictures = np.kron(coarse, np.ones((1, 4, 4, 1)))
    blurred = sum(np.roll(pictures, (dy, dx), (1, 2)) for dy in range(3) for dx in range(3)) / 9
    step = rng.integers(-2, 3, (count, 2))
    clips = [
        [np.roll(picture, (dy * t, dx * t), (0, 1)) for t in range(frames)]
        for picture, (dy, dx) in zip(blurred, step, strict=True)
    ]
    return np.array(clips).astype(np.uint8)


def prepared(folder: Path, method: str, channels: int, side: int = 16) -> Manifest:
    """Clips prepared in ``folder`` with flow by that method."""
    clips = moving_clips(24, 5, side, channels)
    np.savez_compressed(folder / "clips.npz", x=clips, y=np.arange(24) % 3)
    return prepare(str(folder / "clips.npz"), folder, Preparation(flow=method))  # type: ignore[arg-type]
