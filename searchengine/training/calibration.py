"""Which recipe is fastest here: timed once per device class and size class, kept in ``calibration.json``.

    python -m searchengine calibrate [NAME_OR_FINGERPRINT ...] [--device cuda] [--again]

A middle-sized convolutional network takes a few steps with every recipe, in turns so that a busy machine
slows all alike. bf16 must win by a sixth to be worth its rounding; the memory layout simply wins.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F

from searchengine.architecture.builder import Builder
from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import Json, loads
from searchengine.core.setting import DataSummary, Setting
from searchengine.nets.build import build
from searchengine.training.device import placed, synchronise
from searchengine.training.recipe import CALIBRATION_FILE, Recipe, device_class, is_calibrated, size_class

RECIPES = tuple(
    Recipe(precision, memory_format)
    for precision in ("float32", "bf16")
    for memory_format in ("contiguous", "channels_last")
)
_WORTH = 1.15
_WIDTHS = (16, 32)


def calibrate(
    var: Path, data: DataSummary, device: str = "cpu", *, rounds: int = 5, again: bool = False
) -> Json:
    """Time every recipe for ``data``'s size class on ``device`` and store the choice; what is stored already
    is returned as it is, unless ``again``. ``{"recipe": ..., "milliseconds": {recipe: per step}}``."""
    path = var / CALIBRATION_FILE
    stored = _stored(path)
    classes = stored.setdefault(device_class(device), {})
    name = size_class(data)
    if again or not is_calibrated(var, data, device):
        milliseconds = time_recipes(data.setting(), torch.device(device), rounds)
        best = choose(milliseconds)
        classes[name] = {
            "recipe": best.to_json(),
            "milliseconds": {_name(one): ms for one, ms in milliseconds.items()},
        }
        var.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_text(json.dumps(stored, indent=1) + "\n")
        temporary.replace(path)
    return dict(classes[name])


def choose(milliseconds: dict[Recipe, float]) -> Recipe:
    """The fastest recipe; one in bf16 only when it is faster than the best in float32 by more than 15 %."""
    fastest = {
        precision: min(
            (one for one in milliseconds if one.precision == precision), key=milliseconds.__getitem__
        )
        for precision in {one.precision for one in milliseconds}
    }
    exact = fastest["float32"]
    rounded = fastest.get("bf16", exact)
    return rounded if milliseconds[exact] > _WORTH * milliseconds[rounded] else exact


def time_recipes(setting: Setting, device: torch.device, rounds: int) -> dict[Recipe, float]:
    """Milliseconds of a training step with each recipe: the median over ``rounds`` rounds after one to warm
    up. CPU time where the CPU does the work, so that others on the machine count little."""
    architecture = _typical(setting)
    shape = next(iter(setting.inputs.values()))
    batch = max(4, min(64, 2_000_000 // max(1, architecture.activation_bytes(1) // 16)))
    x, y = torch.randn(batch, *shape, device=device), torch.randint(setting.classes, (batch,), device=device)
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    networks = {one: placed(build(architecture), device, one.memory_format).train() for one in RECIPES}
    times: dict[Recipe, list[float]] = {one: [] for one in RECIPES}
    for turn in range(rounds + 1):
        for recipe, network in networks.items():
            synchronise(device)
            began = clock()
            with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
                logits = network(x if recipe.memory_format == "contiguous" else _channels_last(x))
            F.cross_entropy(logits.float(), y).backward()
            network.zero_grad(set_to_none=True)
            synchronise(device)
            if turn:
                times[recipe].append(1000 * (clock() - began))
    return {recipe: round(median(measured), 3) for recipe, measured in times.items()}


def _typical(setting: Setting) -> Architecture:
    b = Builder(setting)
    name = next(iter(setting.inputs))
    x = b.input(name)
    for number, width in enumerate(_WIDTHS):
        with b.scope(f"block{number}"):
            for layer in range(2):
                x = b.conv(x, width, kernel=3, stride=2 if number and not layer else 1, name=f"conv{layer}")
                x = b.activation(b.norm(x, name=f"norm{layer}"), "relu", name=f"relu{layer}")
    axes = ("T", "H", "W") if name == "clip" else ("H", "W")
    return b.finish(
        features=(x,),
        output=b.linear(b.mean(x, axes=axes, name="mean"), setting.classes, bias=True, name="linear"),
    )


def _channels_last(x: torch.Tensor) -> torch.Tensor:
    return x.contiguous(memory_format=torch.channels_last_3d if x.dim() == 5 else torch.channels_last)


def _stored(path: Path) -> Json:
    try:
        value = loads(path.read_bytes())
    except (OSError, ValueError):
        return {}  # none yet, or damaged: timed anew
    return value if isinstance(value, dict) else {}


def _name(recipe: Recipe) -> str:
    return f"{recipe.precision} {recipe.memory_format}"
