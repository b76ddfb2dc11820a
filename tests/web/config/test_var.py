"""State is private, and a secret is made once."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from webapp.config.sockets import LONGEST, forget_sockets, socket_folder
from webapp.config.var import secret, var, var_folder


def test_the_folder_is_closed_to_others_even_when_it_was_open(evoscope_var: Path) -> None:
    evoscope_var.chmod(0o755)
    assert stat.S_IMODE(var().stat().st_mode) == 0o700


def test_a_secret_is_the_same_for_all_who_ask_at_once(evoscope_var: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: secret("word"), range(32)))
    assert len(found) == 1
    assert len(found.pop()) == 64
    (path,) = (evoscope_var / "secrets").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_in_the_way_is_named(evoscope_var: Path) -> None:
    (evoscope_var / "logs").touch()
    with pytest.raises(ImproperlyConfigured, match="logs must be a folder"):
        var_folder("logs")


def test_sockets_lie_inside_where_the_path_is_short_and_plain(evoscope_var: Path) -> None:
    assert socket_folder() == evoscope_var / "run" / "s"


@pytest.mark.parametrize("name", ["a blank", "ümlaut", "x" * LONGEST])
def test_elsewhere_they_lie_in_a_private_short_folder_that_is_remembered(
    evoscope_var: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("EVOSCOPE_VAR", str(evoscope_var / name))
    folder = socket_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(str(folder)) < LONGEST
    assert socket_folder() == folder
    folder.chmod(0o777)  # somebody opened it: it is not used again
    assert socket_folder() != folder
    folder.rmdir()
    forget_sockets()
    assert not (evoscope_var / name / "run" / "sockets").exists()


def test_a_link_in_place_of_the_folder_is_not_followed(
    evoscope_var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVOSCOPE_VAR", str(evoscope_var / "a blank"))
    folder = socket_folder()
    folder.rmdir()
    folder.symlink_to(evoscope_var)
    assert socket_folder() != folder
    folder.unlink()
    forget_sockets()
