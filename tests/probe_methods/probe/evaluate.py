"""Evaluations that sleep, spin, or go wrong as they are told."""

from __future__ import annotations

import os
import signal
import threading
import time
from functools import partial
from typing import Any

import torch

from searchengine.core.errors import BadGenome, Stopped
from searchengine.core.jobs import Score
from searchengine.training.checkpoint import Payload
from searchengine.training.context import Context, JobKind, Output

LOOK_SECONDS = 0.02


def probe(context: Context) -> Output:
    """Score the genome's number, after the sleep, unless a fault comes first."""
    params = context.job.arguments["space_params"]
    (subject,) = context.job.subjects
    value = context.genomes[subject]["value"]
    if params["fault"] != "none" and subject % params["fault_every"] == 0:
        _misbehave(params["fault"])
    extra = _spin(context, params) if params["spins"] else _sleep(context, params, value)
    fitness = 0.5 if params["flat"] else (value + extra) / (2 * params["values"])
    return Output(
        {subject: Score({"fitness": fitness, "accuracy": fitness, "parameters": value, "flops": 2 * value})}
    )


def _sleep(context: Context, params: dict[str, Any], value: int) -> float:
    seconds, steps = params["seconds"], params["steps"]
    if params["seconds_most"]:
        seconds += (params["seconds_most"] - seconds) * value / params["values"]
    for step in range(steps if seconds else 0):
        _last(context, seconds / steps)
        if context.should_stop():
            raise Stopped
        context.report(step + 1, steps, {"loss": 1.0 / (step + 1)}, findings=partial(_found, step + 1))
    return 0.0


def _last(context: Context, seconds: float) -> None:
    """Wait to be asked to give back, for as long as a step takes."""
    end, asked = time.monotonic() + seconds, threading.Event()
    while not context.should_stop() and (left := end - time.monotonic()) > 0:
        asked.wait(min(left, LOOK_SECONDS))


def _spin(context: Context, params: dict[str, object]) -> float:
    """A walk of torch's own generator, so that a resume that loses its state gives another number."""
    steps = int(str(params["steps"]))
    kept = context.resumed()
    done, total = (kept.step, float(kept.tensors["total"])) if kept else (0, 0.0)
    for step in range(done, steps):
        total += float(torch.rand(()))
        _last(context, float(str(params["seconds"])) / steps)
        context.report(step + 1, steps, {"loss": total}, findings=partial(_found, step + 1))
        stopping = context.should_stop()
        if stopping or context.checkpoint_due():
            context.checkpoint(Payload(step + 1, {"total": torch.tensor(total, dtype=torch.float64)}, {}))
        if stopping:
            raise Stopped
    return total / steps


def _found(step: int) -> dict[str, Any]:
    """What it has found so far: how far it is."""
    return {"reached": step}


def _misbehave(fault: str) -> None:
    if fault == "nan":
        raise BadGenome("nan", "the loss became NaN at step 3")
    if fault == "bug":
        raise ZeroDivisionError("a bug of the evaluator")
    if fault == "suicide":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "hang":
        while True:
            signal.pause()
    if fault == "memory":
        held = []
        while True:
            held.append(bytearray(32 << 20))


JOB_KINDS: dict[str, JobKind] = {"probe": probe}
