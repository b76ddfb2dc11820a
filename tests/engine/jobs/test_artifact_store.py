"""Artifacts are named by their content, whole or not there."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
from pathlib import Path

import pytest

from searchengine.jobs.store import DamagedArtifact, MissingArtifact, Store


def test_bytes_streams_and_files_are_stored_under_their_hash(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    content = b"weights" * 1000
    (tmp_path / "file").write_bytes(content)
    names = {store.put(content), store.put(io.BytesIO(content)), store.put(tmp_path / "file")}
    assert names == {hashlib.sha256(content).hexdigest()}
    (name,) = names
    assert store.has(name)
    assert store.path(name, check=True).read_bytes() == content
    assert len([path for path in (tmp_path / "store").rglob("*") if path.is_file()]) == 1


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    store = Store(tmp_path)
    name = store.put(b"gone")
    store.discard(name)
    store.discard(name)
    assert not store.has(name)
    with pytest.raises(MissingArtifact, match="not in the store"):
        store.path(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_name_that_is_no_hash_reaches_no_file(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path)
    for ask in (store.path, store.has, store.discard):
        with pytest.raises(MissingArtifact, match="64 hexadecimal"):
            ask(name)


def test_a_changed_file_is_noticed_and_put_aside(tmp_path: Path) -> None:
    store = Store(tmp_path)
    name = store.put(b"original")
    store.path(name).write_bytes(b"0riginal")
    with pytest.raises(DamagedArtifact, match="changed on disk"):
        store.path(name, check=True)
    assert not store.has(name)
    assert store.put(b"original") == name
    assert store.path(name, check=True).read_bytes() == b"original"


class _Broken(io.RawIOBase):
    def __init__(self) -> None:
        self.reads = 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        if self.reads > 1:
            raise OSError("the sender went away")
        return b"half of it"


def test_a_failed_put_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="went away"):
        Store(tmp_path).put(_Broken())  # type: ignore[arg-type]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def _put(root: Path) -> str:
    return Store(root).put(b"the same" * 100_000)


def test_several_processes_put_the_same_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        names = set(pool.map(_put, [tmp_path] * 6))
    (name,) = names
    assert Store(tmp_path).path(name, check=True).stat().st_size == 800_000
