"""The command line of data: ``python -m searchengine data list`` and ``data prepare NAME_OR_PATH``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from searchengine.core.errors import DataRefused
from searchengine.core.jsontext import Json, dumps
from searchengine.data.builtin import BUILTIN
from searchengine.data.manifest import Manifest, Preparation
from searchengine.data.prepare import prepare
from searchengine.data.prepared import default_data_root, prepared_sets


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs ``list`` and ``prepare`` on ``parser``; parsed arguments go to ``data_command``."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="prepared data sets, and the built-in ones")
    preparing = verbs.add_parser("prepare", help="read, check, split and store a data set; done once")
    preparing.add_argument(
        "source",
        metavar="NAME_OR_PATH",
        help=f"{', '.join(BUILTIN)}, a folder with a folder per class, an .npz file or a .csv table",
    )
    preparing.add_argument("--name", help="short name of the set; default: the folder's or file's")
    preparing.add_argument(
        "--side", type=int, help="height and width in pixels; default: the data's, at most 64"
    )
    preparing.add_argument("--frames", type=int, help="frames of a clip; default: 16")
    preparing.add_argument("--colour", choices=("rgb", "grey"), help="default: as the data suggests")
    preparing.add_argument("--seed", type=int, default=0, help="seed of the split; default: 0")
    preparing.add_argument(
        "--noise-seed", type=int, default=0, help="seed of built-in motion and noise; default: 0"
    )
    preparing.add_argument("--validation", type=float, default=0.2, help="share for validation; default: 0.2")
    preparing.add_argument("--test", type=float, default=0.2, help="share for test, where the data has none")
    preparing.add_argument(
        "--group", metavar="PATTERN", help="regular expression; its first group stays in one part"
    )
    mirror = preparing.add_mutually_exclusive_group()
    mirror.add_argument(
        "--mirror-safe", dest="mirror_safe", action="store_true", default=None, help="a flip keeps the class"
    )
    mirror.add_argument(
        "--mirror-sensitive", dest="mirror_safe", action="store_false", help="a flip changes a class"
    )
    flow = preparing.add_mutually_exclusive_group()
    flow.add_argument(
        "--flow",
        nargs="?",
        const="auto",
        choices=("auto", "farneback", "dis"),
        help="add optical flow to clips; auto: farneback up to 64 pixels a side, dis above",
    )
    flow.add_argument(
        "--no-flow",
        dest="flow",
        action="store_const",
        const="none",
        help="leave away the optical flow that a built-in set brings",
    )
    for verb in (listing, preparing):
        verb.add_argument(
            "--data-root", type=Path, help="folder of prepared sets; default: data in EVOSCOPE_VAR or var"
        )
        verb.add_argument("--json", action="store_true", help="one JSON object a line")


def data_command(args: argparse.Namespace) -> int:
    """Run a parsed ``data`` command; the exit code. With ``--json``, progress lines ``{"progress": phase,
    "done": n, "of": n}``, then ``{"summary": ..., "faults": [...]}`` or ``{"error": text}``."""
    root = args.data_root or default_data_root()
    if args.verb == "list":
        return _list(root, as_json=args.json)
    say = _say_json if args.json else _say_plain()
    try:
        settings = Preparation(
            side=args.side,
            frames=args.frames,
            colour=args.colour,
            seed=args.seed,
            noise_seed=args.noise_seed,
            validation=args.validation,
            test=args.test,
            group=args.group,
            mirror_safe=args.mirror_safe,
            name=args.name,
            flow=args.flow,
        )
        manifest = prepare(args.source, root, settings, progress=say)
    except DataRefused as refusal:
        if args.json:
            print(dumps({"error": str(refusal)}), flush=True)
        else:
            print(f"refused: {refusal}", file=sys.stderr)
        return 2
    if args.json:
        print(dumps(_described(manifest)), flush=True)
    else:
        _print_report(manifest, root)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m searchengine data")
    add_data_arguments(parser)
    return data_command(parser.parse_args(arguments))


def _list(root: Path, as_json: bool) -> int:
    found = prepared_sets(root)
    names = {manifest.summary.slug for manifest in found}
    if as_json:
        for manifest in found:
            print(dumps(_described(manifest)))
        for name in BUILTIN:
            if name not in names:
                print(dumps({"builtin": name}))
        return 0
    for manifest in found:
        summary = manifest.summary
        sizes = " + ".join(str(summary.sizes[part]) for part in ("train", "validation", "test"))
        shape = "×".join(map(str, summary.shape))
        print(
            f"{summary.slug:24} {summary.modality:7} {shape:12} {len(summary.classes):4} classes  {sizes:22}"
            f" {summary.fingerprint}"
        )
    for name in BUILTIN:
        if name not in names:
            print(f"{name:24} built in, prepared at first use")
    return 0


def _described(manifest: Manifest) -> Json:
    return {
        "summary": manifest.summary.to_json(),
        "preparation": manifest.preparation.to_json(),
        "class_sizes": manifest.class_sizes,
        "faults": [fault._asdict() for fault in manifest.faults],
        "fault_count": manifest.fault_count,
    }


def _print_report(manifest: Manifest, root: Path) -> None:
    summary = manifest.summary
    sizes = ", ".join(f"{count} {part}" for part, count in summary.sizes.items())
    print(
        f"{summary.slug}: {summary.modality} {'×'.join(map(str, summary.shape))}, {len(summary.classes)}"
        f" classes, {sizes}"
    )
    if manifest.flow is not None:
        print(f"optical flow by {manifest.flow.method}, up to {manifest.flow.clip} pixels a frame")
    print(f"fingerprint {summary.fingerprint} in {root / summary.fingerprint}")
    for fault in manifest.faults[:10]:
        print(f"  {'used with a repair' if fault.used else 'left out'}: {fault.where}: {fault.reason}")
    if manifest.fault_count > 10:
        print(f"  ... {manifest.fault_count} in all; the manifest lists the first hundred")


def _say_json(phase: str, done: int, of: int) -> None:
    print(dumps({"progress": phase, "done": done, "of": of}), flush=True)


def _say_plain() -> Callable[[str, int, int], Any]:
    if not sys.stderr.isatty():
        return lambda phase, done, of: None

    def say(phase: str, done: int, of: int) -> None:
        print(f"\r{phase} {done}/{of}   ", end="\n" if done == of else "", file=sys.stderr, flush=True)

    return say
