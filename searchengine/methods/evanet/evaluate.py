"""What EvaNet's jobs do: a short training, a final one, and the ensemble of the final networks.

Fitness is top-1 plus top-k accuracy on validation (k = 5 from 20 classes on, else 2). Only this module,
``repeats`` and ``inspection`` load torch.
"""

from __future__ import annotations

import torch
from safetensors.torch import load_file, save

from searchengine.architecture.graph import Architecture
from searchengine.core.jobs import Score
from searchengine.core.jsontext import Json
from searchengine.data.augmentation import Augmentation
from searchengine.methods.evanet.inspection import before_and_after, inspect
from searchengine.nets.build import build
from searchengine.nets.latency import measure
from searchengine.training.candidate import Trained, train_candidate
from searchengine.training.context import Context, JobKind, Output
from searchengine.training.ensemble import EnsembleMember, score_ensemble
from searchengine.training.repeats import train_repeatedly
from searchengine.training.schedules import Schedule

LATENCY_PASSES = 15


def train(context: Context) -> Output:
    """Short training from scratch (or from the parent's weights), the mean of ``seeds`` trainings."""
    subject, genome = _only(context)
    architecture = context.architecture(genome)
    schedule = _schedule(context.job.arguments, context.job.fidelity.steps)
    seeds = int(context.job.arguments["seeds"])

    def once(repeat: Context) -> Trained:
        return train_candidate(repeat, architecture, schedule, start=_inherited(repeat, architecture))

    metrics, trained = train_repeatedly(context, seeds, schedule.steps, once)
    return _output(subject, metrics, trained)


def retrain(context: Context) -> Output:
    """Longer training from scratch. Its findings show every iTGM layer before and after; its curve ends with
    the latency of one clip on this machine, which never enters a score."""
    subject, genome = _only(context)
    architecture = context.architecture(genome)
    schedule = _schedule(context.job.arguments, context.job.fidelity.steps, validations=3)
    with torch.random.fork_rng(devices=[]):  # the training draws the same first weights again
        before = inspect(build(architecture))
    trained = train_candidate(context, architecture, schedule)
    findings: Json = {"itgm": before_and_after(before, inspect(trained.network))}
    output = _output(subject, trained.metrics, trained, findings)
    seconds = measure(trained.network, device=str(context.device), repetitions=LATENCY_PASSES).median
    context.report(schedule.steps, schedule.steps, {"latency_ms": 1000.0 * seconds}, always=True)
    return output


def ensemble(context: Context) -> Output:
    """Mean of the members' logits on validation: scores of the members, and of all together among the
    findings."""
    subjects = context.job.subjects
    members = [
        EnsembleMember(context.architecture(context.genomes[one]), context.job.inputs[str(one)])
        for one in subjects
    ]
    scored = score_ensemble(context, members)
    found = {
        **_fitness(scored.metrics),
        "best_single_accuracy": max(metrics["accuracy"] for metrics in scored.members),
        "members": float(len(members)),
    }
    scores = {one: Score(_fitness(metrics)) for one, metrics in zip(subjects, scored.members, strict=True)}
    return Output(scores, {"ensemble": found, "correct": scored.correct})


JOB_KINDS: dict[str, JobKind] = {"train": train, "retrain": retrain, "ensemble": ensemble}


def _only(context: Context) -> tuple[int, Json]:
    (subject,) = context.job.subjects
    return subject, context.genomes[subject]


def _schedule(arguments: Json, steps: int, validations: int = 0) -> Schedule:
    return Schedule(
        steps=steps,
        batch=arguments["batch"],
        learning_rate=arguments["learning_rate"],
        weight_decay=arguments["weight_decay"],
        gradient_norm=arguments["gradient_clip"],
        augmentation=Augmentation(shift=arguments.get("shift", 0), flip=arguments.get("flip", False)),
        validate_every=steps // validations if validations else 0,
    )


def _fitness(metrics: dict[str, float]) -> dict[str, float]:
    return {**metrics, "fitness": metrics["accuracy"] + metrics["top_k"]}


def _output(
    subject: int, metrics: dict[str, float], trained: Trained, findings: Json | None = None
) -> Output:
    own = trained._replace(metrics=_fitness(metrics))
    return own.output(subject, findings)


def _inherited(context: Context, architecture: Architecture) -> str | None:
    """First weights with the parent's wherever name and shape agree, as an artifact; None without a
    parent."""
    parent = context.job.inputs.get("parent")
    if parent is None:
        return None
    with torch.random.fork_rng(devices=[]):
        state = build(architecture).state_dict()
    given = load_file(context.path(parent))
    for name, value in state.items():
        if name in given and given[name].shape == value.shape:
            state[name] = given[name]
    return context.put(save({name: value.contiguous() for name, value in state.items()}))
