"""The method's job kinds; the only file that loads torch."""

from __future__ import annotations

from searchengine.training.candidate import train_candidate
from searchengine.training.context import Context, JobKind, Output
from searchengine.training.schedules import Schedule


def train(context: Context) -> Output:
    (subject,) = context.job.subjects
    network = context.architecture(context.genomes[subject])
    return train_candidate(context, network, Schedule(steps=context.job.fidelity.steps)).output(subject)


JOB_KINDS: dict[str, JobKind] = {"train": train}
