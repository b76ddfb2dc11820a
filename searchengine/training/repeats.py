"""Several trainings of one network in one job, each from a seed of its own, with checkpoints that know which
it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from searchengine.core.generator import job_seed
from searchengine.training.candidate import Trained
from searchengine.training.checkpoint import Payload
from searchengine.training.context import Context
from searchengine.training.seeding import seed_job

Train = Callable[[Context], Trained]


def train_repeatedly(
    context: Context, count: int, steps: int, train: Train
) -> tuple[dict[str, float], Trained]:
    """The mean metrics of ``count`` trainings of ``steps`` steps, and the last one. One training is just
    that.

    Stopped and resumed it ends as if it never stopped: finished trainings are kept in the checkpoint. Raises
    what ``train`` raises; one training that fails fails the candidate.
    """
    if count == 1:
        trained = train(context)
        return trained.metrics, trained
    kept = context.resumed()
    first = int(kept.values["repeat"]) if kept else 0
    finished: list[dict[str, float]] = list(kept.values["finished"]) if kept else []
    for index in range(first, count):
        goes_on = kept is not None and index == first
        repeat = _Repeat(context, index, count, steps, finished, goes_on)
        trained = train(cast(Context, repeat))
        finished.append(trained.metrics)
    mean = {name: sum(one[name] for one in finished) / count for name in finished[0]}
    return mean, trained


class _Repeat:
    """The context as one of several trainings sees it; everything it does not change is the context's own."""

    def __init__(
        self,
        context: Context,
        index: int,
        count: int,
        steps: int,
        finished: list[dict[str, float]],
        goes_on: bool,
    ) -> None:
        self._context, self._index, self._count, self._steps = context, index, count, steps
        self._finished, self._goes_on = finished, goes_on

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def report(self, step: int, of: int, metrics: dict[str, float], *, always: bool = False) -> None:
        self._context.report(self._offset + step, self._count * self._steps, metrics, always=always)

    def checkpoint(self, payload: Payload) -> None:
        values = {"repeat": self._index, "finished": list(self._finished), "own": payload.values}
        self._context.checkpoint(Payload(self._offset + payload.step, payload.tensors, values))

    def resumed(self) -> Payload | None:
        """What this training kept when the last attempt was stopped in it; otherwise None with every
        generator seeded for it. The checkpoint is read for the one that goes on alone: reading sets the
        curve back to that moment."""
        kept = self._context.resumed() if self._goes_on else None
        if kept is not None:
            return Payload(kept.step - self._offset, kept.tensors, kept.values["own"])
        self._context.rng = seed_job(job_seed(self._context.job.seed, self._index))
        return None

    @property
    def _offset(self) -> int:
        return self._index * self._steps
