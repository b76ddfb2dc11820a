"""The catalogue loads neither torch nor django, and answers wrong names in words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import searchengine
from searchengine import catalogue
from searchengine.core.errors import UnknownName
from searchengine.testing.data import TINY_IMAGES

ROOT = Path(searchengine.__file__).resolve().parents[1]

STEP = """
import sys
from searchengine import catalogue
from searchengine.driver import make_plan, start, step
from searchengine.core.archive import MemoryArchive
from searchengine.testing.contract import plan_for
for slug in catalogue.methods():
    plan = plan_for(slug)
    assert step(plan, start(plan), {}, MemoryArchive()).jobs
heavy = ("torch", "django", "celery", "channels", "rest_framework", "plotly", "dash")
loaded = [name for name in heavy if name in sys.modules]
assert not loaded, loaded
"""


def test_listing_and_stepping_every_method_loads_no_torch_and_no_django() -> None:
    # The contract imports pytest, whose Django plug-in is kept out here as it is in no step of the product.
    done = subprocess.run(
        [sys.executable, "-c", STEP],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)


def test_every_module_of_the_parent_s_side_loads_no_torch() -> None:
    names = ("core", "architecture", "driver", "report", "jobs")
    modules = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name in names
        for path in (ROOT / "searchengine" / name).rglob("*.py")
    )
    code = f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
    code += "assert not {'torch', 'django'} & set(sys.modules), 'torch or django was loaded'"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_names_nobody_registered_are_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match="there is no method 'nobody'; there are"):
        catalogue.method("nobody")
    with pytest.raises(UnknownName, match="there is no method or space 'nobody'"):
        catalogue.space("nobody", {}, TINY_IMAGES)
    with pytest.raises(UnknownName, match="random_search has no space of its own"):
        catalogue.space("random_search", {}, TINY_IMAGES)
    with pytest.raises(UnknownName, match="evaluates nothing itself"):
        catalogue.evaluators("random_search")


def test_every_space_names_a_module_with_job_kinds() -> None:
    for slug in catalogue.spaces():
        path = ROOT.joinpath(*catalogue.evaluators(slug).split(".")).with_suffix(".py")
        assert "JOB_KINDS" in path.read_text()
