"""The curve of a job: rows of reported metrics, never more than a few hundred however long the job."""

from __future__ import annotations

from collections.abc import Sequence

from searchengine.core.jsontext import Json

MOST_ROWS = 400


class Curve:
    """Rows ``{"step": n, metric: value, ...}`` in order of step. At 400 rows every second one goes (rows with
    ``accuracy``, which are rare, stay as long as they fit), so the whole length stays covered."""

    def __init__(self, rows: Sequence[Json] = ()) -> None:
        self._rows = list(rows)

    def add(self, step: int, metrics: dict[str, float]) -> None:
        if self._rows and self._rows[-1]["step"] == step:
            self._rows[-1] = {**self._rows[-1], **metrics}
            return
        self._rows.append({"step": step, **metrics})
        if len(self._rows) > MOST_ROWS:
            thinned = [row for number, row in enumerate(self._rows) if number % 2 == 0 or "accuracy" in row]
            self._rows = thinned if len(thinned) <= MOST_ROWS // 2 + MOST_ROWS // 4 else self._rows[::2]

    def rows(self) -> list[Json]:
        return list(self._rows)
