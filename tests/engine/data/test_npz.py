"""Arrays in .npz files: every layout, and what must be refused before it is read."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from searchengine.core.errors import DataRefused
from searchengine.data import npz
from searchengine.data.judging import open_test
from searchengine.data.manifest import Preparation
from searchengine.data.prepare import prepare
from searchengine.data.prepared import open_prepared
from tests.engine.data.files import write_npz

RNG = np.random.default_rng(0)
LABELS = np.arange(20) % 2


def test_a_test_part_stays_the_test_part(tmp_path: Path) -> None:
    x = RNG.integers(0, 255, (30, 8, 8), dtype=np.uint8)
    path = write_npz(
        tmp_path / "a.npz",
        x_train=x[:20],
        y_train=LABELS,
        x_test=x[20:],
        y_test=LABELS[:10],
        classes=["no", "yes"],
    )
    manifest = prepare(str(path), tmp_path / "data")
    assert manifest.summary.sizes == {"train": 16, "validation": 4, "test": 10}
    assert manifest.summary.classes == ("no", "yes")
    assert (open_test(tmp_path / "data", manifest.summary.fingerprint).x == x[20:, None]).all()


@pytest.mark.parametrize(
    ("shape", "modality", "prepared"),
    [
        ((20, 8, 8), "images", (1, 8, 8)),
        ((20, 8, 9, 3), "images", (3, 8, 8)),
        ((20, 8, 8, 1), "images", (1, 8, 8)),
        ((20, 3, 8, 8), "images", (3, 8, 8)),
        ((20, 5, 8, 8), "clips", (1, 5, 8, 8)),
        ((20, 5, 8, 8, 3), "clips", (3, 5, 8, 8)),
        ((20, 3, 5, 8, 8), "clips", (3, 5, 8, 8)),
        ((20, 5, 3, 8, 8), "clips", (3, 5, 8, 8)),
    ],
)
def test_layouts(tmp_path: Path, shape: tuple[int, ...], modality: str, prepared: tuple[int, ...]) -> None:
    path = write_npz(tmp_path / "a.npz", x=RNG.integers(0, 255, shape, dtype=np.uint8), y=LABELS)
    summary = prepare(str(path), tmp_path / "data").summary
    assert (summary.modality, summary.shape) == (modality, prepared)


@pytest.mark.parametrize(
    "x",
    [
        RNG.random((20, 8, 8)),
        (RNG.random((20, 8, 8)) * 255).astype(np.float32),
        RNG.normal(size=(20, 8, 8)),
        RNG.integers(-500, 500, (20, 8, 8)),
        RNG.random((20, 8, 8)) > 0.5,
        RNG.integers(0, 60_000, (20, 8, 8), dtype=np.uint16),
    ],
    ids=["unit", "bytes as floats", "normal", "integers", "booleans", "16 bits"],
)
def test_values_keep_their_meaning(tmp_path: Path, x: np.ndarray) -> None:
    manifest = prepare(str(write_npz(tmp_path / "a.npz", x=x, y=LABELS)), tmp_path / "data")
    data = open_prepared(tmp_path / "data", manifest.summary.fingerprint)
    back = data.train.x * manifest.scale + manifest.offset
    step = (float(x.max()) - float(x.min())) / 255
    assert back.min() == pytest.approx(float(x.min()), abs=30 * step)
    assert back.max() == pytest.approx(float(x.max()), abs=30 * step)
    assert back.mean() == pytest.approx(float(x.mean()), abs=10 * step)


def test_frames_and_side_are_choices(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", x=RNG.integers(0, 255, (20, 6, 12, 12), dtype=np.uint8), y=LABELS)
    summary = prepare(str(path), tmp_path / "data", Preparation(frames=3, side=8, colour="rgb")).summary
    assert summary.shape == (3, 3, 8, 8)


def test_labels_with_gaps_and_in_columns(tmp_path: Path) -> None:
    x = RNG.integers(0, 255, (20, 8, 8), dtype=np.uint8)
    gaps = prepare(str(write_npz(tmp_path / "a.npz", x=x, y=LABELS * 7 + 2)), tmp_path / "data").summary
    assert gaps.classes == ("2", "9")
    columns = prepare(str(write_npz(tmp_path / "b.npz", x=x, y=np.eye(2)[LABELS])), tmp_path / "data").summary
    assert columns.classes == ("0", "1")


X = np.zeros((20, 8, 8), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": X}, "expected arrays x_train"),
        ({"x_train": X, "y_train": LABELS, "x_test": X}, "come together"),
        ({"x": X, "y": np.arange(20).astype(object)}, "unpickling"),
        ({"x": X, "y": LABELS[:5]}, "one a sample"),
        ({"x": X, "y": LABELS - 1}, "from 0 on"),
        ({"x": X, "y": LABELS + 0.5}, "whole numbers"),
        ({"x": X, "y": np.full(20, np.nan)}, "whole numbers"),
        ({"x": X, "y": LABELS * 0}, "at least two classes"),
        ({"x": X, "y": np.arange(20)}, "at least two usable samples"),
        ({"x": X, "y": LABELS, "classes": ["a"]}, "has no name"),
        ({"x": X, "y": LABELS, "classes": ["a", "a"]}, "different names"),
        ({"x": X, "y": LABELS, "classes": ["a", "b" * 65_536]}, "200 characters"),
        ({"x": X.astype(float) + np.inf, "y": LABELS}, "not finite"),
        ({"x": X.astype("U1"), "y": LABELS}, "must hold numbers"),
        ({"x": np.zeros((20, 8)), "y": LABELS}, "neither images"),
        ({"x": np.zeros((20, 2, 2), np.uint8), "y": LABELS}, "at least 4×4"),
        ({"x": np.zeros((0, 8, 8), np.uint8), "y": LABELS[:0]}, "without samples"),
    ],
)
def test_refusals_in_words(tmp_path: Path, arrays: dict[str, np.ndarray], words: str) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    with pytest.raises(DataRefused, match=words):
        prepare(str(path), tmp_path / "data")


def _npy(shape: str, content: bytes = b"") -> bytes:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


@pytest.mark.parametrize("shape", ["(1099511627776,)", "(-1,)", "(20, 8, 9)"])
def test_a_header_that_lies_is_refused_before_anything_is_read(tmp_path: Path, shape: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", _npy(shape, bytes(20 * 64)))
        archive.writestr("y.npy", _npy("(20,)", bytes(20)))
    with pytest.raises(DataRefused, match="does not bear out"):
        prepare(str(tmp_path / "a.npz"), tmp_path / "data")


def test_a_file_that_unpacks_to_too_much_is_refused_by_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npz, "MOST_BYTES", 1 << 20)
    path = write_npz(tmp_path / "a.npz", x=np.zeros((20, 256, 256), np.uint8), y=LABELS)
    assert path.stat().st_size < 1 << 16
    with pytest.raises(DataRefused, match="unpacks to"):
        prepare(str(path), tmp_path / "data")


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty"])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    file = io.BytesIO()
    np.savez_compressed(file, x=RNG.integers(0, 255, (20, 8, 8), dtype=np.uint8), y=LABELS)
    content = bytearray(file.getvalue())
    if damage == "flipped":
        content[300:400] = bytes(100)
    path = tmp_path / "a.npz"
    path.write_bytes({"cut": content[:500], "flipped": content, "text": b"hello", "empty": b""}[damage])
    with pytest.raises(DataRefused):
        prepare(str(path), tmp_path / "data")


@pytest.mark.parametrize(
    ("name", "shape", "sizes"),
    [
        ("fashion_mnist", (1, 28, 28), {"train": 48_000, "validation": 12_000, "test": 10_000}),
        ("cifar10_subset", (3, 32, 32), {"train": 8_000, "validation": 2_000, "test": 2_000}),
    ],
)
def test_measuring_data_where_it_is_there(
    tmp_path: Path, name: str, shape: tuple[int, ...], sizes: dict[str, int]
) -> None:
    folder = os.environ.get("EVOSCOPE_MEASURE_DATA")
    if folder:
        summary = prepare(f"{folder}/{name}.npz", tmp_path).summary
        assert (summary.shape, summary.sizes, len(summary.classes)) == (shape, sizes, 10)
