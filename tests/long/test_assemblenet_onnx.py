"""A whole network of AssembleNet as ONNX; the exporter takes a minute for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from searchengine.core.setting import Setting
from searchengine.export.onnx_file import output_of, write_onnx
from searchengine.export.source import inputs_of
from searchengine.methods.assemblenet.describe import Frame, describe
from searchengine.nets.build import build

from ..engine.export.specs import shaken
from ..engine.export.streams import moving_clips
from ..engine.methods.assemblenet.published import FUSED

pytestmark = pytest.mark.long


def test_onnx_computes_flow_fusions_and_votes_over_frames(tmp_path: Path) -> None:
    frame = Frame(head="frame_softmax", dropout=0.5, flow="tvl1")
    architecture = describe(FUSED, Setting({"clip": (1, 4, 12, 12)}, 5), frame)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = shaken(build(architecture), 1)
    write_onnx(network, dict(inputs_of(architecture)), tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_inputs()] == ["clip"]
    for batch in (1, 3):
        clip = moving_clips(batch, 4, 12, 1, seed=batch).transpose(0, 4, 1, 2, 3).astype(np.float32) / 255
        wanted = output_of(network, (torch.from_numpy(clip),)).numpy()
        (found,) = session.run(None, {"clip": clip})
        assert np.ptp(wanted, axis=1).min() > 1e-2
        assert np.allclose(found, wanted, atol=1e-3 * max(1.0, float(np.abs(wanted).max())))
