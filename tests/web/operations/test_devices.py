"""Slots take the machine's devices in turn, and each says to its training process which one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from webapp.operations import machine
from webapp.operations.launcher.devices import training_devices
from webapp.operations.launcher.launcher import Launcher
from webapp.operations.launcher.roles import add_slots, default_slots
from webapp.operations.launcher.terminal import Terminal
from webapp.operations.servers.use import Servers
from webapp.searches.supervisor.presence import Presence
from webapp.searches.supervisor.slot import Slot


@pytest.fixture
def two_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver's own program that tells of two cards: there is none to ask on a machine without them."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'A card, 80000 MiB'\necho 'A card, 80000 MiB'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("EVOSCOPE_DEVICES", raising=False)
    machine.graphics_cards.cache_clear()
    yield
    machine.graphics_cards.cache_clear()


def environments(count: int) -> list[str]:
    launcher = Launcher(Terminal(), Servers())
    add_slots(launcher, count)
    return [child.environment["EVOSCOPE_DEVICE"] for child in launcher.children]


def test_without_a_card_every_core_has_a_slot_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert training_devices() == ("cpu",)
    assert default_slots() == len(os.sched_getaffinity(0))
    assert environments(2) == ["cpu", "cpu"]


def test_every_card_has_a_slot(two_cards: None) -> None:
    assert training_devices() == ("cuda:0", "cuda:1")
    assert default_slots() == 2
    assert environments(3) == ["cuda:0", "cuda:1", "cuda:0"]


def test_a_person_may_name_devices_and_a_bad_name_is_refused(
    two_cards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVOSCOPE_DEVICES", "cuda:1, cpu")
    assert training_devices() == ("cuda:1", "cpu")
    monkeypatch.setenv("EVOSCOPE_DEVICES", "gpu0")
    with pytest.raises(ImproperlyConfigured, match="devices such as cpu, cuda or cuda:1, got 'gpu0'"):
        training_devices()


@pytest.mark.django_db(transaction=True)
def test_a_slot_s_training_process_is_on_the_slot_s_device(settings: object) -> None:
    settings.DEVICE = "cuda:0"  # type: ignore[attr-defined]
    slot = Slot(Presence("slot-1@here"))
    try:
        process = slot.process()
        while process.about is None and process.alive:
            process.messages(1.0)
        assert process.about is not None
        assert process.about["device"] == "cuda:0"
    finally:
        slot.close()
