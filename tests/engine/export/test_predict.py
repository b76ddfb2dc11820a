"""How the exported ``predict.py`` reads files."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine import catalogue
from searchengine.data.pictures import read_picture
from searchengine.data.videos import read_clip, spread
from searchengine.export.files import predict
from searchengine.export.source import source

from .specs import images, weights_of
from .written import module_at

IMAGES = {
    "input": "image", "shape": [3, 12, 12], "network_inputs": ["image"],
    "network_shapes": {"image": [3, 6, 6]}, "resolution": 2, "scale": 1 / 255, "offset": 0.0,
    "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "labels": "single", "flow": None,
}  # fmt: skip
CLIPS = {**IMAGES, "input": "clip", "shape": [3, 4, 16, 16], "resolution": 1}


def test_an_image_is_read_as_the_data_was_prepared(tmp_path: Path) -> None:
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 256, (21, 33, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    found = predict.read(tmp_path / "a.png", IMAGES)
    assert np.array_equal(found[0].numpy(), read_picture(tmp_path / "a.png", 12, "rgb"))


def test_a_video_is_read_as_the_data_was_prepared(tmp_path: Path) -> None:
    import av

    frames = np.random.default_rng(2).integers(0, 256, (11, 32, 48, 3), dtype=np.uint8)
    with av.open(str(tmp_path / "v.avi"), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuvj420p"
        for frame in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    found = predict.read(tmp_path / "v.avi", CLIPS)
    assert np.array_equal(found[0].numpy(), read_clip(tmp_path / "v.avi", 4, 16, "rgb").frames)


@pytest.mark.parametrize(("count", "frames"), [(3, 5), (5, 5), (30, 16), (31, 4)])
def test_frames_are_spread_as_the_data_was_prepared(count: int, frames: int) -> None:
    times = np.cumsum(np.random.default_rng(count).uniform(0.5, 1.5, count))
    assert predict.frame_numbers(list(times), frames) == spread(times, frames)


def test_bytes_are_scaled_normalised_and_reduced() -> None:
    sample = torch.full((1, 3, 12, 12), 255, dtype=torch.uint8)
    found = predict.network_input(sample, IMAGES)
    assert found.shape == (1, 3, 6, 6)
    assert found[0, :, 0, 0].tolist() == pytest.approx([2.5, 2.0, 1.75])
    values = torch.zeros(1, 3, 6, 6)
    assert predict.network_inputs(values, IMAGES) == [values]
    assert torch.equal(predict.network_inputs(sample, IMAGES)[0], found)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_an_array_is_read_without_numpy(tmp_path: Path, kind: type) -> None:
    shape = (2, 3, 12, 12) if kind is np.uint8 else (2, 3, 6, 6)
    array = np.random.default_rng(3).integers(0, 256, shape).astype(kind)
    np.save(tmp_path / "batch.npy", array)
    np.save(tmp_path / "one.npy", array[0])
    assert np.array_equal(predict.read(tmp_path / "batch.npy", IMAGES).numpy(), array)
    assert np.array_equal(predict.read(tmp_path / "one.npy", IMAGES).numpy(), array[:1])


def test_what_cannot_be_read_is_refused_in_words(tmp_path: Path) -> None:
    np.save(tmp_path / "shape.npy", np.zeros((3, 9, 9), np.uint8))
    np.save(tmp_path / "kind.npy", np.zeros((3, 12, 12), np.int64))
    np.save(tmp_path / "empty.npy", np.zeros((0, 3, 12, 12), np.uint8))
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "text.npy").write_text("no array")
    (tmp_path / "text.mp4").write_text("no video")
    said = {
        "shape.npy": "must have shape", "kind.npy": "must hold uint8", "empty.npy": "must have shape",
        "text.png": "cannot be read", "text.npy": "no .npy", "text.mp4": "reads images", "gone": "no file",
    }  # fmt: skip
    for name, words in said.items():
        with pytest.raises(predict.Refused, match=words):
            predict.read(tmp_path / name, IMAGES)
    with pytest.raises(predict.Refused, match="cannot be read as a video"):
        predict.read(tmp_path / "text.mp4", CLIPS)
    with pytest.raises(predict.Refused, match="no video"):
        predict.read(tmp_path / "text.png", CLIPS)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """``predict.py`` beside a network of three classes."""
    folder = tmp_path_factory.mktemp("export")
    space = catalogue.space("chain", {}, images())
    architecture = space.describe(space.random(np.random.default_rng(1)), images().setting())
    weights_of(architecture, folder / "weights.safetensors")
    (folder / "model.py").write_text(source(architecture), encoding="utf-8")
    how = {"input": "image", "shape": [1, 8, 8], "network_shapes": {"image": [1, 8, 8]}}
    (folder / "preprocessing.json").write_text(json.dumps({**IMAGES, **how, "resolution": 1}))
    np.save(folder / "sample.npy", np.ones((1, 8, 8), np.float32))
    shutil.copyfile(predict.__file__, folder / "predict.py")
    return module_at(folder / "predict.py")


LABELS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ['"""', "\n__import__('os').abort()", "{0}", "%s", "\\", "\x1b[2J", "\u202e", "\r", "\x00"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LABELS, min_size=3, max_size=3))
def test_hostile_class_names_are_shown_and_do_nothing(exported: ModuleType, labels: list[str]) -> None:
    (exported.HERE / "classes.json").write_text(json.dumps(labels))
    file = str(exported.HERE / "sample.npy")
    for arguments in ([file], [file, "--json"]):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            assert exported.main(arguments) == 0
    rows = json.loads(said.getvalue())["probabilities"]
    assert sorted(row["class"] for row in rows) == sorted(labels)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exported.main([file])
    lines = said.getvalue().split("\n")
    assert len(lines) == 5
    assert all(line.isprintable() for line in lines)
