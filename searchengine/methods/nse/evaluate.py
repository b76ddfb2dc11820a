"""What NSE's jobs do: a latency table is measured, a round's supernet is trained, paths are scored with it,
found networks are trained from scratch. Test data is out of reach of all of them."""

from __future__ import annotations

from safetensors.torch import save

from searchengine.core.errors import BadGenome
from searchengine.core.jobs import Failure, Score
from searchengine.core.jsontext import Json
from searchengine.data.augmentation import Augmentation
from searchengine.methods.nse import costs
from searchengine.methods.nse.candidates import CellCosts
from searchengine.methods.nse.genome import PathGenome, SpaceGenome, parse, parse_path, to_json
from searchengine.methods.nse.measuring import measure_latency
from searchengine.methods.nse.round_training import RoundRecipe, RoundTraining
from searchengine.methods.nse.scoring import Calibration, forget_supernets, score_paths, supernet_of
from searchengine.methods.nse.subset import Cells
from searchengine.training.candidate import train_candidate
from searchengine.training.context import Context, JobKind, Output
from searchengine.training.schedules import Schedule

LOOKS = 20
"""How often in a round the gates are looked at, and up to twice that where steps do not divide by it."""
MOST_SEEN = 6000
"""Gates that all looks of a round hold, so that findings of the widest spaces stay what a result may hold."""


def train_supernet(context: Context) -> Output:
    """One round's training. Findings: the gates (alpha) of the ops still active, those pruned, samples on the
    way. Its subject is a space, so there is no fitness: a supernet is no candidate."""
    (number,) = context.job.subjects
    genome = parse(context.genomes[number])
    assert isinstance(genome, SpaceGenome)
    arguments, space = context.job.arguments, genome.space
    forget_supernets()
    steps = context.job.fidelity.steps
    target = float(arguments["target"])
    recipe = RoundRecipe(
        schedule=_schedule(arguments, steps),
        gate_every=int(arguments["gate_every"]),
        gate_rate=float(arguments["gate_learning_rate"]),
        target=1.0,
        penalty_weight=float(arguments["penalty_weight"]),
        prune_below=float(arguments["prune_below"]) or None,
        mode=arguments["branches"],
        look_every=max(1, steps // looks(sum(map(len, space.active)))),
    )
    cells = _costs(context, genome)
    # Relative to the target, so that the penalty's weight means the same for any images.
    relative = CellCosts([[cost / target for cost in row] for row in cells.ops], cells.fixed / target)
    locked: Cells = space.locked if arguments["lock"] else ((),) * len(space.cells)
    training = RoundTraining(
        context,
        context.architecture(context.genomes[number]),
        space.cells,
        space.active,
        locked,
        relative,
        recipe,
    )
    try:
        found = training.run()
    except BadGenome as bad:
        return Output({number: Score(failure=Failure("bad_genome", bad.code, bad.reason))})
    weights = context.put(
        save(
            {
                name: one.detach().cpu().contiguous()
                for name, one in found.supernet.network.state_dict().items()
            }
        )
    )
    findings: Json = {
        "active": [list(ops) for ops in found.active],
        "alphas": [list(row) for row in found.alphas],
        "pruned": [list(ops) for ops in found.pruned],
        "gate_samples": list(found.samples),
    }
    return Output({number: Score(found.metrics)}, findings, {"weights": weights})


def score(context: Context) -> Output:
    """Several paths with the weights of a round's supernet, each with statistics of its own."""
    arguments = context.job.arguments
    genomes = {number: parse_path(genome) for number, genome in context.genomes.items()}
    skeleton = next(iter(genomes.values())).skeleton
    built: Cells = tuple(tuple(ops) for ops in arguments["built"])
    network = context.architecture(to_json(PathGenome(skeleton, built)))
    supernet = supernet_of(context, context.job.inputs["supernet"], network, skeleton.cells)
    calibration = Calibration(
        int(arguments["calibration_batches"]),
        int(arguments["batch"]),
        int(arguments["calibration_seed"]),
        arguments["momentum"],
    )
    scores = score_paths(context, supernet, {n: one.path for n, one in genomes.items()}, calibration)
    return Output({number: _with_counts(context, number, one) for number, one in scores.items()})


def train(context: Context) -> Output:
    """A path trained from scratch: what a control pays for, and the final training."""
    (number,) = context.job.subjects
    forget_supernets()
    schedule = _schedule(context.job.arguments, context.job.fidelity.steps)
    return train_candidate(context, context.architecture(context.genomes[number]), schedule).output(number)


JOB_KINDS: dict[str, JobKind] = {
    "measure_latency": measure_latency,
    "train_supernet": train_supernet,
    "score_paths": score,
    "train": train,
    "retrain": train,
}


def looks(ops: int) -> int:
    """How often the gates of ``ops`` operations are looked at in a round."""
    return max(1, min(LOOKS, MOST_SEEN // max(1, ops)))


def _schedule(arguments: Json, steps: int) -> Schedule:
    return Schedule(
        steps=steps,
        batch=int(arguments["batch"]),
        learning_rate=float(arguments["learning_rate"]),
        weight_decay=float(arguments["weight_decay"]),
        warmup=min(int(arguments["warmup"]), steps // 2),
        gradient_norm=float(arguments["gradient_clip"]),
        label_smoothing=float(arguments.get("label_smoothing", 0.0)),
        augmentation=Augmentation(shift=arguments.get("shift", 0), flip=arguments.get("flip", False)),
    )


def _costs(context: Context, genome: SpaceGenome) -> CellCosts:
    """Costs of the active ops. What was measured comes with the job, what can be counted does not."""
    arguments, active = context.job.arguments, genome.space.active
    if "costs" in arguments:
        return CellCosts(arguments["costs"]["ops"], arguments["costs"]["fixed"])
    channels, height, width = context.setting.inputs["image"]
    skeleton = genome.skeleton.as_trained(arguments["space_params"])
    count = costs.macs if arguments["resource"] == "macs" else costs.parameters
    table = count(skeleton, (channels, height, width), context.setting.classes)
    return CellCosts(table.of_active(active), table.fixed)


def _with_counts(context: Context, number: int, score: Score) -> Score:
    if score.failure is not None:
        return score
    network = context.architecture(context.genomes[number])
    counts = {"flops": float(network.macs), "parameters": float(network.parameters)}
    return Score({**score.metrics, **counts})
