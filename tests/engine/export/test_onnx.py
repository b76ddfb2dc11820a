"""Layers that ONNX might round or cut otherwise give the same numbers there, for any batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from searchengine.architecture.builder import Builder, Ref
from searchengine.architecture.graph import Architecture
from searchengine.core.setting import Setting
from searchengine.export.onnx_file import output_of, write_onnx
from searchengine.export.source import inputs_of
from searchengine.nets.build import build

from .specs import shaken


def ended(b: Builder, x: Ref) -> Architecture:
    return b.finish(features=(x,), output=b.linear(b.mean(x, axes=("T", "H", "W")), 3, name="dense"))


def by_frame(b: Builder, clip: Ref) -> Architecture:
    x = b.conv(clip, 4, kernel=3, name="stem")
    frames = b.conv(b.mean(x, axes=("H", "W")), 3, kernel=1, bias=True, init="small", name="dense")
    return b.finish(features=(x,), output=b.frame_softmax(frames))


def pooled(b: Builder, clip: Ref) -> Architecture:
    """Windows whose last one begins inside, with padding and without, overlapping and not."""
    x = b.conv(clip, 4, kernel=(3, 1, 1), dilation=(2, 1, 1), name="time")
    plain = b.pool(x, "max", kernel=(1, 2, 2), padding=(0, 0, 1), ceil=True)
    overlapping = b.pool(x, "max", kernel=(2, 3, 3), stride=(1, 2, 2), padding=(1, 0, 0), ceil=True)
    assert (plain.shape, overlapping.shape) == ((4, 6, 5, 5), (4, 7, 4, 4))
    means = b.concat(*(b.mean(one, axes=("T", "H", "W")) for one in (plain, overlapping)))
    return b.finish(features=(plain, overlapping), output=b.linear(means, 3, name="dense"))


def gated(b: Builder, clip: Ref) -> Architecture:
    x, y = b.conv(clip, 4, kernel=3, name="one"), b.conv(clip, 4, kernel=1, name="other")
    return ended(b, b.add(b.weighted_sum(x, y), b.weighted_sum(y), average=True))


def squeezed(b: Builder, clip: Ref) -> Architecture:
    x = b.conv(clip, 4, kernel=3, name="stem")
    gate = b.conv(b.mean(x, axes=("T", "H", "W"), keepdim=True), 4, kernel=1, bias=True, name="gate")
    return ended(b, b.multiply(x, b.activation(gate, "sigmoid")))


def flowing(b: Builder, clip: Ref) -> Architecture:
    return ended(b, b.conv(b.tvl1_flow(clip), 4, kernel=3, name="conv"))


@pytest.mark.parametrize(
    "described", [by_frame, pooled, gated, squeezed, flowing], ids=lambda made: made.__name__
)
def test_onnx_gives_the_engines_output(
    tmp_path: Path, described: Callable[[Builder, Ref], Architecture]
) -> None:
    b = Builder(Setting({"clip": (2, 6, 9, 8)}, classes=3))
    architecture = described(b, b.input("clip"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = shaken(build(architecture), 1)
    write_onnx(network, dict(inputs_of(architecture)), tmp_path / "model.onnx")
    assert b".py" not in (tmp_path / "model.onnx").read_bytes()  # where the exporter notes its sources
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    for batch in (1, 3):
        clip = np.random.default_rng(batch).standard_normal((batch, 2, 6, 9, 8), dtype=np.float32)
        wanted = output_of(network, (torch.from_numpy(clip),)).numpy()
        (found,) = session.run(None, {"clip": clip})
        assert np.allclose(found, wanted, atol=1e-4 * max(1.0, float(np.abs(wanted).max())))
