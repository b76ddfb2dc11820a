"""Checkpoints inside a job: tensors as safetensors, the rest as JSON, both checksummed and written
atomically.

A checkpoint is two files, ``<step>.safetensors`` and ``<step>.json``; the JSON is written last and names the
tensors' SHA-256 and its own. The previous one stays until the next is whole, so a kill at any moment, a cut
file or a flipped bit costs at most one interval.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from searchengine.core.jsontext import Json, dumps, loads
from searchengine.jobs.store import sync_folder

FORMAT = 2
_KEPT = 2


class Payload(NamedTuple):
    """What a job needs to go on: the step it stands at, tensors by name, and JSON values."""

    step: int
    tensors: dict[str, Tensor]
    values: Json


def write_checkpoint(folder: Path, payload: Payload) -> None:
    """Write ``payload`` beside the previous ones and keep the last two. Raises ``OSError`` (disk full) with
    the previous checkpoint unharmed."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = save({name: tensor.detach().contiguous().cpu() for name, tensor in payload.tensors.items()})
    body = dumps(
        {
            "format": FORMAT,
            "step": payload.step,
            "tensors": hashlib.sha256(tensors).hexdigest(),
            "values": payload.values,
        }
    )
    text = dumps({"sha256": hashlib.sha256(body.encode()).hexdigest(), "body": body})
    stem = f"{payload.step:012d}"
    _write(folder / f"{stem}.safetensors", tensors)
    _write(folder / f"{stem}.json", text.encode())
    sync_folder(folder)
    for old in _newest_first(folder)[_KEPT:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".safetensors").unlink(missing_ok=True)


def read_checkpoint(folder: Path) -> Payload | None:
    """The newest whole checkpoint in ``folder``; damaged ones are passed over. None when there is none."""
    for path in _newest_first(folder):
        try:
            return _read(path)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            continue  # cut short or flipped: the one before it is whole
    return None


def _read(path: Path) -> Payload:
    outer = loads(path.read_bytes())
    body = outer["body"]
    if hashlib.sha256(body.encode()).hexdigest() != outer["sha256"]:
        raise ValueError("the checkpoint's values were changed")
    value = loads(body)
    if value["format"] != FORMAT:
        raise ValueError(f"a checkpoint of format {value['format']}, expected {FORMAT}")
    content = path.with_suffix(".safetensors").read_bytes()
    if hashlib.sha256(content).hexdigest() != value["tensors"]:
        raise ValueError("the checkpoint's tensors were changed")
    return Payload(value["step"], load(content), value["values"])


def _newest_first(folder: Path) -> list[Path]:
    return sorted((path for path in folder.glob("*.json") if path.stem.isdigit()), reverse=True)


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
