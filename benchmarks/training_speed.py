"""One candidate's training against a plain PyTorch loop: float32, ``DataLoader``, transforms an item.

    python -m benchmarks.training_speed --out DIR [--case images|clips|demo] [--seeds 5] [--steps N]

Both sides train the same network on the same data with the same batch, steps, learning rate and augmentation,
in turns, one torch thread each, and are scored on the same validation part. A finished (case, side, seed) is
written at once to ``DIR/training_speed.jsonl`` and not run again. Told at the end: CPU seconds and accuracy
of both sides, the ratio of medians, and how far mean accuracies are apart beside the spread of the seeds.

Cases: ``images`` (3×32×32) and ``clips`` (3×16×32×32) are gratings drawn from a seed, so the script needs no
files; their recipe is the calibrated one. ``demo`` is ``digits-motion``, one of EvaNet's random networks,
with the demo's steps and recipe.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from benchmarks.stack import Line, record
from searchengine import catalogue
from searchengine.architecture.builder import Builder
from searchengine.architecture.graph import Architecture
from searchengine.core.jobs import Job
from searchengine.core.setting import DataSummary, Fidelity
from searchengine.data.augmentation import Augmentation
from searchengine.data.manifest import Preparation
from searchengine.data.prepare import prepare
from searchengine.data.prepared import PreparedData, open_prepared
from searchengine.jobs.store import Store
from searchengine.nets.build import build
from searchengine.training.calibration import calibrate
from searchengine.training.candidate import train_candidate
from searchengine.training.context import Context
from searchengine.training.recipe import Recipe, device_class
from searchengine.training.schedules import Schedule
from searchengine.training.seeding import seed_job

SIDES = ("plain", "evoscope")
LEAST = {"images": 3.0, "clips": 2.0}
"""Where the processor has matrix units for bf16."""
LEAST_WITHOUT_MATRIX_UNITS = 1.3
DEMO_GENOME_SEED = 3


class Case(NamedTuple):
    """The network's widths (none: one of EvaNet's), and how it is trained on both sides."""

    widths: tuple[int, ...]
    steps: int
    batch: int
    shift: int
    flip: bool


CASES = {
    "images": Case((24, 24, 48, 48), 250, 64, 2, True),
    "clips": Case((16, 16, 32), 120, 16, 2, True),
    "demo": Case((), 80, 32, 0, False),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training_speed", description=__doc__)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of results and prepared data; go on there"
    )
    parser.add_argument("--case", choices=CASES, action="append", help="default: all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, help="fewer steps than the case's, to try the script")
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    torch.set_num_threads(1)
    chosen.out.mkdir(parents=True, exist_ok=True)
    records = chosen.out / "training_speed.jsonl"
    done = [json.loads(line) for line in records.read_text().splitlines()] if records.exists() else []
    for name in chosen.case or CASES:
        case = CASES[name]
        steps = chosen.steps or case.steps
        data = _data(name, chosen.out)
        recipe = (
            Recipe() if name == "demo" else Recipe.from_json(calibrate(chosen.out, data.summary)["recipe"])
        )
        for seed in range(chosen.seeds):
            for side in SIDES:
                key = {"case": name, "steps": steps, "seed": seed, "side": side}
                if any(key.items() <= record.items() for record in done):
                    continue
                run = _plain if side == "plain" else _evoscope
                seconds, accuracy = run(case, steps, data, seed, recipe)
                record = {**key, "cpu_seconds": seconds, "accuracy": accuracy, "recipe": recipe.to_json()}
                done.append(record)
                with records.open("a") as file:
                    file.write(json.dumps(record) + "\n")
                print(
                    f"{name} seed {seed} {side:9} {seconds:8.2f} s CPU, accuracy {accuracy:.3f}", flush=True
                )
    _report(done, chosen, load)
    return 0


def _evoscope(case: Case, steps: int, data: PreparedData, seed: int, recipe: Recipe) -> tuple[float, float]:
    """CPU seconds of building, training and scoring by the product's own trainer, and validation accuracy."""
    schedule = Schedule(
        steps=steps,
        batch=case.batch,
        learning_rate=0.1,
        augmentation=Augmentation(case.shift, case.flip),
        keep_weights=False,
    )
    job = Job(
        number=0,
        evaluator="chain",
        kind="train",
        subjects=(0,),
        genomes={0: {}},
        seed=seed,
        fidelity=Fidelity(),
        arguments={},
        inputs={},
        recipe=recipe.to_json(),
        cost=1.0,
        phase="search",
        protocol="",
    )
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        context = Context(
            job,
            data.summary,
            lambda: data,
            store=Store(Path(folder)),
            attempt_dir=Path(folder, "attempt"),
            parent=_Nobody(),
            rng=seed_job(seed),
            device=torch.device("cpu"),
        )
        trained = train_candidate(context, _network(case, data.summary), schedule)
        return time.process_time() - began, trained.metrics["accuracy"]


class _Nobody:
    def progress(self, step: int, of: int, metrics: dict[str, float], findings: Any) -> None: ...

    def checkpointed(self, step: int, curve: list[dict[str, Any]]) -> None: ...

    def wants_stop(self) -> bool:
        return False


class _Items(Dataset[tuple[Tensor, int]]):
    """Samples one at a time: to float, normalise, pad, crop, flip."""

    def __init__(
        self, x: NDArray[np.uint8], y: NDArray[np.int64], data: PreparedData, case: Case, augment: bool
    ) -> None:
        manifest = data.manifest
        self.x, self.y, self.case = x, y, case
        self.shift = case.shift if augment else 0
        self.flip = case.flip and augment
        self.scale, self.offset = manifest.scale, manifest.offset
        shape = (-1, *[1] * (x.ndim - 2))
        self.mean = torch.tensor(manifest.mean).reshape(shape)
        self.std = torch.tensor(manifest.std).reshape(shape)

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        x = torch.from_numpy(self.x[index].copy()).float() * self.scale + self.offset
        x = (x - self.mean) / self.std
        if self.shift:
            by, (height, width) = self.shift, x.shape[-2:]
            padded = F.pad(x.reshape(1, -1, height, width), (by, by, by, by), mode="replicate")
            top, left = (int(torch.randint(2 * by + 1, ())) for _ in range(2))
            x = padded[..., top : top + height, left : left + width].reshape(x.shape)
        if self.flip and torch.rand(()) < 0.5:
            x = x.flip(-1)
        return x, int(self.y[index])


def _plain(case: Case, steps: int, data: PreparedData, seed: int, recipe: Recipe) -> tuple[float, float]:
    """CPU seconds of the loop everybody writes first, and validation accuracy. Float32 whatever the
    recipe."""
    began = time.process_time()
    torch.manual_seed(seed)
    network: nn.Module = build(_network(case, data.summary))
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    loader = DataLoader(
        _Items(*data.train, data, case, augment=True), case.batch, shuffle=True, drop_last=True
    )
    done = 0
    while done < steps:
        for x, y in loader:
            loss = F.cross_entropy(network(x), y)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            cosine.step()
            done += 1
            if done == steps:
                break
    network.eval()
    right = 0
    with torch.no_grad():
        for x, y in DataLoader(_Items(*data.validation, data, case, augment=False), 256):
            right += int((network(x).argmax(1) == y).sum())
    return time.process_time() - began, right / len(data.validation.y)


def _network(case: Case, data: DataSummary) -> Architecture:
    """Convolutions of 3 (an axis each) with norm and ReLU; every wider one halves the picture."""
    setting = data.setting()
    if not case.widths:
        space = catalogue.space("evanet", {}, data)
        return space.describe(space.random(np.random.default_rng(DEMO_GENOME_SEED)), setting)
    b = Builder(setting)
    clips = data.modality == "clips"
    x = b.input(data.input_name)
    for number, width in enumerate(case.widths):
        stride = 2 if number > 0 and width != case.widths[number - 1] else 1
        with b.scope(f"block{number}"):
            x = b.conv(x, width, kernel=3, stride=(1, stride, stride) if clips else stride, name="conv")
            x = b.activation(b.norm(x, name="norm"), "relu", name="relu")
    pooled = b.mean(x, axes=("T", "H", "W") if clips else ("H", "W"), name="mean")
    return b.finish(features=(x,), output=b.linear(pooled, setting.classes, bias=True, name="linear"))


def _data(name: str, out: Path) -> PreparedData:
    root = out / "data"
    source, settings = "digits-motion", Preparation()
    if name != "demo":
        source, settings = str(out / f"{name}.npz"), Preparation(side=32)
        if not Path(source).exists():
            _draw(Path(source), clips=name == "clips")
    return open_prepared(root, prepare(source, root, settings).summary.fingerprint)


def _draw(path: Path, clips: bool) -> None:
    """Ten classes of gratings by angle, 0 to 90 degrees (a mirrored one has no class of its own to be taken
    for), drifting in clips, under noise."""
    rng = np.random.default_rng(0)
    count, frames = (1600, 16) if clips else (8000, 1)
    y = np.arange(count) % 10
    rows, columns = np.mgrid[0:32, 0:32]
    x = np.empty((count, frames, 32, 32, 3), dtype=np.uint8)
    for index, label in enumerate(y):
        angle = np.pi / 2 * label / 9
        phase = rng.uniform(0, 2 * np.pi) + 0.4 * np.arange(frames)[:, None, None]
        wave = np.sin(0.8 * (np.cos(angle) * rows + np.sin(angle) * columns) + phase)
        noisy = 128 + 30 * wave[..., None] + rng.normal(0, 60, (frames, 32, 32, 3))
        x[index] = np.clip(noisy, 0, 255).astype(np.uint8)
    np.savez(path, x=x if clips else x[:, 0], y=y)


def _report(done: list[dict[str, Any]], chosen: argparse.Namespace, load: float) -> None:
    lines: list[Line] = []
    for name in chosen.case or CASES:
        steps = chosen.steps or CASES[name].steps
        lines += _lines(name, steps, chosen.seeds, [row for row in done if row["case"] == name])
    record("training_speed", lines, load=load, remark=f"Device class: {device_class()}.")


def _lines(name: str, steps: int, seeds: int, rows: list[dict[str, Any]]) -> list[Line]:
    """Both sides of a case, their ratio, and whether accuracies agree within the spread of the seeds."""
    rows = [row for row in rows if row["steps"] == steps and row["seed"] < seeds]
    sides = {side: [row for row in rows if row["side"] == side] for side in SIDES}
    seconds = {side: median(row["cpu_seconds"] for row in found) for side, found in sides.items()}
    accuracies = {side: [row["accuracy"] for row in found] for side, found in sides.items()}
    spreads = {side: stdev(found) if len(found) > 1 else float("nan") for side, found in accuracies.items()}
    recipe = sides["evoscope"][0]["recipe"]
    told = [
        Line(
            f"{name}: steps, seeds, recipe",
            f"{steps}, {seeds}, {recipe['precision']} {recipe['memory_format']}",
        )
    ]
    for side in SIDES:
        scored = f"accuracy {mean(accuracies[side]):.3f} ± {spreads[side]:.3f}"
        told.append(Line(f"{name}: {side}", f"{seconds[side]:.2f} s CPU (median), {scored}"))
    ratio, least = seconds["plain"] / seconds["evoscope"], _least(name)
    bound = f"≥ {least}" if least else ""
    told.append(Line(f"{name}: plain / evoscope", f"{ratio:.2f}", bound, ratio >= least if least else None))
    apart = abs(mean(accuracies["plain"]) - mean(accuracies["evoscope"]))
    spread = max(spreads.values())
    told.append(Line(f"{name}: mean accuracies apart", f"{apart:.3f}", f"≤ {spread:.3f}", apart <= spread))
    return told


def _least(name: str) -> float:
    """The bound of a case on this processor; 0 where there is none."""
    if name not in LEAST:
        return 0.0
    return LEAST[name] if "amx_bf16" in device_class() else LEAST_WITHOUT_MATRIX_UNITS


if __name__ == "__main__":
    sys.exit(main())
