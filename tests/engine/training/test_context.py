"""What a job may see and say."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from searchengine.core.jsontext import Json
from searchengine.data.prepared import PreparedData
from searchengine.training import context as context_module
from searchengine.training.checkpoint import Payload
from searchengine.training.context import SO_FAR_BYTES
from searchengine.training.curve import MOST_ROWS, Curve
from tests.engine.training.kit import Listener, make_context


def test_nothing_a_job_is_given_leads_to_the_test_part(digits: PreparedData, tmp_path: Path) -> None:
    found = _reachable(make_context(digits, tmp_path).data)
    arrays = [value for value in found if isinstance(value, np.ndarray)]
    sizes = {len(array) for array in arrays}
    assert sizes == {digits.summary.sizes["train"], digits.summary.sizes["validation"]}
    names = {Path(array.filename).name for array in arrays if isinstance(array, np.memmap) and array.filename}
    assert names == {"train.x.npy", "validation.x.npy"}
    sources = [path.read_text() for path in Path(context_module.__file__).parent.glob("*.py")]
    assert not any("judging" in source or "open_test" in source for source in sources)


def test_reports_are_throttled_and_rare_ones_are_not(digits: PreparedData, tmp_path: Path) -> None:
    listener = Listener()
    context = make_context(digits, tmp_path, listener=listener)
    for step in range(1000):
        context.report(step, 1000, {"loss": 1.0, "broken": float("nan")})
    context.report(1000, 1000, {"accuracy": 0.5}, always=True)
    assert len(listener.progress_told) < 10
    assert listener.progress_told[0][2] == {"loss": 1.0}
    assert listener.progress_told[-1] == (1000, 1000, {"accuracy": 0.5})
    assert [row["step"] for row in context.curve.rows()] == [step for step, _, _ in listener.progress_told]


def test_findings_so_far_are_asked_once_a_second_and_kept_out_of_the_curve(
    digits: PreparedData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener()
    context = make_context(digits, tmp_path, listener=listener)
    asked = []

    def found(step: int) -> Json:
        asked.append(step)
        return {"at": step}

    for step in range(50):
        context.report(step, 50, {"loss": 1.0}, always=True, findings=partial(found, step))
    assert asked == [0]
    assert listener.found_told == [(0, {"at": 0})]
    assert len(listener.progress_told) == 50
    monkeypatch.setattr(context_module, "FINDINGS_SECONDS", 0.0)
    context.report(50, 50, {}, always=True, findings=partial(found, 50))
    assert listener.found_told[1:] == [(50, {"at": 50})]
    assert all(set(row) == {"step", "loss"} for row in context.curve.rows())


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({"text": "x" * SO_FAR_BYTES}, f"may take {SO_FAR_BYTES} bytes and take {SO_FAR_BYTES + 11}"),
        ({"gate": float("nan")}, "not shown"),
    ],
)
def test_findings_so_far_that_cannot_be_shown_are_dropped_in_words(
    digits: PreparedData, tmp_path: Path, found: Json, why: str
) -> None:
    listener = Listener()
    context = make_context(digits, tmp_path, listener=listener)
    with pytest.warns(RuntimeWarning, match=why):
        context.report(1, 2, {"loss": 1.0}, findings=lambda: found)
    assert listener.found_told == []
    assert listener.progress_told == [(1, 2, {"loss": 1.0})], "the report itself goes out"


def test_findings_so_far_may_take_all_of_their_bytes(digits: PreparedData, tmp_path: Path) -> None:
    listener = Listener()
    largest = {"text": "x" * (SO_FAR_BYTES - 11)}
    make_context(digits, tmp_path, listener=listener).report(1, 2, {}, findings=lambda: largest)
    assert listener.found_told == [(1, largest)]


def test_generators_and_curve_come_back_with_a_checkpoint(digits: PreparedData, tmp_path: Path) -> None:
    context = make_context(digits, tmp_path)
    assert context.resumed() is None
    context.report(1, 2, {"loss": 0.5}, always=True)
    context.checkpoint(Payload(1, {"value": torch.ones(2)}, {"note": "here"}))
    ahead = (torch.rand(3), context.rng.random(3))
    again = make_context(digits, tmp_path)
    kept = again.resumed()
    assert kept is not None
    assert (kept.step, kept.values, set(kept.tensors)) == (1, {"note": "here"}, {"value"})
    assert torch.equal(torch.rand(3), ahead[0])
    assert (again.rng.random(3) == ahead[1]).all()
    assert again.curve.rows() == [{"step": 1, "loss": 0.5}]


def test_a_costly_checkpoint_makes_the_next_one_wait(digits: PreparedData, tmp_path: Path) -> None:
    context = make_context(digits, tmp_path, checkpoint_seconds=0.0)
    assert context.checkpoint_due()
    context.checkpoint(Payload(1, {"value": torch.zeros(200_000)}, {}))
    assert not context.checkpoint_due()
    assert not make_context(digits, tmp_path, checkpoint_seconds=15.0).checkpoint_due()


def test_artifacts_go_to_the_store_and_come_back(digits: PreparedData, tmp_path: Path) -> None:
    context = make_context(digits, tmp_path)
    assert context.path(context.put(b"weights")).read_bytes() == b"weights"


@pytest.mark.parametrize("count", [10, MOST_ROWS, 5 * MOST_ROWS])
def test_a_curve_stays_small_and_covers_the_whole_length(count: int) -> None:
    curve = Curve()
    for step in range(count):
        curve.add(step, {"train_loss": 1.0, **({"accuracy": 0.5} if step % 100 == 99 else {})})
    rows = curve.rows()
    assert len(rows) <= MOST_ROWS
    assert rows[0]["step"] == 0
    assert rows[-1]["step"] == count - 1
    assert [row["step"] for row in rows] == sorted(row["step"] for row in rows)
    assert sum("accuracy" in row for row in rows) == count // 100


def _reachable(value: Any, depth: int = 6) -> list[Any]:
    found = [value]
    if depth and isinstance(value, tuple | list):
        found += [inner for item in value for inner in _reachable(item, depth - 1)]
    elif depth and isinstance(value, dict):
        found += _reachable(list(value.values()), depth - 1)
    elif depth and hasattr(value, "__dict__"):
        found += _reachable(vars(value), depth - 1)
    return found
