"""``run`` and ``resume``: a search in a folder, with training processes on this machine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from searchengine.cli.bar import Bar
from searchengine.cli.calibrate import calibrate_apart
from searchengine.core.budget import Budget
from searchengine.core.errors import InvalidParams, StateMismatch, UnknownName
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.setting import DataSummary
from searchengine.data.prepare import prepare
from searchengine.data.prepared import default_data_root, default_var, find_prepared
from searchengine.driver.control import control_plan
from searchengine.driver.documents import documents_of, files_of, reader
from searchengine.driver.files import alone_in, write_whole
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import LocalRun
from searchengine.driver.plan import Plan, make_plan
from searchengine.driver.recipes import is_calibrated, recipe_at_launch, takes_measured
from searchengine.driver.summary import summary
from searchengine.jobs.store import Store
from searchengine.training.recipe import Recipe

_MOST_WORKERS = 256


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("method", help="slug of a method: see the command methods")
    parser.add_argument(
        "--data", required=True, help="a prepared set, a built-in one, a folder or an .npz file"
    )
    parser.add_argument("--preset", help="default: demo")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a parameter; may be repeated"
    )
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--window", type=int, help="the most jobs untold at a time; default: the preset's")
    parser.add_argument(
        "--recipe",
        default="auto",
        help="auto, float32, bf16 or a JSON object; default: auto, the fastest one here, timed at first"
        " use (the preset demo: float32)",
    )
    parser.add_argument("--evaluations", type=int, help="budget: candidates")
    parser.add_argument("--seconds", type=float, help="budget: wall time; then the final phase follows")
    parser.add_argument("--cost", type=float, help="budget: predicted multiply-adds times samples")
    parser.add_argument(
        "--control", action="store_true", help="afterwards, the method's control at equal cost"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    _declare_machine(parser)
    parser.set_defaults(command=run)


def declare_resume(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of a run")
    _declare_machine(parser)
    parser.set_defaults(command=resume)


def _declare_machine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, help="training processes; history does not depend on it")
    parser.add_argument("--device", default="cpu", help="torch device; default: cpu")
    parser.add_argument("--memory", type=float, metavar="GB", help="memory limit of one training process")
    parser.add_argument(
        "--data-root", type=Path, help="folder of prepared sets; default: data in EVOSCOPE_VAR or var"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object at the end")


def run(chosen: argparse.Namespace) -> int:
    workers = _workers(1 if chosen.workers is None else chosen.workers)
    data_root = chosen.data_root or default_data_root()
    budget = Budget(chosen.evaluations, chosen.seconds, chosen.cost)
    recipe = _recipe(chosen.recipe)
    values = settings(chosen.set)
    measured = recipe is None and takes_measured(chosen.method, chosen.preset)
    data = summary_of(chosen.data, data_root)
    if measured and not is_calibrated(default_var(), data, chosen.device):
        calibrate_apart([data.fingerprint], chosen.device, data_root)
    plan = make_plan(
        chosen.method,
        data,
        seed=chosen.seed,
        preset=chosen.preset,
        values=values,
        window=chosen.window,
        budget=budget,
        recipe=recipe or recipe_at_launch(default_var(), chosen.method, chosen.preset, data, chosen.device),
    )
    if chosen.control:
        control_plan(plan)  # refused now rather than hours later
    with alone_in(chosen.out):
        preset = chosen.preset or "demo"
        RunFolder.create(chosen.out, plan, preset=preset, workers=workers, control=chosen.control).close()
        return _go_on(chosen, chosen.out, workers, data_root)


def resume(chosen: argparse.Namespace) -> int:
    if not (chosen.folder / "plan.json").is_file():
        raise StateMismatch(f"{chosen.folder} holds no run; start one with the command run")
    data_root = chosen.data_root or default_data_root()
    launch = loads((chosen.folder / "plan.json").read_text(encoding="utf-8"))
    workers = _workers(launch["workers"] if chosen.workers is None else chosen.workers)
    with alone_in(chosen.folder):
        return _go_on(chosen, chosen.folder, workers, data_root)


def _go_on(chosen: argparse.Namespace, path: Path, workers: int, data_root: Path) -> int:
    try:
        found = _search(chosen, path, workers, data_root)
        if found["with_control"]:
            beside = path / "control"
            if (beside / "plan.json").is_file() or _control_made(beside, found, workers):
                found["summary"]["control"] = _search(chosen, beside, workers, data_root)["summary"]
    except KeyboardInterrupt:
        print(f"\ninterrupted; go on with: python -m searchengine resume {path}", file=sys.stderr)
        raise
    write_whole(path / "summary.json", dumps(found["summary"]) + "\n")
    _tell(found["summary"], path, as_json=chosen.json)
    return 0


def _control_made(beside: Path, found: Json, workers: int) -> bool:
    """Make the control of a finished search; False, said in words, where what the search measured leaves
    nothing to search."""
    plan = Plan.from_json(found["plan"])
    try:
        control = control_plan(plan, cost=found["summary"]["cost"], documents=found["documents"])
    except InvalidParams as error:
        print(f"no control: {error}", file=sys.stderr)
        return False
    launch: Json = {"preset": None, "workers": workers, "control": False}
    RunFolder.create(beside, control, **launch).close()
    return True


def _search(chosen: argparse.Namespace, path: Path, workers: int, data_root: Path) -> Json:
    folder = RunFolder(path)
    bar = Bar()
    try:
        find_prepared(data_root, folder.plan.data.fingerprint)
        memory = int(chosen.memory * 2**30) if chosen.memory else None
        LocalRun(
            folder,
            workers=workers,
            data_root=data_root,
            device=chosen.device,
            memory_bytes=memory,
            observe=bar,
        ).run()
        bar.end(folder)
        made = summary(folder)
        write_whole(path / "summary.json", dumps(made) + "\n")
        documents = documents_of(
            folder.plan.method, folder.plan.params, folder.progress, reader(Store(folder.artifacts))
        )
        for name, text in files_of(documents).items():
            write_whole(path / name, text)
        return {
            "summary": made,
            "plan": folder.plan.to_json(),
            "with_control": bool(folder.launch.get("control")),
            "documents": documents,
        }
    finally:
        folder.close()


def settings(pairs: list[str]) -> Json:
    """``key=value`` pairs as parameters: a value is read as JSON where it is JSON, else as text.

    Raises ``InvalidParams`` for a pair without ``=`` and a key that stands twice."""
    values: dict[str, Any] = {}
    for pair in pairs:
        key, sign, text = pair.partition("=")
        if not sign or not key:
            raise InvalidParams({"": f"expected KEY=VALUE after --set, got {pair[:60]!r}"})
        if key in values:
            raise InvalidParams({key: "stands twice after --set; give it once"})
        try:
            values[key] = loads(text)
        except ValueError:
            values[key] = text
    return values


def summary_of(name: str, data_root: Path) -> DataSummary:
    """The summary of a prepared set; a built-in name, a folder or a file is prepared first."""
    try:
        return find_prepared(data_root, name).summary
    except UnknownName:
        return prepare(name, data_root).summary


def _recipe(text: str) -> Json | None:
    """None: to be chosen by what was measured."""
    if text == "auto":
        return None
    if text in ("float32", "bf16"):
        return Recipe(precision=text).to_json()  # type: ignore[arg-type]
    try:
        value = loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise InvalidParams({"recipe": f"expected auto, float32, bf16 or a JSON object, got {text[:40]!r}"})
    return Recipe.from_json(value).to_json()


def _workers(number: int) -> int:
    if not 1 <= number <= _MOST_WORKERS:
        raise InvalidParams({"workers": f"expected a whole number from 1 to {_MOST_WORKERS}, got {number}"})
    return number


def _tell(found: Json, path: Path, *, as_json: bool) -> None:
    if as_json:
        print(dumps(found))
        return
    best = found["best"]
    if best is None:
        print(f"no network was found: {found['failed']} of {found['evaluations']} evaluations failed")
    else:
        print(
            f"best network #{best['birth']}: {best['fitness']:.4f} on validation,"
            f" {best['parameters']} parameters, {best['flops']} multiply-adds"
        )
    control = found.get("control")
    if control and control["best"]:
        print(f"control {control['method']} at equal cost: {control['best']['fitness']:.4f} on validation")
    print(
        f"everything is in {path}; take the network away with:"
        f" python -m searchengine export {path} --best --to DIR"
    )
