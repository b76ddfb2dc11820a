"""Jobs that behave and misbehave as their arguments say."""

from __future__ import annotations

import errno
import os
import signal
import sys

import torch

from searchengine.core.errors import BadGenome, Stopped
from searchengine.core.jobs import Score
from searchengine.training.checkpoint import Payload
from searchengine.training.context import Context, Output


def _scored(context: Context, **metrics: float) -> Output:
    return Output({subject: Score({"fitness": 0.5, **metrics}) for subject in context.job.subjects})


def constant(context: Context) -> Output:
    return _scored(context)


def nan(context: Context) -> Output:
    return _scored(context, loss=float("nan"))


def bad(context: Context) -> Output:
    raise BadGenome("diverged", "as told")


def bug(context: Context) -> Output:
    raise LookupError("a mistake of ours")


def forgets_a_subject(context: Context) -> Output:
    return Output({})


def large_findings(context: Context) -> Output:
    return Output(_scored(context).scores, {"text": "x" * 300_000})


def until_stopped(context: Context) -> Output:
    """Counts steps until asked to give back; goes on where it was, or says where that is and ends."""
    kept = context.resumed()
    if context.job.arguments.get("end"):
        return _scored(context, resumed=float(kept.step if kept else -1))
    step = kept.step if kept else 0
    matrix = torch.ones(128, 128)
    while True:
        step += 1
        context.report(step, 0, {"step": step})
        if context.should_stop():
            if context.job.arguments.get("checkpoint", True):
                context.checkpoint(Payload(step, {"value": torch.tensor([step])}, {"step": step}))
            raise Stopped("asked")
        if context.checkpoint_due():
            context.checkpoint(Payload(step, {}, {"step": step}))
        torch.mm(matrix, matrix)  # what a step does


def hang(context: Context) -> Output:
    context.report(0, 1, {})
    while True:
        signal.pause()


def many_reports(context: Context) -> Output:
    for step in range(int(context.job.arguments["reports"])):
        context.report(step, 100, {"value": float(step)})
    return _scored(context)


def finds(context: Context) -> Output:
    """Tells what it has found so far, then ends with other findings."""
    context.report(1, 2, {"loss": 1.0}, findings=lambda: {"gates": [0.5, 0.25]})
    return Output(_scored(context).scores, {"gates": [1.0]})


def flood(context: Context) -> Output:
    for _ in range(int(context.job.arguments["megabytes"])):
        sys.stdout.write("x" * (1 << 20))
    print("the last words", flush=True)
    return _scored(context)


def leave(context: Context) -> Output:
    print("something went wrong", flush=True)
    os._exit(9)


def eat_memory(context: Context) -> Output:
    """Takes half as much when asked to run at half the micro-batch."""
    count = int(context.job.arguments["bytes"]) // context.micro_batch_divisor
    held = torch.ones(count, dtype=torch.uint8)
    return _scored(context, held=float(len(held)))


def creep(context: Context) -> Output:
    """Memory in many small pieces that nobody sees failing: it holds what it has and says nothing."""
    held = []
    try:
        while True:
            held.append(bytes(1 << 20))
    except MemoryError:
        signal.pause()
    return _scored(context, held=float(len(held)))


def disk_full(context: Context) -> Output:
    raise OSError(errno.ENOSPC, "No space left on device")


def environment(context: Context) -> Output:
    found = {
        "threads": torch.get_num_threads(),
        "session": os.getsid(0),
        "pid": os.getpid(),
        "stdin": sys.stdin.read(),
    }
    return Output(_scored(context).scores, found)


def draws(context: Context) -> Output:
    return _scored(context, torch=float(torch.rand(())), numpy=float(context.rng.random()))


def children(context: Context) -> Output:
    pid = os.fork()
    if pid == 0:
        while True:
            signal.pause()
    context.report(1, 1, {"child": pid})
    return hang(context)


JOB_KINDS = {
    function.__name__: function
    for function in (
        constant,
        nan,
        bad,
        bug,
        forgets_a_subject,
        large_findings,
        until_stopped,
        hang,
        many_reports,
        finds,
        flood,
        leave,
        eat_memory,
        creep,
        disk_full,
        environment,
        draws,
        children,
    )
}
