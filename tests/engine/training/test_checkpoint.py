"""Checkpoints come back whole, or the one before does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from searchengine.training.checkpoint import Payload, read_checkpoint, write_checkpoint


def _payload(step: int) -> Payload:
    return Payload(
        step,
        {"weight": torch.full((3, 2), float(step)), "count": torch.tensor(step)},
        {"text": "é", "half": 0.5},
    )


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path / "none") is None
    write_checkpoint(tmp_path, _payload(7))
    kept = read_checkpoint(tmp_path)
    assert kept is not None
    assert (kept.step, kept.values) == (7, {"text": "é", "half": 0.5})
    assert torch.equal(kept.tensors["weight"], torch.full((3, 2), 7.0))
    assert int(kept.tensors["count"]) == 7


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    for step in (1, 2, 30, 400):
        write_checkpoint(tmp_path, _payload(step))
    assert sorted(int(path.stem) for path in tmp_path.glob("*.json")) == [30, 400]
    assert len(list(tmp_path.iterdir())) == 4


def _cut(content: bytearray) -> bytearray:
    return content[: len(content) // 2]


def _flip(content: bytearray) -> bytearray:
    content[-3] ^= 4
    return content


def _empty(content: bytearray) -> bytearray:
    return bytearray()


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
@pytest.mark.parametrize("damage", [_cut, _flip, _empty])
def test_a_damaged_one_is_passed_over(
    tmp_path: Path, suffix: str, damage: Callable[[bytearray], bytearray]
) -> None:
    for step in (1, 2):
        write_checkpoint(tmp_path, _payload(step))
    newest = tmp_path / f"{2:012d}{suffix}"
    newest.write_bytes(damage(bytearray(newest.read_bytes())))
    kept = read_checkpoint(tmp_path)
    assert kept is not None
    assert kept.step == 1


def test_tensors_without_their_values_are_no_checkpoint(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, _payload(1))
    write_checkpoint(tmp_path, _payload(2))
    (tmp_path / f"{2:012d}.json").unlink()
    kept = read_checkpoint(tmp_path)
    assert kept is not None
    assert kept.step == 1


def test_a_failed_write_leaves_the_one_before(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, _payload(1))
    with pytest.raises(ValueError, match="JSON"):
        write_checkpoint(tmp_path, Payload(2, {}, {"value": float("nan")}))
    kept = read_checkpoint(tmp_path)
    assert kept is not None
    assert kept.step == 1
    assert not list(tmp_path.glob(".*"))
