"""MODEL_CARD.md: what the network is, how it was found, how good it is, and what is not known of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from searchengine.architecture.graph import Architecture
from searchengine.export.preprocessing import FLOW, shared_inputs
from searchengine.export.spec import ExportSpec

_IN_SIZES = frozenset({"parameters", "flops"})  # metrics that the table of sizes gives exactly


_KINDS = {
    "network": "A network",
    "ensemble": "An ensemble of {} networks",
    "front": "A front of {} networks",
}
_CHOOSING = (
    "The networks go from cheap to accurate, and each stands by itself in `members/`. Without a limit the"
    " most accurate one classifies; `front.py` lists them and takes `--most-macs`, `--most-parameters` and,"
    " where the search went by a latency table, `--most-latency` in ms."
)


class Counted(NamedTuple):
    """A member with what was written of it."""

    name: str
    architecture: Architecture
    metrics: Mapping[str, float]
    birth: int | None
    onnx_numbers: int
    onnx_opset: int


def model_card(
    spec: ExportSpec, members: Sequence[Counted], source_tolerance: float, onnx_tolerance: float
) -> str:
    """The card's Markdown. Names and labels of users stand in code spans or JSON blocks only."""
    data = spec.summary()
    several = data.labels == "multi"
    inputs = shared_inputs(member.architecture for member in members)
    shapes = ", ".join(f"`{name}` {shape}" for name, shape in inputs.items())
    lines = [
        f"# {_KINDS[spec.kind].format(len(members))} found by Evoscope",
        "",
        f"**{_plain(spec.review) or 'Not reviewed: nobody has approved this result.'}**",
        "",
        "## What it does",
        "",
        f"It sorts {data.modality}: each {_labels(len(data.classes), several)} (`classes.json`). Input:"
        f" {shapes}, prepared as `preprocessing.json` says; output: logits, one a class"
        f"{', each through a sigmoid by itself' if several else ''}.",
        "",
        "Run it:",
        "",
        "```",
        f"pip install torch safetensors{' opencv-python-headless' if FLOW in inputs else ''}",
        "python predict.py",
        "python predict.py FILE",
        *(["python predict.py FILE --most-macs N"] if spec.kind == "front" else []),
        "```",
        "",
        *([_CHOOSING, ""] if spec.kind == "front" else []),
        "## Size",
        "",
        "| network | birth | parameters | multiply-adds | numbers in ONNX |",
        "| --- | --- | --- | --- | --- |",
        *(_size_row(member) for member in members),
        "",
        "The readable source keeps the trained layers. The ONNX file holds the same function with norms and"
        f" generated kernels folded into convolutions (opset {members[0].onnx_opset}), hence the other count."
        f" Outputs agree with the engine's within {source_tolerance:g} (source) and"
        f" {onnx_tolerance:g} (ONNX), relative to the largest logit or 1.",
        "",
        "## How good it is",
        "",
        "On the validation part, which also chose it: expect a little less on new data.",
        "",
        *_metrics(spec, members),
        "",
        _test_line(spec.test),
        "",
        "## Data",
        "",
        f"{data.sizes.get('train', 0):,} samples to train on, {data.sizes.get('validation', 0):,} to"
        f" validate, {data.sizes.get('test', 0):,} kept for test. Fingerprint `{data.fingerprint}`.",
        "",
        _block({"name": data.title, "preparation": spec.preparation.how}),
        "",
        "## How it was found",
        "",
        f"{_counted(len(spec.lineage), 'birth')} in `lineage.json` led to it, with every operator on the way;"
        " `run.json` has the run's parameters, `recipe.json` the precision and layout it was trained in.",
        "",
        _block(dict(spec.run)),
        "",
        "## Limits and licence",
        "",
        f"It knows its classes only and gives every input {_verdict(several)}. It was not tested for other"
        " kinds of data, for attacks or for use where a mistake can hurt somebody. The layer code is licensed"
        " under Apache-2.0; the rights in data and weights are yours to settle.",
    ]
    return "\n".join(lines) + "\n"


def _labels(classes: int, several: bool) -> str:
    return f"may have several of {classes} labels" if several else f"gets one of {classes} classes"


def _verdict(several: bool) -> str:
    return "a probability for each, whatever the others are" if several else "one of them"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _size_row(member: Counted) -> str:
    a = member.architecture
    birth = "" if member.birth is None else f"#{member.birth}"
    return f"| `{member.name}` | {birth} | {a.parameters:,} | {a.macs:,} | {member.onnx_numbers:,} |"


def _metrics(spec: ExportSpec, members: Sequence[Counted]) -> list[str]:
    rows = [(f"`{member.name}`", member.metrics) for member in members]
    if spec.metrics:
        rows.append(("the whole" if spec.kind == "ensemble" else "the run's outcome", spec.metrics))
    names = list(dict.fromkeys(name for _, metrics in rows for name in metrics if name not in _IN_SIZES))[:8]
    if not names:
        return ["No metrics were handed over."]
    head = f"| | {' | '.join(_plain(name) for name in names)} |"
    body = [
        f"| {title} | {' | '.join(f'{m[name]:.4g}' if name in m else '' for name in names)} |"
        for title, m in rows
    ]
    return [head, "| --- |" + " --- |" * len(names), *body]


def _test_line(test: Mapping[str, Any] | None) -> str:
    if not test:
        return "The test part was not used: nobody has judged this result on it."
    return "A person judged it on the test part:\n\n" + _block(dict(test))


def _plain(text: str) -> str:
    """Text from outside as one line of Markdown that shows it and does nothing: no markup, no HTML."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return re.sub(r"([\\`*_{}\[\]()#+!|<>&~$-])", r"\\\1", " ".join(text.split()))


def _block(value: dict[str, Any]) -> str:
    """JSON in a fence that nothing inside can close: what is not seen is written as escapes."""
    shown = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False)
    text = "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in shown)
    text = text.replace("`", "\\u0060")
    return f"```json\n{text}\n```"
