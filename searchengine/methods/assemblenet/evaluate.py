"""What AssembleNet's jobs do: a short training that also learns how strong connections are, and a final one.

Fitness is top-1 plus top-k accuracy on validation (k = 5 from 20 classes on, else 2), or the mean average
precision where a clip may have several labels. Only this module and ``gates`` load torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from searchengine.core.jobs import Score
from searchengine.core.jsontext import Json
from searchengine.data.augmentation import Augmentation
from searchengine.methods.assemblenet.ablation import ablation
from searchengine.methods.assemblenet.connections import (
    by_block,
    curve_name,
    edge_named,
    from_blocks,
    rounded,
)
from searchengine.methods.assemblenet.gates import Gates, feed
from searchengine.methods.assemblenet.genome import Edge, Genome, parse
from searchengine.nets.network import Network
from searchengine.training.candidate import Trained, train_candidate
from searchengine.training.context import Context, JobKind, Output
from searchengine.training.repeats import train_repeatedly
from searchengine.training.schedules import GroupRate, Schedule, Staircase

STAIRCASE = Staircase(every=1024, factor=0.96)
"""Of the public configuration of the final training."""


def train(context: Context) -> Output:
    """Short training from scratch, the mean of ``seeds`` trainings. Findings: the learned weights by block
    and samples of them on the way."""
    return _trained(context, int(context.job.arguments["seeds"]))


def retrain(context: Context) -> Output:
    """Longer training with connection weights held at ``frozen`` or learned again. Findings hold, besides,
    what validation loses without each stem and each connection, measured without training anew."""
    return _trained(context, 1, ablate=True)


JOB_KINDS: dict[str, JobKind] = {"train": train, "retrain": retrain}


def _trained(context: Context, seeds: int, *, ablate: bool = False) -> Output:
    (subject,) = context.job.subjects
    genome = parse(context.genomes[subject])
    architecture = context.architecture(context.genomes[subject])
    arguments, steps = context.job.arguments, context.job.fidelity.steps
    schedule = _schedule(arguments, steps, validations=3 if ablate else 0)
    gates = Gates(genome)

    def once(repeat: Context) -> Trained:
        trained = train_candidate(
            repeat,
            architecture,
            schedule,
            amend=_amend(genome, gates, arguments),
            watch=_watch(gates),
            more_follows=ablate,
        )
        # Weights travel as metrics through the mean over seeds.
        found = {curve_name(edge): weight for edge, weight in gates.weights(trained.network).items()}
        return trained._replace(metrics={**trained.metrics, **found})

    metrics, trained = train_repeatedly(context, seeds, steps, once)
    weights = {edge: value for name, value in metrics.items() if (edge := edge_named(name)) is not None}
    scores = {name: value for name, value in metrics.items() if edge_named(name) is None}
    scores["fitness"] = scores.get(
        "mean_average_precision", scores.get("accuracy", 0.0) + scores.get("top_k", 0.0)
    )
    scores["connections"] = float(sum(1 for _ in genome.edges))
    scores["weight_entropy"] = gates.entropy(weights)
    findings: Json = {
        "correct": trained.correct,
        "weights": by_block(genome, weights),
        "weight_samples": [_sample(genome, row) for row in trained.watched],
    }
    if ablate:
        findings["ablation"] = ablation(context, genome, architecture, trained.network, gates)
    artifacts = {"weights": trained.weights} if trained.weights else {}
    return Output({subject: Score(scores)}, findings, artifacts)


def _amend(genome: Genome, gates: Gates, arguments: Json) -> Callable[[Network], None]:
    """Before the first step: logits held or started at given weights, stems fed with something else."""

    def amend(network: Network) -> None:
        if start := arguments.get("start"):
            gates.set(network, from_blocks(genome, start))
        if frozen := arguments.get("frozen"):
            gates.set(network, from_blocks(genome, frozen))
        if frozen or arguments.get("fixed"):
            gates.freeze(network)
        for stem, what in arguments.get("feed", {}).items():
            feed(network, genome.nodes[int(stem)], what)

    return amend


def _watch(gates: Gates) -> Callable[[Network], Mapping[str, float]]:
    return lambda network: {
        curve_name(edge): rounded(weight) for edge, weight in gates.weights(network).items()
    }


def _sample(genome: Genome, row: Json) -> Json:
    weights: dict[Edge, float] = {
        edge: value for name, value in row.items() if (edge := edge_named(name)) is not None
    }
    return {"step": row["step"], "weights": by_block(genome, weights)}


def _schedule(arguments: Json, steps: int, validations: int = 0) -> Schedule:
    return Schedule(
        steps=steps,
        batch=arguments["batch"],
        learning_rate=arguments["learning_rate"],
        optimiser=arguments["optimiser"],
        weight_decay=arguments["weight_decay"],
        # A training shorter than its warm-up warms up for half of it.
        warmup=min(arguments.get("warmup", 0), steps // 2),
        staircase=STAIRCASE if arguments.get("decay") == "staircase" else None,
        groups={"connection": GroupRate(arguments["connection_learning_rate"], 0.0)},
        gradient_norm=arguments["gradient_clip"],
        augmentation=Augmentation(shift=arguments.get("shift", 0), flip=arguments.get("flip", False)),
        validate_every=steps // validations if validations else 0,
        watch_every=max(1, steps // arguments["watched"]),
    )
