"""Preparation happens once, all or nothing, and keeps the test part apart."""

from __future__ import annotations

import platform
import threading
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from searchengine.core.errors import DataRefused, Stopped, UnknownName
from searchengine.data.aside import sweep_abandoned
from searchengine.data.judging import open_test
from searchengine.data.manifest import Manifest, Preparation, read_manifest
from searchengine.data.prepare import prepare
from searchengine.data.prepared import find_prepared, open_part, open_prepared, prepared_sets
from tests.engine.data.files import image_folder, write_npz


def test_equal_content_and_settings_are_prepared_once(tmp_path: Path) -> None:
    first = prepare("digits", tmp_path)
    folder = tmp_path / first.summary.fingerprint
    stamp = (folder / "manifest.json").stat().st_mtime_ns
    assert prepare("digits", tmp_path) == first
    assert (folder / "manifest.json").stat().st_mtime_ns == stamp
    assert prepare("digits", tmp_path, Preparation(seed=1)).summary.fingerprint != first.summary.fingerprint


def test_a_copy_of_a_folder_has_the_same_fingerprint_and_a_change_another(tmp_path: Path) -> None:
    one, two = image_folder(tmp_path / "one"), image_folder(tmp_path / "two")
    settings = Preparation(name="pets")
    first = prepare(str(one), tmp_path / "data", settings).summary
    assert prepare(str(two), tmp_path / "data", settings).summary == first
    (two / "cat" / "0.png").write_bytes((two / "cat" / "1.png").read_bytes())
    assert prepare(str(two), tmp_path / "data", settings).summary.fingerprint != first.fingerprint


def test_a_manifest_survives_its_file(tmp_path: Path) -> None:
    manifest = prepare("digits", tmp_path)
    assert (
        Manifest.from_json(manifest.to_json())
        == manifest
        == read_manifest(tmp_path / manifest.summary.fingerprint)
    )


def test_mean_and_std_are_those_of_the_training_part(tmp_path: Path) -> None:
    manifest = prepare(str(image_folder(tmp_path / "pets")), tmp_path / "data")
    x = open_prepared(tmp_path / "data", manifest.summary.fingerprint).train.x / 255
    assert manifest.mean == pytest.approx(x.mean(axis=(0, 2, 3)))
    assert manifest.std == pytest.approx(x.std(axis=(0, 2, 3)))


def test_progress_is_told_and_ends_full(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    prepare("digits", tmp_path, progress=lambda *step: told.append(step))
    phases = [phase for phase, done, of in told if done == of]
    assert phases == ["reading", "writing train", "writing validation", "writing test", "previews"]


def test_a_cancelled_preparation_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        prepare("digits", tmp_path, cancelled=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_end_with_one_set(tmp_path: Path) -> None:
    found: list[Manifest] = []
    threads = [threading.Thread(target=lambda: found.append(prepare("digits", tmp_path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({manifest.summary.fingerprint for manifest in found}) == 1
    assert len(found) == 3
    assert [path.name for path in tmp_path.iterdir()] == [found[0].summary.fingerprint]


def test_what_a_killed_preparation_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / f".preparing-{platform.node()}-999999999-abcdef").mkdir()
    sweep_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_sets_are_found_by_name_and_fingerprint(tmp_path: Path) -> None:
    manifest = prepare("digits", tmp_path)
    assert (
        find_prepared(tmp_path, "digits") == find_prepared(tmp_path, manifest.summary.fingerprint) == manifest
    )
    assert [found.summary.slug for found in prepared_sets(tmp_path)] == ["digits"]
    with pytest.raises(UnknownName, match="prepared are: digits"):
        find_prepared(tmp_path, "letters")
    assert prepared_sets(tmp_path / "nowhere") == []


def test_search_jobs_have_no_way_to_the_test_part(tmp_path: Path) -> None:
    manifest = prepare("digits", tmp_path)
    data = open_prepared(tmp_path, manifest.summary.fingerprint)
    assert data._fields == ("manifest", "train", "validation")
    folder = tmp_path / manifest.summary.fingerprint
    for name in ("test", "test/", "../test"):
        with pytest.raises(DataRefused, match="train and validation"):
            open_part(folder, manifest, name)  # type: ignore[arg-type]
    test = open_test(tmp_path, manifest.summary.fingerprint)
    assert len(test.y) == manifest.summary.sizes["test"]


def test_a_changed_array_is_noticed(tmp_path: Path) -> None:
    manifest = prepare("digits", tmp_path)
    path = tmp_path / manifest.summary.fingerprint / "train.x.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataRefused, match="was changed"):
        open_prepared(tmp_path, manifest.summary.fingerprint)


def test_a_missing_array_is_noticed(tmp_path: Path) -> None:
    manifest = prepare("digits", tmp_path)
    (tmp_path / manifest.summary.fingerprint / "train.y.npy").unlink()
    with pytest.raises(DataRefused, match="prepare the set again"):
        open_prepared(tmp_path, manifest.summary.fingerprint)


def test_a_fingerprint_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="fingerprint"):
        open_prepared(tmp_path, "../../etc")


def test_previews_show_every_class_and_clips_move(tmp_path: Path) -> None:
    images = prepare("digits", tmp_path)
    moving = np.random.default_rng(0).integers(0, 255, (24, 5, 8, 8), dtype=np.uint8)
    clips = prepare(str(write_npz(tmp_path / "a.npz", x=moving, y=np.arange(24) % 3)), tmp_path)
    sheet = Image.open(tmp_path / images.summary.fingerprint / "previews" / "sheet.png")
    assert sheet.size == (8 * 68 + 4, 10 * 68 + 4)
    previews = tmp_path / clips.summary.fingerprint / "previews"
    names = sorted(path.name for path in previews.iterdir())
    assert names == ["class-0.png", "class-1.png", "class-2.png", "sheet.png"]
    with Image.open(previews / "class-0.png") as animation:
        assert animation.n_frames == 5
        assert animation.info["loop"] == 0


def test_class_sizes_add_up(tmp_path: Path) -> None:
    manifest = prepare("digits", tmp_path)
    for part, sizes in manifest.class_sizes.items():
        assert sum(sizes.values()) == manifest.summary.sizes[part]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"side": 2}, "side must lie between 4 and 1024"),
        ({"frames": 1}, "frames must lie between 2"),
        ({"validation": 0.0}, "between 0 and 1"),
        ({"validation": 0.5, "test": 0.5}, "leave at least 10 %"),
        ({"colour": "cmyk"}, "rgb or grey"),
        ({"seed": -1}, "seed"),
        ({"name": "two\nlines"}, "printable"),
        ({"name": " "}, "1 to 100"),
    ],
)
def test_settings_out_of_range_are_refused_in_words(values: dict[str, object], words: str) -> None:
    with pytest.raises(DataRefused, match=words):
        Preparation(**values)  # type: ignore[arg-type]


def test_the_fingerprint_depends_on_every_setting(tmp_path: Path) -> None:
    source = write_npz(tmp_path / "a.npz", x=np.zeros((20, 8, 8), np.uint8), y=np.arange(20) % 2)
    other = {
        "side": 4,
        "seed": 1,
        "noise_seed": 1,
        "validation": 0.3,
        "test": 0.3,
        "mirror_safe": False,
        "name": "b",
        "colour": "rgb",
    }
    found = {
        prepare(str(source), tmp_path / "data", Preparation(**{name: value})).summary.fingerprint
        for name, value in other.items()
    }  # type: ignore[arg-type]
    assert len(found) == len(other)
    assert {field.name for field in fields(Preparation)} - set(other) == {"frames", "group", "flow"}


@pytest.mark.parametrize("name", ["nothing-here", "http://example.org/a.npz", "a\0b", "/etc/hostname"])
def test_what_is_no_data_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataRefused):
        prepare(name, tmp_path)
