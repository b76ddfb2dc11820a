"""What bells make a process do. Thin: each task names one thing to look at."""

from __future__ import annotations

from celery import Task

from webapp.config.celery import app
from webapp.searches import bells
from webapp.searches.steps import step_run
from webapp.searches.supervisor import life


@app.task(name=bells.STEP)
def step(run_id: int) -> None:
    """Step a run until there is nothing more to tell."""
    step_run(run_id)


@app.task(name=bells.WORK, bind=True)
def work(self: Task) -> None:
    """Take and run evaluations until there are none."""
    life.slot_of(self.request.hostname).work()
