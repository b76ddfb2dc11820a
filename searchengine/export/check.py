"""Tries an export out in clean processes that cannot import this project, and says what held.

The engine's own outputs on a seeded batch are computed here; the clean process loads what was written,
strictly, and compares.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.setting import DataSummary
from searchengine.data.batches import FLOW_STEP
from searchengine.data.flow import FlowSettings, clip_flow, grey
from searchengine.export.files import predict
from searchengine.export.front import chosen
from searchengine.export.onnx_file import output_of
from searchengine.export.preprocessing import FLOW, shared_inputs
from searchengine.export.source import inputs_of
from searchengine.export.spec import ExportSpec
from searchengine.nets.network import Network

SOURCE_TOLERANCE = 1e-5
ONNX_TOLERANCE = 1e-4
"""Largest difference of a logit, relative to the largest logit of the batch or 1, whichever is more."""

MOST_SECONDS = 300.0
SEED = 20
BATCH = 2

_CLEAN_PROCESS = Path(__file__).with_name("clean_process.py")


class Check(NamedTuple):
    """One thing tried: what, whether it held, what came out in words, and how long it took."""

    name: str
    passed: bool
    detail: str
    seconds: float


class Expected(NamedTuple):
    """What the engine says of a seeded batch: tensors (``input.<name>``, ``output``, ``member.<i>``,
    ``bytes``, ``chances``) and facts for the clean process, among them the inputs by name, in order, of all
    networks together and of each member."""

    tensors: dict[str, Tensor]
    facts: Json


def sample_bytes(data: DataSummary) -> Tensor:
    """One seeded sample as it would lie in a file: bytes (1, *shape)."""
    drawn = np.random.default_rng(SEED).integers(0, 256, (1, *data.shape), dtype=np.uint8)
    return torch.from_numpy(drawn)


def write_expected(
    spec: ExportSpec, networks: Sequence[tuple[Architecture, Network]], sample: Tensor, how: Json
) -> Expected:
    """The engine's outputs on a seeded batch, and on a sample of bytes as ``predict.py`` would read it."""
    architectures = [architecture for architecture, _ in networks]
    rng = np.random.default_rng(SEED)
    inputs = {
        name: torch.from_numpy(rng.standard_normal((BATCH, *shape), dtype=np.float32))
        for name, shape in shared_inputs(architectures).items()
    }
    reads = [list(inputs_of(architecture)) for architecture in architectures]

    def outputs_on(given: Mapping[str, Tensor]) -> list[Tensor]:
        return [
            output_of(network, tuple(given[name] for name in names))
            for (_, network), names in zip(networks, reads, strict=True)
        ]

    outputs = outputs_on(inputs)
    tensors = {f"input.{name}": tensor for name, tensor in inputs.items()}
    tensors |= {f"member.{number}": output for number, output in enumerate(outputs)}
    offered = chosen(spec, architectures) if spec.kind == "front" else None

    def together(logits: Sequence[Tensor]) -> Tensor:
        return torch.stack(list(logits)).mean(dim=0) if offered is None else logits[offered].clone()

    tensors["output"] = together(outputs)
    facts: Json = {
        "kind": spec.kind,
        "inputs": list(inputs),
        "member_inputs": reads,
        "parameters": [architecture.parameters for architecture in architectures],
        "source_tolerance": SOURCE_TOLERANCE,
        "onnx_tolerance": ONNX_TOLERANCE,
    }
    if offered is not None:
        # Whatever a network costs, given just that much, the best within it is offered.
        facts["offers"] = [[one.macs, chosen(spec, architectures, one.macs)] for one in architectures]
    logits = together(outputs_on(_read_as_in_training(sample, how)))
    tensors["bytes"] = sample
    tensors["chances"] = torch.sigmoid(logits) if how["labels"] == "multi" else torch.softmax(logits, dim=1)
    return Expected({name: tensor.contiguous() for name, tensor in tensors.items()}, facts)


def _read_as_in_training(sample: Tensor, how: Json) -> dict[str, Tensor]:
    """Every input that a sample of bytes gives, flow as the engine stores it when data is prepared."""
    read = {how["input"]: predict.network_input(sample, how)}
    if how["flow"] is not None:
        settings = FlowSettings.from_json(how["flow"])
        fields = np.stack([clip_flow(grey(clip), settings) for clip in sample.numpy()])
        read[FLOW] = predict.reduced(torch.from_numpy(fields).float() * FLOW_STEP, how)
    return read


def check_bundle(folder: Path, expected: Expected, say: Callable[[str, int, int], None]) -> list[Check]:
    """Every check of the export in ``folder``, in clean processes with another working directory, two at a
    time: most of each is loading torch."""
    with tempfile.TemporaryDirectory(prefix="evoscope-check-") as made, ThreadPoolExecutor(2) as pool:
        elsewhere = Path(made)
        tasks = [pool.submit(_in_clean_process, folder, expected, elsewhere)]
        tasks += [
            pool.submit(_runs_alone, script, folder, elsewhere) for script in sorted(folder.rglob("*.py"))
        ]
        tasks.append(pool.submit(_predicts, folder, expected, elsewhere))
        for number, _ in enumerate(as_completed(tasks), 1):
            say("checking in a clean process", number, len(tasks))
        return [check for task in tasks for check in task.result()]


def _in_clean_process(folder: Path, expected: Expected, elsewhere: Path) -> list[Check]:
    save_file(expected.tensors, str(elsewhere / "expected.safetensors"))
    (elsewhere / "facts.json").write_text(dumps(expected.facts), encoding="utf-8")
    began = time.monotonic()
    ended = _run([str(_CLEAN_PROCESS), str(folder), str(elsewhere)], elsewhere)
    try:
        rows = loads(ended.output.rstrip("\n").rpartition("\n")[2])
        return [Check(row["name"], row["passed"], row["detail"], row["seconds"]) for row in rows]
    except (ValueError, KeyError, TypeError):
        return [Check("a clean process checks the export", False, ended.in_words(), _since(began))]


def _runs_alone(script: Path, folder: Path, elsewhere: Path) -> list[Check]:
    began = time.monotonic()
    ended = _run([str(script)], elsewhere)
    name = f"{script.relative_to(folder)} runs alone"
    return [Check(name, ended.code == 0, ended.in_words(), _since(began))]


def _predicts(folder: Path, expected: Expected, elsewhere: Path) -> list[Check]:
    """``predict.py`` reads a sample from a file and gives the engine's probabilities."""
    began = time.monotonic()
    name = "predict.py gives the engine's class probabilities"
    np.save(elsewhere / "sample.npy", expected.tensors["bytes"][0].numpy())
    ended = _run([str(folder / "predict.py"), str(elsewhere / "sample.npy"), "--json"], elsewhere)
    try:
        rows = loads(ended.output)["probabilities"]
        classes = loads((folder / "classes.json").read_bytes())
        # Labels may repeat, so the probabilities are compared in order of size.
        told = sorted((row["probability"] for row in rows), reverse=True)
        wanted = sorted(expected.tensors["chances"][0].tolist(), reverse=True)
        gap = max(abs(a - b) for a, b in zip(told, wanted, strict=True))
        right = sorted(row["class"] for row in rows) == sorted(classes)
    except (ValueError, KeyError, TypeError):
        return [Check(name, False, ended.in_words(), _since(began))]
    return [Check(name, gap <= SOURCE_TOLERANCE and right, f"largest difference {gap:.2g}", _since(began))]


class _Ended(NamedTuple):
    code: int
    output: str
    error: str

    def in_words(self) -> str:
        """The exit code, and of a success the first lines it said, of a failure the last ones."""
        if self.code == 0:
            lines = self.output.split("\n\n")[0].strip().splitlines()[:4]
        else:
            lines = (self.error.strip() or self.output.strip()).splitlines()[-8:]
        said = " / ".join(line.strip() for line in lines)
        return (f"exit code {self.code}" + (f": {said}" if said else ""))[:1000]


def _run(command: list[str], elsewhere: Path) -> _Ended:
    """A fresh isolated interpreter: no environment, no user packages, no compiled files left behind,
    another working directory."""
    environment = {"PATH": os.defpath, "HOME": str(elsewhere), "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-B", *command], cwd=elsewhere, env=environment, capture_output=True,
            text=True, errors="replace", timeout=MOST_SECONDS, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _Ended(-1, "", f"not done after {MOST_SECONDS:.0f} s")
    return _Ended(ended.returncode, ended.stdout, ended.stderr)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 2)
