"""Writes an export's folder: everything beside it, checked, and moved into place in one step."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import Json, JsonValue
from searchengine.export.check import (
    ONNX_TOLERANCE,
    SOURCE_TOLERANCE,
    Check,
    Expected,
    check_bundle,
    sample_bytes,
    write_expected,
)
from searchengine.export.front import FRONT_FILE, front_json, ordered
from searchengine.export.method_files import write_method_files
from searchengine.export.model_card import Counted, model_card
from searchengine.export.onnx_file import write_onnx
from searchengine.export.preprocessing import preprocessing
from searchengine.export.source import inputs_of, source
from searchengine.export.source_ending import WEIGHTS_FILE
from searchengine.export.spec import ExportRefused, ExportSpec, Member
from searchengine.export.weights import deployed_weights, trained_network, write_weights
from searchengine.nets.network import Network
from searchengine.report.layout import layout
from searchengine.report.svg import STANDALONE_CSS, svg

Progress = Callable[[str, int, int], None]

SUMS_FILE = "SHA256SUMS"
CHECKS_FILE = "checks.json"
_COPIED = Path(__file__).parent / "files"


class Bundle(NamedTuple):
    """What was written: the folder, its files by relative path, the checks, and whether all passed."""

    folder: Path
    files: tuple[str, ...]
    checks: tuple[Check, ...]
    ok: bool

    def to_json(self) -> Json:
        return {
            "folder": str(self.folder),
            "files": list(self.files),
            "checks": [check._asdict() for check in self.checks],
            "ok": self.ok,
        }


def write_bundle(spec: ExportSpec, folder: Path, progress: Progress | None = None) -> Bundle:
    """Write and check the export in ``folder``, which must not exist or be empty.

    Nothing stands there before everything does, checks included; a failed check is written down and leaves
    ``ok`` False. Raises :class:`ExportRefused`, and ``OSError`` (disk full) with nothing left behind.
    """
    say = progress or (lambda phase, done, of: None)
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportRefused(f"{folder} is there already; choose a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = folder.parent / f".{folder.name[:40]}.{uuid.uuid4().hex[:8]}"
    aside.mkdir(mode=0o755)
    try:
        expected = _write(spec, aside, say)
        checks = check_bundle(aside, expected, say)
        ok = all(check.passed for check in checks)
        _json(aside / CHECKS_FILE, {"ok": ok, "checks": [check._asdict() for check in checks]})
        _sync(aside)
        if folder.exists():
            folder.rmdir()
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Bundle(folder, _files(folder), tuple(checks), ok)


def zip_folder(folder: Path, path: Path) -> None:
    """Pack ``folder`` as ``path``: equal folders give equal bytes (fixed times, sorted names), written aside
    first."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in _files(folder):
                entry = zipfile.ZipInfo(f"{folder.name}/{name}", (1980, 1, 1, 0, 0, 0))
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, (folder / name).read_bytes())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _write(spec: ExportSpec, folder: Path, say: Progress) -> Expected:
    spec, data = ordered(spec), spec.summary()
    members, networks, counted = list(spec.members), [], []
    architectures = [spec.architecture(member) for member in members]
    how = preprocessing(spec, *architectures)
    for number, (member, architecture) in enumerate(zip(members, architectures, strict=True)):
        say("writing networks", number, len(members))
        place = folder if spec.kind == "network" else folder / "members" / str(number)
        place.mkdir(parents=True, exist_ok=True)
        network = trained_network(architecture, member.weights)
        counted.append(_write_member(spec, member, architecture, network, place, folder))
        networks.append((architecture, network))
    say("writing networks", len(members), len(members))
    _json(folder / "classes.json", list(data.classes))
    _json(folder / "preprocessing.json", how)
    _json(folder / "lineage.json", list(spec.lineage))
    _json(folder / "recipe.json", dict(spec.recipe))
    _json(folder / "run.json", {"run": dict(spec.run), "data": data.to_json(), "metrics": dict(spec.metrics)})
    if spec.kind == "front":
        _json(folder / FRONT_FILE, front_json(spec, architectures))
    for name in ("predict.py", *(() if spec.kind == "network" else (f"{spec.kind}.py",))):
        shutil.copyfile(_COPIED / name, folder / name)
    card = model_card(spec, counted, SOURCE_TOLERANCE, ONNX_TOLERANCE)
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    _write_sums(folder)
    return write_expected(spec, networks, sample_bytes(data), how)


def _write_member(
    spec: ExportSpec,
    member: Member,
    architecture: Architecture,
    network: Network,
    place: Path,
    folder: Path,
) -> Counted:
    origin: Json = {"genome": member.birth, "space": member.space, "data": spec.summary().fingerprint}
    origin |= {name: spec.run[name] for name in ("run", "name", "method", "seed") if name in spec.run}
    (place / "model.py").write_text(source(architecture, origin), encoding="utf-8")
    write_weights(deployed_weights(architecture, network), place / WEIGHTS_FILE)
    try:
        written = write_onnx(network, dict(inputs_of(architecture)), place / "model.onnx")
    except torch.onnx.OnnxExporterError as error:
        raise ExportRefused(f"the ONNX exporter cannot write this network: {str(error)[:500]}") from error
    _json(
        place / "genome.json",
        {
            "genome": dict(member.genome),
            "space": member.space,
            "space_params": dict(member.space_params),
            "birth": member.birth,
            "metrics": dict(member.metrics),
            "parameters": architecture.parameters,
            "flops": architecture.macs,
        },
    )
    title = "The network" if member.birth is None else f"The network of birth {member.birth}"
    picture = svg(layout(architecture), title, stylesheet=STANDALONE_CSS)
    (place / "network.svg").write_text(picture, encoding="utf-8")
    write_method_files(member, network, place)
    name = "model.py" if place == folder else f"{place.relative_to(folder)}/model.py"
    return Counted(name, architecture, member.metrics, member.birth, written.numbers, written.opset)


def _json(path: Path, value: JsonValue) -> None:
    text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _files(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))


def _write_sums(folder: Path) -> None:
    """Checksums of every file as ``sha256sum -c`` reads them; the checks come later and are not among
    them."""
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in _files(folder)]
    (folder / SUMS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sync(folder: Path) -> None:
    for name in _files(folder):
        descriptor = os.open(folder / name, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
