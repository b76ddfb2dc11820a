"""How a chain is scored: trained from its seed, its accuracy on validation is its fitness."""

from __future__ import annotations

from searchengine.training.candidate import train_candidate
from searchengine.training.context import Context, JobKind, Output
from searchengine.training.schedules import Schedule


def train(context: Context) -> Output:
    """Train the job's one genome for the job's steps."""
    job = context.job
    (subject,) = job.subjects
    schedule = Schedule(
        steps=job.fidelity.steps, batch=job.arguments["batch"], learning_rate=job.arguments["learning_rate"]
    )
    return train_candidate(context, context.architecture(context.genomes[subject]), schedule).output(subject)


JOB_KINDS: dict[str, JobKind] = {"train": train}
