"""Rows of a search. What lists sort by is a column with an index; what only travels is JSON text."""

from webapp.searches.models.evaluation import Evaluation, Score
from webapp.searches.models.event import Artifact, Event
from webapp.searches.models.genome import Genome, Parentage
from webapp.searches.models.run import RunState, SearchRun, Snapshot
from webapp.searches.models.worker import Worker

__all__ = [
    "Artifact",
    "Evaluation",
    "Event",
    "Genome",
    "Parentage",
    "RunState",
    "Score",
    "SearchRun",
    "Snapshot",
    "Worker",
]
