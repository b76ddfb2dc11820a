"""``calibrate``: time precisions and memory layouts on this machine, and keep the fastest."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from searchengine.core.errors import EngineError
from searchengine.core.jsontext import dumps
from searchengine.data.prepared import default_data_root, default_var, find_prepared, prepared_sets
from searchengine.training.recipe import device_class, size_class


class CalibrationFailed(EngineError):
    """Timing ended with an error; a run can be launched with a recipe named by ``--recipe``."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", nargs="*", help="prepared sets by name or fingerprint; default: all")
    parser.add_argument("--device", default="cpu", help="torch device; default: cpu")
    parser.add_argument("--again", action="store_true", help="time again what is stored already")
    parser.add_argument(
        "--data-root", type=Path, help="folder of prepared sets; default: data in EVOSCOPE_VAR or var"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a size class")
    parser.set_defaults(command=command)


def command(chosen: argparse.Namespace) -> int:
    root = chosen.data_root or default_data_root()
    named = [find_prepared(root, name) for name in chosen.data] or prepared_sets(root)
    classes = {size_class(manifest.summary): manifest.summary for manifest in named}
    if not classes:
        raise CalibrationFailed(
            "there is no prepared data set; prepare one: python -m searchengine data prepare digits"
        )
    import torch  # only the timing needs it, and a refused name is told sooner without

    from searchengine.training.calibration import calibrate

    torch.set_num_threads(1)
    for name, data in classes.items():
        found = calibrate(default_var(), data, chosen.device, again=chosen.again)
        if chosen.json:
            print(dumps({"device": device_class(chosen.device), "size": name, **found}), flush=True)
            continue
        print(f"{device_class(chosen.device)}, {name}:")
        fastest = f"{found['recipe']['precision']} {found['recipe']['memory_format']}"
        for recipe, milliseconds in found["milliseconds"].items():
            mark = "*" if recipe == fastest else " "
            print(f"  {mark} {recipe:24} {milliseconds:10.3f} ms a step")
    return 0


def calibrate_apart(names: Sequence[str], device: str, data_root: Path) -> None:
    """Time recipes in a process of their own, for a parent that loads no torch. Raises
    ``CalibrationFailed``."""
    print("timing recipes on this machine, once ...", file=sys.stderr, flush=True)
    asked = [sys.executable, "-m", "searchengine", "calibrate", *names, "--device", device]
    done = subprocess.run(
        [*asked, "--data-root", str(data_root)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise CalibrationFailed(
            f"timing recipes on {device} failed ({said[-1][:300]}); name one: --recipe float32"
        )
