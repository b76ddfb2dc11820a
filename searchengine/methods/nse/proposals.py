"""The jobs that a search asks for before its final trainings: a latency table measured, a supernet trained,
paths scored with it. What each is told, and what it costs in multiply-adds."""

from __future__ import annotations

from collections.abc import Sequence

from searchengine.core.jobs import Birth, Proposal
from searchengine.core.jsontext import Json
from searchengine.methods.nse.limits import Limits
from searchengine.methods.nse.params import LIMIT_KNOBS
from searchengine.methods.nse.space import NseSpace, augmented
from searchengine.methods.nse.subset import Cells, Space


def measuring(space: NseSpace, record: int, birth: Birth) -> Proposal:
    """A latency table of every layer that some path has; its subject is the first round's space, the birth
    ``record``."""
    params = space.params
    values = params.to_json()
    arguments: Json = {
        "space_params": space.space_params(),
        "batch": params.latency_batch,
        "repetitions": params.latency_repetitions,
        "limits": {name: values[name] for name in LIMIT_KNOBS},
    }
    return Proposal(
        "measure_latency",
        (record,),
        (birth,),
        fidelity=space.setting.fidelity,
        arguments=arguments,
        cost=float(space.macs.largest() * params.latency_batch * params.latency_repetitions),
        reuse=False,
    )


def training(
    space: NseSpace, limits: Limits, subset: Space, record: int, births: tuple[Birth, ...]
) -> Proposal:
    """The supernet of ``subset``; its subject is that space, the birth ``record``, which ``births`` hold
    unless an earlier job did."""
    params = space.params
    arguments: Json = {
        "space_params": space.space_params(),
        "resource": params.resource,
        "batch": params.batch,
        "learning_rate": params.learning_rate,
        "warmup": params.warmup,
        "weight_decay": params.weight_decay,
        "gradient_clip": params.gradient_clip,
        "gate_every": params.gate_every,
        "gate_learning_rate": params.gate_learning_rate,
        "target": limits.target,
        "penalty_weight": params.penalty_weight,
        "prune_below": params.prune_below,
        "branches": params.branches,
        "lock": params.lock,
        **augmented(params.shift, params.flip),
    }
    if params.resource == "latency":
        active = limits.costs.of_active(subset.active)
        arguments["costs"] = {"ops": [list(row) for row in active], "fixed": limits.costs.fixed}
    return Proposal(
        "train_supernet",
        (record,),
        births,
        fidelity=space.setting.fidelity,
        arguments=arguments,
        cost=_training_cost(space, subset),
        reuse=False,
    )


def scoring(
    space: NseSpace,
    supernet: str,
    built: Cells,
    number: int,
    births: tuple[Birth, ...],
    subjects: Sequence[tuple[int, Cells]],
) -> Proposal:
    """``subjects`` (birth, path) scored with the weights ``supernet`` of ops ``built`` of round ``number``,
    whose paths are all calibrated on the same batches."""
    params = space.params
    arguments: Json = {
        "space_params": space.space_params(),
        "built": [sorted(ops) for ops in built],
        "batch": params.batch,
        "calibration_batches": params.calibration_batches,
        "calibration_seed": number,
        "momentum": 0.1 if params.calibration == "momentum" else None,
    }
    samples = params.calibration_batches * params.batch + space.data.sizes["validation"]
    return Proposal(
        "score_paths",
        tuple(birth for birth, _ in subjects),
        births,
        fidelity=space.setting.fidelity,
        arguments=arguments,
        inputs={"supernet": supernet},
        cost=float(samples * sum(space.macs.of(path) for _, path in subjects)),
        reuse=False,
    )


def _training_cost(space: NseSpace, subset: Space) -> float:
    """Blind paths have each op on with probability one half; a gate step runs two paths forward and one
    back."""
    params, macs = space.params, space.macs
    path = macs.fixed + 0.5 * sum(map(sum, macs.of_active(subset.active)))
    steps = params.round_steps * (3.0 + 4.0 / params.gate_every)
    return path * params.batch * steps
