"""Finds the methods and spaces: a folder with a ``spec.py`` is one. Loads neither torch nor django.

``EVOSCOPE_METHODS_PATH`` names more folders of methods (separated as ``PATH`` is). A folder ``<slug>`` in one
of them is imported as ``searchengine.methods.<slug>``, so a method reads the same inside the project and
beside it.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module, invalidate_caches
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import searchengine.methods
import searchengine.spaces
from searchengine.core.errors import BadRegistration, DataRefused, EngineError, InvalidParams, UnknownName
from searchengine.core.jsontext import Json
from searchengine.core.method import BuiltInSpace, Method, Space
from searchengine.core.setting import DataSummary
from searchengine.report.panels.base import PanelMaker
from searchengine.report.picture import PictureMaker

if TYPE_CHECKING:
    from searchengine.export.exported import ExportFiles

_OWN_METHODS = tuple(searchengine.methods.__path__)


def methods() -> dict[str, Method]:
    """Every method by slug, in order of slug. Raises ``BadRegistration`` in words."""
    return dict(_methods(os.environ.get("EVOSCOPE_METHODS_PATH", "")))


def method(slug: str) -> Method:
    """Raises ``UnknownName`` with the list of methods."""
    found = methods()
    if slug not in found:
        raise UnknownName(f"there is no method {slug!r}; there are {', '.join(found)}")
    return found[slug]


@cache
def built_in_spaces() -> dict[str, BuiltInSpace]:
    """Every space of ``searchengine/spaces`` by slug."""
    found: dict[str, BuiltInSpace] = {}
    for slug in _with_spec(Path(searchengine.spaces.__path__[0])):
        found[slug] = _bound(f"searchengine.spaces.{slug}", "SPACE", BuiltInSpace, slug)
    return found


def spaces() -> dict[str, Method | BuiltInSpace]:
    """Everything a control can search, by slug: built-in spaces, then methods with a space of their own."""
    own = {slug: found for slug, found in methods().items() if found.space is not None}
    return {**built_in_spaces(), **own}


def space(slug: str, params: Json, data: DataSummary) -> Space:
    """The space of a method or a built-in one, made from its parameters (JSON) for ``data``.

    Raises ``UnknownName``, ``InvalidParams`` and ``DataRefused``.
    """
    found = _searchable(slug)
    refusal = found.accepts.refusal(data)
    if refusal:
        raise DataRefused(refusal)
    if found.space is None:
        raise UnknownName(f"{slug} has no space of its own")
    return found.space(found.params.parse(params), data)


def evaluators(slug: str) -> str:
    """The name of the module whose ``JOB_KINDS`` runs jobs of that method or space. It loads torch: only a
    training process imports it."""
    module = _searchable(slug).evaluators
    if module is None:
        raise UnknownName(f"{slug} evaluates nothing itself; its jobs name the space they search")
    return module


def panels(slug: str) -> dict[str, PanelMaker]:
    """The panels that a method's or space's own folder brings: ``PANELS`` of its ``panels.py``, by name; none
    where it has no such file."""
    module = _optional(slug, "panels")
    return dict(module.PANELS) if module is not None else {}


def picture(slug: str) -> PictureMaker | None:
    """How that method or space draws one of its genomes: ``PICTURE`` of its ``picture.py``; None where the
    drawing of layers says it all."""
    module = _optional(slug, "picture")
    return module.PICTURE if module is not None else None


def export_files(slug: str) -> ExportFiles | None:
    """What that method or space adds to an exported network: ``EXPORT_FILES`` of its ``export_files.py``,
    which may load torch; None where it adds nothing."""
    module = _optional(slug, "export_files")
    return module.EXPORT_FILES if module is not None else None


def _optional(slug: str, name: str) -> ModuleType | None:
    """A file that the folder of a method or space may bring, imported; None where it has none."""
    _searchable(slug)
    module = f"searchengine.{'spaces' if slug in built_in_spaces() else 'methods'}.{slug}.{name}"
    return import_module(module) if find_spec(module) is not None else None


def _searchable(slug: str) -> Method | BuiltInSpace:
    found: Method | BuiltInSpace | None = built_in_spaces().get(slug) or methods().get(slug)
    if found is None:
        raise UnknownName(f"there is no method or space {slug!r}; there are {', '.join([*spaces()])}")
    return found


@cache
def _methods(more: str) -> dict[str, Method]:
    folders = [*_OWN_METHODS, *(part for part in more.split(os.pathsep) if part)]
    searchengine.methods.__path__[:] = folders
    found: dict[str, Method] = {}
    for folder in folders:
        if not Path(folder).is_dir():
            raise BadRegistration(
                f"EVOSCOPE_METHODS_PATH names {folder}, which is no folder; correct or unset it"
            )
        for slug in _with_spec(Path(folder)):
            if slug in found or slug in built_in_spaces():
                raise BadRegistration(f"two folders claim the slug {slug!r}; the second is {folder}/{slug}")
            _forget_namesake(slug, Path(folder))
            registered = _bound(f"searchengine.methods.{slug}", "METHOD", Method, slug)
            _check_presets(registered)
            found[slug] = registered
    for registered in found.values():
        if registered.control is not None and registered.control not in found:
            raise BadRegistration(
                f"{registered.slug} names the control {registered.control!r}, which is not there"
            )
    return dict(sorted(found.items()))


def _with_spec(folder: Path) -> list[str]:
    return sorted(entry.parent.name for entry in folder.glob("*/spec.py"))


def _forget_namesake(slug: str, folder: Path) -> None:
    """A folder of that name that was imported from somewhere else, before the path changed, is not this
    one."""
    package = f"searchengine.methods.{slug}"
    loaded = sys.modules.get(package)
    if loaded is not None and folder / slug not in map(Path, loaded.__path__):
        for name in [name for name in sys.modules if name == package or name.startswith(package + ".")]:
            del sys.modules[name]
        invalidate_caches()


def _bound(package: str, name: str, kind: type[Any], slug: str) -> Any:
    try:
        module = import_module(f"{package}.spec")
    except EngineError:
        raise
    except Exception as error:  # whatever somebody else's folder does wrong
        text = f"{type(error).__name__}: {error}"
        raise BadRegistration(f"{package}/spec.py cannot be imported ({text})") from error
    if not hasattr(module, name):
        raise BadRegistration(f"{package}/spec.py must bind {name}")
    value = getattr(module, name)
    if not isinstance(value, kind):
        raise BadRegistration(
            f"{package}/spec.py must bind {name} to a {kind.__name__}, got {type(value).__name__}"
        )
    if value.slug != slug:
        raise BadRegistration(f"{package} has the slug {value.slug!r}; folder and slug must be the same word")
    return value


def _check_presets(registered: Method) -> None:
    if not registered.presets:
        raise BadRegistration(f"{registered.slug} has no preset; give at least one")
    for name, preset in registered.presets.items():
        try:
            registered.params.parse(dict(preset.values))
        except InvalidParams as error:
            raise BadRegistration(f"preset {name!r} of {registered.slug} does not parse: {error}") from error
        if preset.window < 1:
            raise BadRegistration(f"preset {name!r} of {registered.slug} needs a window of at least 1")
