"""Networks that read optical flow: ``predict.py`` computes what the engine stored, and says what it lacks."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from searchengine.core.setting import Fidelity
from searchengine.data.batches import Batches
from searchengine.data.flow import flow_settings
from searchengine.data.manifest import Preparation
from searchengine.data.prepare import prepare
from searchengine.data.prepared import open_prepared
from searchengine.export.bundle import write_bundle
from searchengine.export.check import output_of
from searchengine.export.files import predict
from searchengine.export.preprocessing import preprocessing
from searchengine.export.source import source
from searchengine.export.spec import ExportRefused, ExportSpec

from .specs import images, weights_of
from .streams import MOVING, Streams, moving_clips, prepared, streams, streams_spec
from .written import module_at

__all__ = ["streams"]


@pytest.mark.parametrize(("method", "channels"), [("farneback", 1), ("farneback", 3), ("dis", 1), ("dis", 3)])
def test_the_flow_of_a_clip_is_what_the_engine_stored(tmp_path: Path, method: str, channels: int) -> None:
    manifest = prepared(tmp_path, method, channels)
    assert manifest.flow is not None
    part = open_prepared(tmp_path, manifest.summary.fingerprint).train
    assert part.flow is not None
    assert np.abs(part.flow).max() > 50
    for clip, stored in zip(part.x, part.flow, strict=True):
        found = predict.flow(torch.from_numpy(np.array(clip)), manifest.flow.to_json())
        assert found.dtype == np.int8
        assert np.array_equal(found, stored)


def test_the_flow_of_a_video_is_what_the_engine_stored(tmp_path: Path) -> None:
    for label in range(2):
        for number, clip in enumerate(moving_clips(4, 7, 32, 3, seed=label)):
            path = tmp_path / "videos" / str(label) / f"{number}.avi"
            path.parent.mkdir(parents=True, exist_ok=True)
            with av.open(str(path), "w") as container:
                stream = container.add_stream("mjpeg", rate=10)
                stream.width, stream.height, stream.pix_fmt = 32, 32, "yuvj420p"
                for frame in clip:
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
                container.mux(stream.encode())
    wish = Preparation(side=24, frames=5, flow=flow_settings("farneback", 24))
    manifest = prepare(str(tmp_path / "videos"), tmp_path, wish)
    assert manifest.flow is not None
    part = open_prepared(tmp_path, manifest.summary.fingerprint).train
    assert part.flow is not None
    how = {"input": "clip", "shape": list(manifest.summary.shape)}
    shown = [predict.read(path, how)[0] for path in sorted((tmp_path / "videos").rglob("*.avi"))]
    for clip, stored in zip(part.x, part.flow, strict=True):
        (same,) = [one for one in shown if np.array_equal(one.numpy(), clip)]
        assert np.array_equal(predict.flow(same, manifest.flow.to_json()), stored)


@pytest.mark.parametrize(
    ("reads", "method", "resolution"),
    [(("clip", "flow"), "farneback", 1), (("flow", "clip"), "dis", 2), (("flow",), "farneback", 2)],
)
def test_probabilities_are_the_engines(
    streams: Streams, tmp_path: Path, reads: tuple[str, ...], method: str, resolution: int
) -> None:
    manifest = prepared(tmp_path, method, 3)
    assert manifest.flow is not None
    fidelity = Fidelity(resolution=resolution)
    architecture = streams.describe({"reads": reads}, manifest.summary.setting(fidelity))
    folder = tmp_path / "taken"
    folder.mkdir()
    network = weights_of(architecture, folder / "weights.safetensors")
    part = open_prepared(tmp_path, manifest.summary.fingerprint).validation
    batches = Batches(part, manifest, torch.device("cpu"), inputs=architecture.inputs, fidelity=fidelity)
    with torch.no_grad():
        wanted = torch.softmax(network(*batches.take(slice(None)).inputs), dim=1).numpy()

    spec = ExportSpec.from_json(
        streams_spec(
            tmp_path, reads, data=manifest.summary, resolution=resolution,
            preparation={
                "scale": manifest.scale, "offset": manifest.offset, "mean": manifest.mean,
                "std": manifest.std, "flow": manifest.flow.to_json(),
            },
        )
    )  # fmt: skip
    (folder / "model.py").write_text(source(architecture), encoding="utf-8")
    (folder / "preprocessing.json").write_text(json.dumps(preprocessing(spec, architecture)))
    (folder / "classes.json").write_text(json.dumps([0, 1, 2]))
    shutil.copyfile(predict.__file__, folder / "predict.py")
    np.save(tmp_path / "batch.npy", part.x)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert module_at(folder / "predict.py").main([str(tmp_path / "batch.npy"), "--json"]) == 0
    rows = [json.loads(line)["probabilities"] for line in said.getvalue().splitlines()]
    found = [[one["probability"] for one in sorted(row, key=lambda one: one["class"])] for row in rows]
    assert np.allclose(found, wanted, atol=1e-6)


def test_an_export_of_two_streams_and_several_labels_holds(streams: Streams, tmp_path: Path) -> None:
    spec = streams_spec(tmp_path, ("clip", "flow"), data=replace(MOVING, labels="multi"))
    found = write_bundle(ExportSpec.from_json(spec), tmp_path / "export")
    assert [check for check in found.checks if not check.passed] == []
    names = {check.name for check in found.checks}
    assert {"ONNX gives the engine's output", "predict.py gives the engine's class probabilities"} <= names
    how = json.loads((tmp_path / "export" / "preprocessing.json").read_text())
    assert how["network_inputs"] == ["clip", "flow"]
    assert how["network_shapes"] == {"clip": [1, 5, 16, 16], "flow": [2, 5, 16, 16]}
    assert how["flow"] == flow_settings("farneback", 16).to_json()
    card = (tmp_path / "export" / "MODEL_CARD.md").read_text()
    assert "`clip` (1, 5, 16, 16), `flow` (2, 5, 16, 16)" in card
    assert "pip install torch safetensors opencv-python-headless" in card
    assert "It sorts clips: each may have several of 3 labels" in card
    assert "one of" not in card.split("## Limits")[1]
    network = module_at(tmp_path / "export" / "model.py").load()
    np.save(tmp_path / "zeros.npy", np.zeros((1, 5, 16, 16), np.uint8))
    with contextlib.redirect_stdout(io.StringIO()) as said:
        module_at(tmp_path / "export" / "predict.py").main([str(tmp_path / "zeros.npy"), "--json"])
    told = [one["probability"] for one in json.loads(said.getvalue())["probabilities"]]
    zeros = torch.full((1, 1, 5, 16, 16), (0.1 - 0.4) / 0.3), torch.zeros(1, 2, 5, 16, 16)
    wanted = torch.sigmoid(output_of(network, zeros))[0]
    assert told == pytest.approx(sorted(wanted.tolist(), reverse=True), abs=1e-5)


def test_members_of_an_ensemble_may_read_different_inputs(streams: Streams, tmp_path: Path) -> None:
    spec = streams_spec(tmp_path, ("clip",), ("flow", "clip"), resolution=2)
    found = write_bundle(ExportSpec.from_json(spec), tmp_path / "export")
    assert [check for check in found.checks if not check.passed] == []
    ensemble = module_at(tmp_path / "export" / "ensemble.py")
    assert ensemble.INPUTS == {"clip": (1, 5, 8, 8), "flow": (2, 5, 8, 8)}
    clip, flow = torch.randn(2, 1, 5, 8, 8), torch.randn(2, 2, 5, 8, 8)
    members = [module.load() for module in ensemble.MODULES]
    with torch.no_grad():
        logits = [members[0](clip), members[1](flow, clip)]
        assert torch.allclose(ensemble.load()(clip, flow), torch.stack(logits).mean(0))


def test_a_network_that_reads_no_flow_needs_no_opencv(streams: Streams, tmp_path: Path) -> None:
    spec = ExportSpec.from_json(streams_spec(tmp_path, ("clip",)))
    how = preprocessing(spec, spec.architecture(spec.members[0]))
    assert how["flow"] is None
    assert "optical flow" not in predict.describe(how)


def test_what_is_missing_is_said(streams: Streams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ExportSpec.from_json(streams_spec(tmp_path, ("clip", "flow")))
    how = preprocessing(spec, spec.architecture(spec.members[0]))
    assert predict.describe(how).endswith("grey, and its optical flow (farneback, by OpenCV)")
    np.save(tmp_path / "floats.npy", np.zeros((1, 5, 16, 16), np.float32))
    with pytest.raises(predict.Refused, match=r"clip, flow together; give floats.npy as bytes"):
        predict.read(tmp_path / "floats.npy", how)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(predict.Refused, match="pip install opencv-python-headless"):
        predict.network_inputs(torch.zeros(1, 1, 5, 16, 16, dtype=torch.uint8), how)


def test_flow_without_its_settings_or_with_wrong_ones_is_refused(streams: Streams, tmp_path: Path) -> None:
    spec = ExportSpec.from_json(streams_spec(tmp_path, ("clip", "flow"), preparation={}))
    with pytest.raises(ExportRefused, match=r"how it was computed is not said; .* preparation\.flow"):
        write_bundle(spec, tmp_path / "export")
    with pytest.raises(ExportRefused, match=r"preparation\.flow: .* farneback or dis, got 'tvl1'"):
        ExportSpec.from_json(
            streams_spec(tmp_path, ("flow",), preparation={"flow": {"method": "tvl1", "clip": 4}})
        )
    assert not (tmp_path / "export").exists()


def test_one_input_in_two_shapes_is_refused(streams: Streams, tmp_path: Path) -> None:
    spec = streams_spec(tmp_path, ("clip",), ("clip",))
    spec["members"][1]["fidelity"] = Fidelity(resolution=2).to_json()
    with pytest.raises(ExportRefused, match="read clip in different shapes"):
        write_bundle(ExportSpec.from_json(spec), tmp_path / "export")


def test_an_input_that_no_file_gives_is_refused(streams: Streams, tmp_path: Path) -> None:
    spec = ExportSpec.from_json(streams_spec(tmp_path, ("clip",)))
    other = spec.model_copy(update={"data": images().to_json()})
    with pytest.raises(ExportRefused, match="reads clip, which pictures does not give"):
        preprocessing(other, streams.describe({"reads": ["clip"]}, MOVING.setting()))
