"""Short searches with real training, recorded once and repeated by tests."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from searchengine.core.jsontext import Json
from searchengine.driver import Plan
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import LocalRun


def trained(plan: Plan, folder: Path) -> Json:
    """The search of ``plan`` with real training processes on one core, on data prepared in ``folder/data``:
    births with fitness, and the result."""
    run = RunFolder.create(folder / "run", plan, preset=None, workers=1, control=False)
    try:
        LocalRun(run, workers=1, data_root=folder / "data").run()
        births = [
            {
                "number": record["number"],
                "key": record["key"],
                "parents": record["parents"],
                "fitness": None if record["fitness"] is None else round(record["fitness"], 6),
                "parameters": record["parameters"],
            }
            for record in run.lineage.records()
        ]
        assert run.outcome is not None
        return {"births": births, "members": [member.birth for member in run.outcome.members]}
    finally:
        run.close()


def recorder(description: str | None, search: Callable[[Path], Json], to: Path) -> None:
    """The command line of a recorded search: ``record`` writes what it finds now."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=["record"])
    parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        to.write_text(json.dumps(search(Path(folder)), indent=1) + "\n", encoding="utf-8")
    print(to)
    sys.exit(0)


def check_repeats(found: Json, record: Path, *, first: int) -> None:
    """``found`` is what stands in ``record``. The ``first`` births do not depend on training. The last digits
    of a fitness belong to a class of processors; one clip of 32 is 0.03."""
    recorded = json.loads(record.read_text(encoding="utf-8"))
    assert [one["key"] for one in found["births"][:first]] == [
        one["key"] for one in recorded["births"][:first]
    ]
    for one, other in zip(found["births"], recorded["births"], strict=True):
        if one["key"] != other["key"]:
            break  # a tie that fell the other way on this processor: from here on it is another search
        if other["fitness"] is None:  # a birth that is no network, such as a space
            assert one["fitness"] is None
        else:
            assert one["fitness"] == pytest.approx(other["fitness"], abs=0.2)
        assert one["parameters"] == other["parameters"]
