"""Folders of real pictures and videos become sets; what cannot be read is listed, not fatal."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from searchengine.core.errors import DataRefused
from searchengine.data.manifest import Preparation
from searchengine.data.pictures import Unreadable, read_picture
from searchengine.data.prepare import prepare
from searchengine.data.prepared import open_prepared
from searchengine.data.videos import UnreadableVideo, read_clip, read_video_header, spread
from tests.engine.data.files import image_folder, write_picture, write_video


def test_images_of_a_folder_per_class(tmp_path: Path) -> None:
    manifest = prepare(str(image_folder(tmp_path / "My Pets")), tmp_path / "data")
    summary = manifest.summary
    assert (summary.slug, summary.title) == ("my-pets", "My Pets")
    assert (summary.modality, summary.shape, summary.classes) == ("images", (3, 10, 10), ("cat", "dog"))
    data = open_prepared(tmp_path / "data", summary.fingerprint)
    means = [data.train.x[data.train.y == label].mean() for label in (0, 1)]
    assert means[0] + 30 < means[1]


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "webp", "tif", "ppm"])
def test_every_known_format_is_read(tmp_path: Path, suffix: str) -> None:
    picture = read_picture(write_picture(tmp_path / f"a.{suffix}", 200), 8, "rgb")
    assert picture.shape == (3, 8, 8)
    assert abs(float(picture.mean()) - 132) < 12


def test_side_and_colour_are_choices(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "pets")
    manifest = prepare(str(root), tmp_path / "data", Preparation(side=16, colour="grey", name="small"))
    assert manifest.summary.shape == (1, 16, 16)
    assert manifest.summary.slug == "small"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_unlike_modes_become_the_same_bytes(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    if mode == "I;16":
        Image.fromarray(np.full((8, 8), 0x8040, dtype=np.uint16)).save(path)
        assert read_picture(path, 8, "grey").max() == 0x80
    else:
        Image.new("RGB", (8, 8), (255, 255, 255)).convert(mode).save(path)
        assert read_picture(path, 8, "rgb").min() == 255


def test_transparent_parts_are_black(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (255, 255, 255, 0)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png", 8, "rgb").max() == 0


def test_a_picture_that_claims_too_much_is_refused_by_its_header(tmp_path: Path) -> None:
    content = bytearray(write_picture(tmp_path / "a.png").read_bytes())
    for side, words in ((8_000, "8000×8000 pixels"), (60_000, "far more pixels")):
        content[16:24] = struct.pack(">II", side, side)  # the sizes in the header chunk, and its checksum
        content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
        (tmp_path / "a.png").write_bytes(content)
        with pytest.raises(Unreadable, match=words):
            read_picture(tmp_path / "a.png", 8, "rgb")


def test_pictures_that_lie_are_listed_and_the_others_used(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "pets")
    (root / "cat" / "page.png").write_text("<html><script>alert(1)</script></html>")
    (root / "cat" / "drawing.jpg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (root / "dog" / "cut.png").write_bytes((root / "dog" / "0.png").read_bytes()[:60])
    (root / "dog" / "empty.png").write_bytes(b"")
    (root / "dog" / "notes.txt").write_text("hello")
    (root / "dog" / ".DS_Store").write_text("hidden")
    (root / "dog" / "link.png").symlink_to("/etc/hostname")
    manifest = prepare(str(root), tmp_path / "data")
    assert sum(manifest.summary.sizes.values()) == 12
    left_out = {fault.where for fault in manifest.faults if not fault.used}
    assert left_out == {"cat/page.png", "cat/drawing.jpg", "dog/cut.png", "dog/empty.png"}
    assert "dog/notes.txt" in {fault.where for fault in manifest.faults}


@pytest.mark.parametrize("usable", [0, 1])
def test_a_class_that_ends_with_fewer_than_two_samples_refuses_the_set(tmp_path: Path, usable: int) -> None:
    root = image_folder(tmp_path / "pets", each=2)
    for number in range(usable, 2):
        (root / "dog" / f"{number}.png").write_bytes(b"broken")
    with pytest.raises(DataRefused, match=rf"'dog' has {usable}; .*dog/{usable}\.png"):
        prepare(str(root), tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_an_empty_class_folder_refuses_the_set(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "pets")
    (root / "emu").mkdir()
    with pytest.raises(DataRefused, match="'emu' has 0"):
        prepare(str(root), tmp_path / "data")


def test_no_or_one_class_folder_is_refused(tmp_path: Path) -> None:
    for classes in ((), ("cat",)):
        root = tmp_path / f"with-{len(classes)}"
        root.mkdir()
        image_folder(root, classes)
        with pytest.raises(DataRefused, match="at least two classes"):
            prepare(str(root), tmp_path / "data")


def test_hostile_class_names_stay_text(tmp_path: Path) -> None:
    names = ("<script>alert(1)<", "=HYPERLINK('x')", "{{7*7}}", "two\nlines", "名前 🦊")
    manifest = prepare(str(image_folder(tmp_path / "odd", names, each=3)), tmp_path / "data")
    assert set(manifest.summary.classes) == set(names)


def test_names_equal_in_unicode_are_refused(tmp_path: Path) -> None:
    image_folder(tmp_path / "odd", ("caf\u00e9", "cafe\u0301"))
    with pytest.raises(DataRefused, match="two class folders"):
        prepare(str(tmp_path / "odd"), tmp_path / "data")


def test_a_group_stays_within_one_part(tmp_path: Path) -> None:
    root = tmp_path / "people"
    for label in ("wave", "nod"):
        for person in range(8):
            for take in range(3):
                write_picture(root / label / f"person{person}_{take}.png", 20 + 25 * person, mode="L", seed=0)
    manifest = prepare(str(root), tmp_path / "data", Preparation(group=r"(person\d+)"))
    data = open_prepared(tmp_path / "data", manifest.summary.fingerprint)
    faces = [{image.tobytes() for image in part.x} for part in (data.train, data.validation)]
    assert faces[0].isdisjoint(faces[1])
    with pytest.raises(DataRefused, match="matches no path"):
        prepare(str(root), tmp_path / "data", Preparation(group="(scene)"))
    with pytest.raises(DataRefused, match="needs a group"):
        prepare(str(root), tmp_path / "data", Preparation(group="person"))


@pytest.mark.parametrize("suffix", ["mp4", "webm", "avi"])
def test_real_videos_are_read_uniformly_over_time(tmp_path: Path, suffix: str) -> None:
    path = write_video(tmp_path / f"a.{suffix}", frames=20)
    header = read_video_header(path)
    assert (header.width, header.height, len(header.times)) == (32, 24, 20)
    clip = read_clip(path, 4, 8, "grey")
    assert clip.frames.shape == (1, 4, 8, 8)
    assert clip.repair == ""
    assert clip.frames.mean(axis=(0, 2, 3)) == pytest.approx([20, 70, 120, 170], abs=8)


def test_a_short_video_repeats_its_last_frame_and_says_so(tmp_path: Path) -> None:
    clip = read_clip(write_video(tmp_path / "a.mp4", frames=3, brightness=40), 5, 8, "grey")
    assert clip.repair == "3 frames, padded to 5 by repeating the last"
    assert clip.frames.mean(axis=(0, 2, 3)) == pytest.approx([40, 50, 60, 60, 60], abs=8)


def test_uniform_in_time_and_not_in_number() -> None:
    times = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 2.0, 4.0])
    assert spread(times, 4) == [4, 4, 5, 6]


def test_clips_of_a_folder_per_class(tmp_path: Path) -> None:
    root = tmp_path / "gestures"
    for label, name in enumerate(("left", "right")):
        for number, suffix in enumerate(("mp4", "webm", "avi", "mp4")):
            write_video(root / name / f"{number}.{suffix}", frames=6 + number, brightness=100 * label)
    (root / "left" / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    (root / "right" / "cut.mp4").write_bytes((root / "right" / "0.mp4").read_bytes()[:300])
    manifest = prepare(str(root), tmp_path / "data", Preparation(frames=8, side=16))
    assert manifest.summary.modality == "clips"
    assert manifest.summary.shape == (3, 8, 16, 16)
    assert {fault.where for fault in manifest.faults if not fault.used} == {"left/list.mp4", "right/cut.mp4"}
    padded = {fault.where for fault in manifest.faults if fault.used}
    assert padded == {"left/0.mp4", "right/0.mp4", "left/1.webm", "right/1.webm"}
    data = open_prepared(tmp_path / "data", manifest.summary.fingerprint)
    assert data.train.x[data.train.y == 0].mean() + 50 < data.train.x[data.train.y == 1].mean()


def test_only_known_containers_are_opened(tmp_path: Path) -> None:
    playlist = tmp_path / "a.mp4"
    playlist.write_text("ffconcat version 1.0\nfile /etc/passwd\n")
    with pytest.raises(UnreadableVideo, match="is no MP4"):
        read_clip(playlist, 4, 8, "rgb")
    with pytest.raises(UnreadableVideo, match="is no MP4"):
        read_clip(write_picture(tmp_path / "b.png").rename(tmp_path / "b.avi"), 4, 8, "rgb")


def test_a_video_of_one_frame_is_no_clip(tmp_path: Path) -> None:
    with pytest.raises(UnreadableVideo, match="1 frames"):
        read_clip(write_video(tmp_path / "a.mp4", frames=1), 4, 8, "rgb")
