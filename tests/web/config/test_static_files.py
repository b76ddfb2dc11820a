"""Installed scripts and styles arrive compressed, the same bytes as on disk."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from webapp.config.static_files import LEAST_BYTES, gzip_copy

PLOTLY = "dash/component/dash/dcc/plotly.min.js"
MOST_OF_A_FIRST_VISIT = 1_500_000


def test_the_largest_script_fits_into_a_first_visit(client: Client) -> None:
    for _ in range(2):  # the first writes the copy
        answer = client.get(f"/static/{PLOTLY}", headers={"accept-encoding": "gzip, deflate, br"})
        body = b"".join(answer)
        assert answer["Content-Encoding"] == "gzip"
        assert answer["Vary"] == "Accept-Encoding"
        assert int(answer["Content-Length"]) == len(body) < MOST_OF_A_FIRST_VISIT
        found = finders.find(PLOTLY)
        assert found is not None
        assert gzip.decompress(body) == Path(found).read_bytes()
        again = client.get(f"/static/{PLOTLY}", headers={"if-none-match": answer["ETag"]})
        assert again.status_code == 304


def test_who_takes_no_gzip_gets_the_file_itself(client: Client) -> None:
    answer = client.get(f"/static/{PLOTLY}")
    assert "Content-Encoding" not in answer
    assert int(answer["Content-Length"]) == len(b"".join(answer)) > 2_000_000


@pytest.mark.parametrize(("name", "size"), [("small.js", LEAST_BYTES - 1), ("picture.png", 2 * LEAST_BYTES)])
def test_small_files_and_pictures_get_no_copy(tmp_path: Path, name: str, size: int) -> None:
    path = tmp_path / name
    path.write_bytes(b"a" * size)
    assert gzip_copy(path, tmp_path) is None
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_changed_gets_another_copy(tmp_path: Path) -> None:
    path = tmp_path / "script.js"
    path.write_bytes(b"a" * LEAST_BYTES)
    first = gzip_copy(path, tmp_path)
    assert first is not None
    assert gzip_copy(path, tmp_path) == first
    path.write_bytes(b"b" * LEAST_BYTES)
    os.utime(path, ns=(1, 1))
    second = gzip_copy(path, tmp_path)
    assert second is not None
    assert gzip.decompress(second.read_bytes()) == path.read_bytes()
