"""Tables of paths: one or several labels a file, groups and parts; what is wrong is said with its line."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from searchengine.core.errors import DataRefused
from searchengine.data import csv_rows, csv_table
from searchengine.data.csv_table import read_table
from searchengine.data.judging import open_test
from searchengine.data.manifest import Preparation
from searchengine.data.opening import open_source
from searchengine.data.prepare import prepare
from searchengine.data.prepared import open_prepared
from tests.engine.data.files import write_picture, write_video


def pictures(root: Path, count: int = 12) -> list[str]:
    """So many pictures ``p/<n>.png`` below ``root``, brightness by number; their paths."""
    for number in range(count):
        write_picture(root / "p" / f"{number}.png", 16 * number, seed=number)
    return [f"p/{number}.png" for number in range(count)]


def table(root: Path, header: str, rows: list[str], name: str = "pets.csv") -> Path:
    path = root / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_one_label_a_picture(tmp_path: Path) -> None:
    rows = [f"{path},{'dog' if number >= 6 else 'cat'}" for number, path in enumerate(pictures(tmp_path))]
    manifest = prepare(str(table(tmp_path, "path,label", rows)), tmp_path / "data")
    summary = manifest.summary
    assert (summary.slug, summary.title, summary.labels) == ("pets", "pets.csv", "single")
    assert (summary.modality, summary.shape, summary.classes) == ("images", (3, 10, 10), ("cat", "dog"))
    train = open_prepared(tmp_path / "data", summary.fingerprint).train
    assert train.y.dtype == np.int64
    assert train.x[train.y == 0].mean() + 20 < train.x[train.y == 1].mean()


def test_several_labels_a_picture(tmp_path: Path) -> None:
    names = ["", "cat", "dog", "cat;dog", " dog ; cat ;", "cat"] * 4
    rows = [f"{path},{labels}" for path, labels in zip(pictures(tmp_path, 24), names, strict=True)]
    manifest = prepare(str(table(tmp_path, "path,labels", rows)), tmp_path / "data")
    summary = manifest.summary
    assert (summary.labels, summary.classes) == ("multi", ("cat", "dog"))
    assert sum(summary.sizes.values()) == 24
    assert {
        part: sum(sizes.values()) for part, sizes in manifest.class_sizes.items()
    }.keys() == summary.sizes.keys()
    assert [sum(sizes[name] for sizes in manifest.class_sizes.values()) for name in ("cat", "dog")] == [
        16,
        12,
    ]
    root = tmp_path / "data"
    data = open_prepared(root, summary.fingerprint)
    for name, part in {
        "train": data.train,
        "validation": data.validation,
        "test": open_test(root, summary.fingerprint),
    }.items():
        assert part.y.shape == (summary.sizes[name], 2)
        assert part.y.dtype == np.uint8
        assert part.y.sum(axis=0).tolist() == list(manifest.class_sizes[name].values())
        assert not part.y.all(axis=1).all()
    by_picture = {
        open_pixels(tmp_path / path): labels
        for path, labels in zip(pictures(tmp_path, 24), names, strict=True)
    }
    for x, y in zip(data.train.x, data.train.y, strict=True):
        wanted = {name.strip() for name in by_picture[x.tobytes()].split(";")} - {""}
        assert {name for name, mark in zip(summary.classes, y, strict=True) if mark} == wanted


def open_pixels(path: Path) -> bytes:
    """What a picture becomes, by the reader itself."""
    from searchengine.data.pictures import read_picture

    return read_picture(path, 10, "rgb").tobytes()


def test_labels_that_are_damaged_on_disk_are_noticed(tmp_path: Path) -> None:
    rows = [f"{path},{'a;b' if number % 2 else 'b'}" for number, path in enumerate(pictures(tmp_path))]
    manifest = prepare(str(table(tmp_path, "path,labels", rows)), tmp_path / "data")
    folder = tmp_path / "data" / manifest.summary.fingerprint
    np.save(folder / "train.y.npy", np.zeros(manifest.summary.sizes["train"], np.int64))
    with pytest.raises(DataRefused, match="was changed"):
        open_prepared(tmp_path / "data", manifest.summary.fingerprint)


def test_previews_show_a_sample_in_the_row_of_each_label(tmp_path: Path) -> None:
    rows = [f"{path},a;b;c" for path in pictures(tmp_path)]
    manifest = prepare(str(table(tmp_path, "path,labels", rows)), tmp_path / "data")
    with Image.open(tmp_path / "data" / manifest.summary.fingerprint / "previews" / "sheet.png") as sheet:
        pixels = np.asarray(sheet)
    assert sheet.size == (8 * 68 + 4, 3 * 68 + 4)
    assert (pixels[:72] == pixels[68 : 68 + 72]).all()


def test_videos_and_their_flow(tmp_path: Path) -> None:
    rows = []
    for number in range(8):
        write_video(tmp_path / "v" / f"{number}.mp4", frames=6, brightness=10 * number)
        rows.append(f"v/{number}.mp4,{'light;moving' if number > 3 else 'moving'}")
    write_picture(tmp_path / "v" / "still.png")
    rows.append("v/still.png,light")
    path = table(tmp_path, "path,labels", rows)
    manifest = prepare(str(path), tmp_path / "data", Preparation(frames=6, side=16, flow="auto"))
    assert (manifest.summary.modality, manifest.summary.shape) == ("clips", (3, 6, 16, 16))
    assert manifest.summary.setting().inputs["flow"] == (2, 6, 16, 16)
    assert [(fault.where, fault.reason) for fault in manifest.faults] == [
        ("v/still.png", "is no video by its name")
    ]


def test_what_is_not_there_is_left_out_and_listed(tmp_path: Path) -> None:
    rows = [f"{path},{number % 2}" for number, path in enumerate(pictures(tmp_path))]
    (tmp_path / "p" / "3.png").unlink()
    (tmp_path / "p" / "4.png").write_bytes(b"broken")
    (tmp_path / "p" / "folder.png").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    rows += ["p/folder.png,0", "notes.txt,0", "pipe.png,0", "loop.png,1"]
    manifest = prepare(str(table(tmp_path, "path,label", rows)), tmp_path / "data")
    faults = {fault.where: fault.reason for fault in manifest.faults if not fault.used}
    assert faults["p/3.png"] == "is not there"
    assert faults["p/folder.png"] == faults["pipe.png"] == "is no file"
    assert faults["notes.txt"] == "is no image or video by its name"
    assert "is no PNG" in faults["p/4.png"]
    assert faults["loop.png"].startswith("cannot be found")
    assert len(faults) == manifest.fault_count == 6
    assert sum(manifest.summary.sizes.values()) == 10


def test_a_class_of_missing_files_refuses_the_set(tmp_path: Path) -> None:
    rows = [f"{path},here" for path in pictures(tmp_path)] + ["gone/1.png,there", "gone/2.png,there"]
    with pytest.raises(
        DataRefused, match=r"'there' has 0; 2 could not be read, the first: gone/1\.png: is not there"
    ):
        prepare(str(table(tmp_path, "path,label", rows)), tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_groups_stay_within_one_part(tmp_path: Path) -> None:
    paths = pictures(tmp_path, 30)
    for header, label in (("path,label,group", "{}"), ("path,labels,group", "{};all")):
        rows = [f"{path},{label.format('ab'[n % 2])},person {n // 3}" for n, path in enumerate(paths)]
        manifest = prepare(str(table(tmp_path, header, rows)), tmp_path / "data")
        data = open_prepared(tmp_path / "data", manifest.summary.fingerprint)
        person_of = {open_pixels(tmp_path / path): n // 3 for n, path in enumerate(paths)}
        train, validation = (
            {person_of[x.tobytes()] for x in part.x} for part in (data.train, data.validation)
        )
        assert train.isdisjoint(validation)
        assert len(validation) == 2


def test_parts_that_the_table_fixes(tmp_path: Path) -> None:
    paths = pictures(tmp_path, 18)
    names = ["train"] * 6 + ["Validation"] * 6 + [" test "] * 6
    rows = [f"{path},{'ab'[n % 2]},{names[n]}" for n, path in enumerate(paths)]
    manifest = prepare(str(table(tmp_path, "path,label,part", rows)), tmp_path / "data")
    assert manifest.summary.sizes == {"train": 6, "validation": 6, "test": 6}
    test = open_test(tmp_path / "data", manifest.summary.fingerprint)
    assert {x.tobytes() for x in test.x} == {open_pixels(tmp_path / path) for path in paths[12:]}
    rows = [f"{path},{'ab'[n % 2]},{'test' if n >= 12 else ''}" for n, path in enumerate(paths)]
    manifest = prepare(str(table(tmp_path, "path,label,part", rows)), tmp_path / "data")
    assert manifest.summary.sizes == {"train": 10, "validation": 2, "test": 6}


def test_free_samples_follow_their_group(tmp_path: Path) -> None:
    rows = [
        f"{path},{'ab'[n % 2]},g{n // 2},{'test' if n % 8 == 0 else ''}"
        for n, path in enumerate(pictures(tmp_path, 24))
    ]
    source = open_source(str(table(tmp_path, "path,label,group,part", rows)), Preparation())
    assert source.parts is not None
    assert source.parts.tolist() == [2 if n % 8 < 2 else -1 for n in range(24)]
    rows[1] = rows[1].rstrip(",") + ",train"
    with pytest.raises(DataRefused, match="group 'g0' stands in test and in train"):
        open_source(str(table(tmp_path, "path,label,group,part", rows)), Preparation())


def test_a_pattern_groups_paths_where_no_column_does(tmp_path: Path) -> None:
    rows = [f"{path},{n % 2}" for n, path in enumerate(pictures(tmp_path))]
    pattern = Preparation(group=r"p/(\d)")
    source = open_source(str(table(tmp_path, "path,label", rows)), pattern)
    assert list(source.groups or ()) == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "1"]
    with pytest.raises(DataRefused, match="has a group column already"):
        open_source(str(table(tmp_path, "path,label,group", [f"{row},x" for row in rows])), pattern)
    empty = open_source(str(table(tmp_path, "path,label,group", [f"{row}," for row in rows])), pattern)
    assert empty.groups is not None


def test_the_fingerprint_follows_all_that_the_table_says(tmp_path: Path) -> None:
    paths = pictures(tmp_path)
    variants = {
        "label": [f"{path},{n % 2},," for n, path in enumerate(paths)],
        "other label": [f"{path},{(n + 1) % 2},," for n, path in enumerate(paths)],
        "group": [f"{path},{n % 2},{n // 2}," for n, path in enumerate(paths)],
        "part": [f"{path},{n % 2},,{('train', 'test')[n // 8]}" for n, path in enumerate(paths)],
        "names": [f"{path},{'ab'[n % 2]},," for n, path in enumerate(paths)],
    }
    found = {}
    for name, rows in variants.items():
        for column in ("label", "labels"):
            path = table(tmp_path, f"path,{column},group,part", rows)
            found[name, column] = open_source(str(path), Preparation()).identity()
    assert len(set(found.values())) == len(found)
    # Order of columns, quotes and the byte order mark change nothing.
    same = tmp_path / "same.csv"
    lines = ["label,path", *(f'"{n % 2}","{path}"' for n, path in enumerate(paths))]
    same.write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8")
    assert open_source(str(same), Preparation()).identity() == found["label", "label"]
    write_picture(tmp_path / "p" / "0.png", 200)
    assert open_source(str(same), Preparation()).identity() != found["label", "label"]


def test_labels_are_text_and_nothing_else(tmp_path: Path) -> None:
    names = ['=HYPERLINK("http://x")', "<script>", "{{7*7}}", "+1", "@a", "名前 🦊", "a;b", "a, b"]
    paths = pictures(tmp_path, 16)
    cells = ['"' + names[n % 8].replace('"', '""') + '"' for n in range(16)]
    rows = [f"{path},{cell}" for path, cell in zip(paths, cells, strict=True)]
    assert set(read_table(table(tmp_path, "path,label", rows)).classes) == set(names)


def test_names_equal_in_unicode_are_one_class(tmp_path: Path) -> None:
    paths = pictures(tmp_path, 3)
    rows = [f"{paths[0]},caf\u00e9", f"{paths[1]},cafe\u0301", f"{paths[2]},tea"]
    assert read_table(table(tmp_path, "path,label", rows)).classes == ("caf\u00e9", "tea")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; the first line names the columns"),
        ("\n\n", "is empty"),
        ("path,label\n", "a header and no rows"),
        ("path,label\n,,\n", "a header and no rows"),
        ("label\na\n", "no column path"),
        ("path\np/0.png\n", "either a column label"),
        ("path,label,labels\np/0.png,a,b\n", "either a column label"),
        ("path;label\np/0.png;a\n", "a column 'path;label'; known are path, label, labels, group, part"),
        ("path,label,grop\np/0.png,a,b\n", "a column 'grop'"),
        ("path,label,Path\np/0.png,a,b\n", "two columns 'path'"),
        ("path,label\np/0.png\n", "line 2 of a.csv has 1 fields, the header 2"),
        ("path,label\np/0.png,a\np/1.png,a,b\n", "line 3 of a.csv has 3 fields"),
        ('path,label\n"p/0.png,a\n', "cannot be read as a table, line 2"),
        ('path,label\n"p/0.png"x,a\n', "cannot be read as a table, line 2"),
        ("path,label\np/0.png," + "a" * 140_000 + "\n", "cannot be read as a table, line 2: field larger"),
        ("path,label\np/0.png,a\x00b\n", "line 2 of a.csv holds a NUL byte"),
        ("path,label\np/0.png,\n", "line 2 of a.csv has no label"),
        ("path,label\n,a\n", "line 2 of a.csv has no path"),
        ("path,label\n.,a\n", "stays below it"),
        ("path,label\n/etc/hostname,a\n", "stays below it, got '/etc/hostname'"),
        ("path,label\n../a.png,a\n", "stays below it"),
        ("path,label\np/../../a.png,a\n", "stays below it"),
        ("path,label\nC:/a.png,a\n", "stays below it"),
        ("path,label\nhttp://example.org/a.png,a\n", "stays below it"),
        ("path,label\np\\0.png,a\n", "write / between folders"),
        ('path,label\n"p/0\n.png",a\n', "no control characters"),
        ("path,label\n" + "p/" * 600 + "0.png,a\n", "at most 1000 characters"),
        ("path,label\np/0.png,a\np/0.png,b\n", "line 3 of a.csv names 'p/0.png' a second time"),
        ("path,label\np/0.png,a\n./p//0.png,b\n", "a second time"),
        ("path,label\np/0.png," + "a" * 201 + "\n", "a label has at most 200 characters"),
        ('path,label\np/0.png,"a\tb"\n', "a label has at most 200 characters and no control"),
        ("path,labels\np/0.png,a;" + "b" * 201 + "\n", "a label has at most 200"),
        ("path,label,group\np/0.png,a," + "b" * 201 + "\n", "a group has at most 200"),
        ("path,label,part\np/0.png,a,learn\n", "a part is train, validation, test or empty, got 'learn'"),
        ("path,label\ngone.png,a\ngone2.png,b\n", "none of the 2 files of a.csv can be used"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    pictures(tmp_path, 2)
    (tmp_path / "a.csv").write_bytes(text.encode())
    with pytest.raises(DataRefused) as refused:
        prepare(str(tmp_path / "a.csv"), tmp_path / "data")
    assert words in str(refused.value)
    assert len(str(refused.value)) < 400
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("content", [b"path,label\np/0.png,caf\xe9\n", "path,label\na,b\n".encode("utf-16")])
def test_other_encodings_are_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataRefused, match="is no UTF-8 text"):
        read_table(tmp_path / "a.csv")


def test_links_may_not_lead_out_nor_name_a_file_twice(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    paths = pictures(inside, 4)
    secret = pictures(outside, 1)[0]
    (inside / "link.png").symlink_to(outside / secret)
    (inside / "folder").symlink_to(outside)
    (inside / "again.png").symlink_to(inside / paths[0])
    for path in ("link.png", f"folder/{secret}", "folder/nothing.png"):
        with pytest.raises(DataRefused, match="leads out of the table's folder by a link"):
            read_table(table(inside, "path,label", [f"{path},a"]))
    with pytest.raises(DataRefused, match=r"names 'again\.png' a second time"):
        read_table(table(inside, "path,label", [f"{paths[0]},a", "again.png,b"]))


def test_a_table_reached_by_a_link_is_read_where_it_lies(tmp_path: Path) -> None:
    paths = pictures(tmp_path / "in", 4)
    table(tmp_path / "in", "path,label", [f"{path},{n % 2}" for n, path in enumerate(paths)])
    (tmp_path / "by-link").symlink_to(tmp_path / "in")
    assert not read_table(tmp_path / "by-link" / "pets.csv").absent


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path, "path,labels", [f"{path},{n};all" for n, path in enumerate(pictures(tmp_path))])
    for module, name, value, words in (
        (csv_rows, "MOST_BYTES", 20, "tables of at most"),
        (csv_table, "MOST_FILES", 11, "more than 11 rows"),
        (csv_table, "MOST_CLASSES", 12, "names 13 classes; at most 12"),
        (csv_table, "MOST_MARKS", 100, "12 rows with any of 13 labels"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value)
            with pytest.raises(DataRefused, match=words):
                read_table(path)


def test_poor_classes_of_several_labels_are_refused(tmp_path: Path) -> None:
    paths = pictures(tmp_path)
    for labels, words in (
        ("a", "at least two classes, got 1"),
        ("", "at least two classes, got 0"),
    ):
        with pytest.raises(DataRefused, match=words):
            prepare(
                str(table(tmp_path, "path,labels", [f"{path},{labels}" for path in paths])), tmp_path / "data"
            )
    rows = [f"{path},a{';rare' if n == 0 else ';b'}" for n, path in enumerate(paths)]
    with pytest.raises(DataRefused, match="'rare' has 1"):
        prepare(str(table(tmp_path, "path,labels", rows)), tmp_path / "data")


CELLS = st.sampled_from(
    [
        "path",
        "label",
        "labels",
        "group",
        "part",
        "p/0.png",
        "p/1.png",
        "a",
        "a;b",
        "",
        "train",
        "../x",
        '"',
        "\0",
        "é",
        "\r",
    ]
)
LINES = st.lists(st.lists(CELLS, max_size=5).map(",".join), max_size=8).map("\n".join)


@given(
    content=st.binary(max_size=400)
    | LINES.map(str.encode)
    | LINES.map(lambda text: f"path,labels,group\n{text}".encode())
)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    if not (tmp_path / "p").exists():
        pictures(tmp_path, 2)
    (tmp_path / "a.csv").write_bytes(content)
    with suppress(DataRefused):
        open_source(str(tmp_path / "a.csv"), Preparation())
