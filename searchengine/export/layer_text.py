"""The text of layer files, ready to stand in one source file together."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from searchengine.core.errors import EngineError


class LayerText(NamedTuple):
    """A layer file without its docstring and imports. ``imports`` are (module, name, as): ``name`` empty for
    a plain import. ``defines`` are its top-level names."""

    imports: tuple[tuple[str, str, str], ...]
    body: str
    defines: frozenset[str]


class ClashingLayers(EngineError):
    """Two layer files define one name, so their texts cannot stand in one file."""


@lru_cache(maxsize=256)
def layer_text(module: str) -> LayerText:
    """The text of ``module``, found without importing it. Raises :class:`ClashingLayers` for a file that
    imports from its own package: an exported file could not."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise EngineError(
            f"layer module {module} has no file; a kind must name the module of its torch layer"
        )
    text = Path(spec.origin).read_text(encoding="utf-8")
    tree = ast.parse(text)
    imports: list[tuple[str, str, str]] = []
    body_starts = 0
    defines: set[str] = set()
    for number, statement in enumerate(tree.body):
        if number == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            body_starts = statement.end_lineno or 0
        elif isinstance(statement, ast.Import):
            imports += [(one.name, "", one.asname or "") for one in statement.names]
            body_starts = statement.end_lineno or 0
        elif isinstance(statement, ast.ImportFrom):
            if statement.level or (statement.module or "").split(".")[0] in ("searchengine", "webapp"):
                raise ClashingLayers(
                    f"{module} imports from its own project; a layer file may import torch alone"
                )
            imports += [(statement.module or "", one.name, one.asname or "") for one in statement.names]
            body_starts = statement.end_lineno or 0
        else:
            defines |= _defined(statement)
    body = "\n".join(text.splitlines()[body_starts:]).strip("\n")
    kept = tuple(one for one in imports if one[0] != "__future__")
    return LayerText(kept, body, frozenset(defines))


def _defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return {statement.name}
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def together(modules: Iterable[str]) -> tuple[list[tuple[str, str, str]], list[str], set[str]]:
    """Imports, bodies and defined names of several layer files. Raises :class:`ClashingLayers`."""
    imports: dict[tuple[str, str, str], None] = {}
    bodies: list[str] = []
    owners: dict[str, str] = {}
    for module in dict.fromkeys(modules):
        found = layer_text(module)
        for name in sorted(found.defines):
            if name in owners:
                raise ClashingLayers(f"{owners[name]} and {module} both define {name}; rename one of them")
            owners[name] = module
        imports.update(dict.fromkeys(found.imports))
        bodies.append(found.body)
    return list(imports), bodies, set(owners)


def import_lines(imports: Iterable[tuple[str, str, str]]) -> list[str]:
    """Import statements, the standard library first, one a module, sorted."""
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    for module, name, alias in imports:
        if name:
            names.setdefault(module, set()).add(f"{name} as {alias}" if alias else name)
        else:
            plain.add(f"import {module} as {alias}" if alias else f"import {module}")
    lines = plain | {f"from {module} import {', '.join(sorted(found))}" for module, found in names.items()}
    ours = {line for line in lines if line.split()[1].split(".")[0] in ("torch", "safetensors")}
    groups = [sorted(group, key=_import_key) for group in (lines - ours, ours)]
    return [
        line for number, group in enumerate(groups) for line in ([""] if number and group else []) + group
    ]


def _import_key(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line
