"""What a steward remembers of a run between steps: which genome was evaluated, and born, under which
number.

History only grows and only under the run's lock, so what was once read stays true; before each step the
rows written since are read, by whomever they were written. That is one query a step instead of one a
proposal.
"""

from __future__ import annotations

from collections import OrderedDict

from webapp.searches.models import Evaluation, Genome, SearchRun

RUNS_REMEMBERED = 16


class Known:
    """The earliest job by (key, protocol), and the earliest birth by key, of one run."""

    def __init__(self) -> None:
        self.evaluated: dict[tuple[str, str], int] = {}
        self.births: dict[str, int] = {}
        self._next_job = 0
        self._next_birth = 0

    def catch_up(self, run_id: int) -> None:
        """Read what was committed since; the caller holds the run's lock. Two queries by an index."""
        jobs = Evaluation.objects.filter(run_id=run_id, number__gte=self._next_job).order_by("number")
        for number, key, protocol, reuse_of in jobs.values_list(
            "number", "genome_key", "protocol", "reuse_of"
        ):
            self._next_job = number + 1
            if key and reuse_of is None:
                self.evaluated.setdefault((key, protocol), number)
        births = Genome.objects.filter(run_id=run_id, number__gte=self._next_birth).order_by("number")
        for number, key in births.values_list("number", "key"):
            self._next_birth = number + 1
            self.births.setdefault(key, number)


_remembered: OrderedDict[tuple[int, float], Known] = OrderedDict()


def known(run: SearchRun) -> Known:
    """What is known of ``run`` by now. Its moment of creation tells it from another that had its id."""
    name = (run.pk, run.created.timestamp())
    found = _remembered.setdefault(name, Known())
    _remembered.move_to_end(name)
    while len(_remembered) > RUNS_REMEMBERED:
        _remembered.popitem(last=False)
    found.catch_up(run.pk)
    return found
