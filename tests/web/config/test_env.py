"""The environment is read by type, and a bad value is refused in words."""

import math
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from webapp.config import env

NAME = "EVOSCOPE_OF_A_TEST"


@pytest.mark.parametrize(
    ("word", "meant"), [("1", True), ("Yes", True), (" on ", True), ("0", False), ("FALSE", False)]
)
def test_a_flag_is_a_yes_or_a_no(monkeypatch: pytest.MonkeyPatch, word: str, meant: bool) -> None:
    monkeypatch.setenv(NAME, word)
    assert env.flag(NAME, default=not meant) is meant


@pytest.mark.parametrize("word", ["", "   "])
def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv(NAME, word)
    assert env.text(NAME, "default") == "default"
    assert env.flag(NAME, True) is True
    assert env.whole(NAME, 7, least=1, most=9) == 7
    assert env.seconds(NAME, 1.5) == 1.5
    assert env.words(NAME, ("a",)) == ["a"]


@pytest.mark.parametrize("word", ["maybe", "2", "-"])
def test_a_flag_of_another_kind_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv(NAME, word)
    with pytest.raises(ImproperlyConfigured, match=rf"{NAME} must be 1 or 0.*{word}"):
        env.flag(NAME)


@pytest.mark.parametrize("word", ["three", "1.5", "0", "10", "1e3"])
def test_a_number_out_of_range_or_kind_is_refused(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv(NAME, word)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.whole(NAME, 3, least=1, most=9)


@pytest.mark.parametrize("word", ["soon", "nan", "inf", "-1", "0"])
def test_a_length_of_time_must_be_finite_and_positive(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv(NAME, word)
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.seconds(NAME, 3.0)
    assert math.isfinite(env.seconds("EVOSCOPE_NEVER_SET", 3.0))


def test_words_lose_blanks_and_empty_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " a.example , ,b.example,")
    assert env.words(NAME) == ["a.example", "b.example"]


def test_a_file_is_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(NAME, str(tmp_path / "file"))
    with pytest.raises(ImproperlyConfigured, match="is a file"):
        env.folder(NAME, tmp_path)


def test_a_missing_folder_of_a_list_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(NAME, f"{tmp_path}:{tmp_path / 'missing'}")
    with pytest.raises(ImproperlyConfigured, match="missing, and there is no such folder"):
        env.folders(NAME)
