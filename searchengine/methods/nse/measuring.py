"""The job that measures a latency table on the worker's own device: every layer that some path has, one after
the other, without data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import torch
from torch import Tensor, nn

from searchengine.core.errors import InvalidParams, Stopped
from searchengine.core.jobs import Failure, Score
from searchengine.core.jsontext import Json, dumps
from searchengine.layers.add import Add
from searchengine.layers.conv import Conv
from searchengine.layers.linear import Linear
from searchengine.layers.mean import Mean
from searchengine.layers.multiply import Multiply
from searchengine.methods.nse.genome import SpaceGenome, parse
from searchengine.methods.nse.latency import LatencyTable, LayerKey, latency_costs, needed_keys, to_json
from searchengine.methods.nse.limits import limits
from searchengine.methods.nse.params import NseParams
from searchengine.nets.latency import device_name, timed
from searchengine.training.checkpoint import Payload
from searchengine.training.context import Context, Output
from searchengine.training.device import placed

WARM_UP = 5
"""Passes of a layer before its first measurement."""
_MICROSECONDS = 1e6


def measure_latency(context: Context) -> Output:
    """Its subject is a space, of which the skeleton alone counts. Findings: the costs of every op in every
    cell (microseconds) and where they were measured; artifact ``table``: the table, JSON. Where by that table
    no path lies in the band the score is a failure that says so.

    Resumed on the same device under the same conditions it goes on; on another it begins anew, because one
    table is of one device."""
    (number,) = context.job.subjects
    genome = parse(context.genomes[number])
    assert isinstance(genome, SpaceGenome)
    arguments = context.job.arguments
    skeleton = genome.skeleton.as_trained(arguments["space_params"])
    channels, height, width = context.setting.inputs["image"]
    images, classes = (channels, height, width), context.setting.classes
    keys = needed_keys(skeleton, images, classes)
    where: Json = {
        "device": device_name(context.device)[:200],
        "threads": torch.get_num_threads(),
        "batch": int(arguments["batch"]),
        "repetitions": int(arguments["repetitions"]),
        "torch": torch.__version__,
    }
    times = _measured(context, keys, where)
    table = LatencyTable(
        **where,
        measured=datetime.now(UTC).isoformat(timespec="seconds"),
        entries=dict(zip(keys, times, strict=True)),
    )
    costs = latency_costs(table, skeleton, images, classes)
    findings: Json = {
        "costs": {"ops": [list(row) for row in costs.ops], "fixed": costs.fixed},
        "where": {**where, "measured": table.measured},
    }
    artifact = context.put(dumps(to_json(table)).encode())
    score = Score({"layers": float(len(keys))})
    try:
        limits(NseParams.parse(arguments["limits"]), costs, context.summary.slug)
    except InvalidParams as error:
        # Told as a failure, so that whoever looks at the run reads why it found nothing.
        score = Score(failure=Failure("bad_genome", "infeasible", str(error)))
    return Output({number: score}, findings, {"table": artifact})


def layer_of(key: LayerKey, batch: int) -> tuple[nn.Module, tuple[Tensor, ...]]:
    """The layer of ``key`` as networks have it, and inputs (batch, Cin, H, W), or (batch, Cin) of a linear
    one."""
    x = torch.zeros(batch, key.channels_in, *key.size)
    match key.type:
        case "conv":
            layer: nn.Module = Conv(
                key.channels_in, key.channels_out, key.kernel, key.stride, key.padding, key.groups,
                dilation=(key.dilation, key.dilation),
            )  # fmt: skip
        case "pool":
            layer = Mean((2, 3))
        case "linear":
            layer, x = Linear(key.channels_in, key.channels_out), x.flatten(1)
        case "add":
            return Add(), (x, x.clone())
        case _:
            return Multiply(), (x, torch.zeros(batch, key.channels_in, 1, 1))
    return layer, (x,)


def _measured(context: Context, keys: tuple[LayerKey, ...], where: Json) -> list[float]:
    """Microseconds of every key, in order."""
    kept = context.resumed()
    times: list[float] = []
    if kept is not None and kept.values["where"] == where:
        times = [float(value) for value in kept.values["times"]]

    def payload() -> Payload:
        return Payload(len(times), {}, {"where": where, "times": times})

    def give_back_if_asked() -> None:
        if context.should_stop():
            context.checkpoint(payload())
            raise Stopped(f"gave back after {len(times)} of {len(keys)} layers")

    for key in keys[len(times) :]:
        give_back_if_asked()
        microseconds = _time(context, key, where, give_back_if_asked)
        times.append(microseconds)
        context.report(len(times), len(keys), {"microseconds": microseconds})
        if context.checkpoint_due():
            context.checkpoint(payload())
    return times


@torch.no_grad()
def _time(context: Context, key: LayerKey, where: Json, between: Callable[[], None]) -> float:
    layer, inputs = layer_of(key, where["batch"])
    last = context.recipe.memory_format == "channels_last"
    layer = placed(layer, context.device, context.recipe.memory_format).eval()
    given = [
        x.to(context.device, memory_format=torch.channels_last)
        if last and x.dim() == 4
        else x.to(context.device)
        for x in inputs
    ]
    seconds = timed(
        lambda: layer(*given), context.device, repetitions=where["repetitions"], warm_up=WARM_UP,
        between=between,
    )  # fmt: skip
    return min(seconds) * _MICROSECONDS
