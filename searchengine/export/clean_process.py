"""Run by path in an isolated interpreter: checks an export with torch, safetensors and onnxruntime alone.

    python -I clean_process.py EXPORT_FOLDER EXPECTED_FOLDER

The last line of its output is a JSON list of ``{"name", "passed", "detail", "seconds"}``.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

FORBIDDEN = ("searchengine", "webapp", "django")


class Refuse(importlib.abc.MetaPathFinder):
    """Makes the project impossible to import even where it is installed beside torch."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in FORBIDDEN:
            raise ImportError(f"{name} must not be needed by an export")


class Failed(Exception):
    """A check that did not hold, in words."""


def main(folder: Path, wanted: Path) -> list[dict[str, Any]]:
    sys.meta_path.insert(0, Refuse())
    rows: list[dict[str, Any]] = []

    def check(name: str, what: Callable[[], str]) -> None:
        began = time.monotonic()
        try:
            detail, passed = what(), True
        except Exception as error:  # whatever an export raises is a failed check, told in words
            detail, passed = f"{type(error).__name__}: {error}"[:1000], False
        seconds = round(time.monotonic() - began, 2)
        rows.append({"name": name, "passed": passed, "detail": detail, "seconds": seconds})

    check("the checksums hold", lambda: sums(folder))
    check("no file is a pickle", lambda: no_pickle(folder))
    from safetensors.torch import load_file

    expected = load_file(str(wanted / "expected.safetensors"))
    facts = json.loads((wanted / "facts.json").read_text(encoding="utf-8"))
    given = {name: expected[f"input.{name}"] for name in facts["inputs"]}
    places = (
        [folder]
        if facts["kind"] == "network"
        else [folder / "members" / str(n) for n in range(len(facts["parameters"]))]
    )
    for number, place in enumerate(places):
        label = "" if facts["kind"] == "network" else f" (member {number})"
        reference, count = expected[f"member.{number}"], facts["parameters"][number]
        read = {name: given[name] for name in facts["member_inputs"][number]}
        check(
            f"weights load strictly and parameters agree{label}",
            partial(parameters, place / "model.py", count),
        )
        check(
            f"the source gives the engine's output{label}",
            partial(same_output, place / "model.py", read, reference, facts["source_tolerance"]),
        )
        check(
            f"ONNX gives the engine's output{label}",
            partial(same_onnx, place / "model.onnx", read, reference, facts["onnx_tolerance"]),
        )
    if facts["kind"] == "ensemble":
        check(
            "the ensemble gives the engine's output",
            lambda: same_output(folder / "ensemble.py", given, expected["output"], facts["source_tolerance"]),
        )
    if facts["kind"] == "front":
        check("the front offers what fits", partial(offers, folder, given, expected, facts))
    check("this project was not needed", not_imported)
    return rows


def sums(folder: Path) -> str:
    named = set()
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise Failed(f"{name} has another checksum")
        named.add(name)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if stray := sorted(there - named - {"SHA256SUMS", "checks.json"}):
        raise Failed(f"{', '.join(stray)} has no checksum")
    return f"{len(named)} files"


def no_pickle(folder: Path) -> str:
    for path in folder.rglob("*"):
        if path.is_dir():
            continue
        content = path.read_bytes()
        if path.suffix == ".safetensors":
            plain = content[8:9] == b"{"  # its length, then a JSON header
        elif path.suffix == ".onnx":
            plain = content[:1] == b"\x08"  # a protocol buffer that begins with its version
        else:
            plain = path.suffix in {".py", ".json", ".md", ".svg", ""} and b"\0" not in content
            content.decode("utf-8")
        if not plain:
            raise Failed(f"{path.name} is none of text, safetensors and ONNX")
    return "text, safetensors and ONNX only"


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"exported_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def parameters(path: Path, wanted: int) -> str:
    network = module(path).load()
    counted = sum(parameter.numel() for parameter in network.parameters())
    if counted != wanted:
        raise Failed(f"expected {wanted:,} parameters, got {counted:,}")
    return f"{counted:,} parameters"


def same_output(path: Path, read: dict[str, Any], reference: Any, tolerance: float) -> str:
    import torch

    with torch.no_grad():
        output = module(path).load()(*read.values())
    return compared(output, reference, tolerance)


def offers(folder: Path, given: dict[str, Any], expected: dict[str, Any], facts: dict[str, Any]) -> str:
    import torch

    front = module(folder / "front.py")
    for limit, number in [*facts["offers"], (None, None)]:
        wanted = expected["output"] if number is None else expected[f"member.{number}"]
        entry = front.choose(most_macs=limit)
        read = [given[name] for name in facts["member_inputs"][int(entry["folder"].rpartition("/")[2])]]
        with torch.no_grad():
            output = front.load(most_macs=limit)(*read)
        compared(output, wanted, facts["source_tolerance"])
    try:
        front.choose(most_macs=min(limit for limit, _ in facts["offers"]) - 1)
    except ValueError:
        return f"{len(facts['offers'])} limits, and less than the cheapest is refused"
    raise Failed("a limit below the cheapest network gave one")


def same_onnx(path: Path, read: dict[str, Any], reference: Any, tolerance: float) -> str:
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    given = {name: tensor.numpy() for name, tensor in read.items()}
    output = torch.from_numpy(session.run(None, given)[0])
    alone = torch.from_numpy(session.run(None, {name: values[:1] for name, values in given.items()})[0])
    compared(alone, reference[:1], tolerance)  # any batch, also one sample
    return compared(output, reference, tolerance)


def compared(output: Any, reference: Any, tolerance: float) -> str:
    if output.shape != reference.shape:
        raise Failed(f"expected shape {tuple(reference.shape)}, got {tuple(output.shape)}")
    gap = float((output - reference).abs().max())
    scale = max(1.0, float(reference.abs().max()))
    if not gap <= tolerance * scale:
        raise Failed(f"differs by {gap:.3g}, more than {tolerance:g} of {scale:.3g}")
    return f"largest difference {gap:.2g}, tolerance {tolerance * scale:.2g}"


def not_imported() -> str:
    loaded = sorted(name for name in sys.modules if name.partition(".")[0] in FORBIDDEN)
    if loaded:
        raise Failed(f"{', '.join(loaded)} was imported")
    return "not imported, and could not have been"


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
