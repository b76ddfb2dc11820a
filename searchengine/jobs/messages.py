"""What a training process says, and the lines it travels in.

Parent and child exchange JSON lines over a socket pair of their own. The first line of either side states the
protocol's version; a process of another version is refused, not guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from searchengine.core.jobs import Result
from searchengine.core.jsontext import Json, dumps, loads

PROTOCOL = 2


@dataclass(frozen=True)
class Ready:
    """The process has loaded torch and waits for jobs; ``about`` states versions and device."""

    about: Json


@dataclass(frozen=True)
class Progress:
    """Step ``step`` of ``of`` is done; ``metrics`` as the evaluator reports them. At most about five a
    second. ``findings`` are those so far, at most 16 KB and once a second; None when there are no newer
    ones."""

    step: int
    of: int
    metrics: dict[str, float] = field(default_factory=dict)
    findings: Json | None = None


@dataclass(frozen=True)
class Checkpointed:
    """Work up to ``step`` survives a kill; ``curve`` holds the rows reported so far."""

    step: int
    curve: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class Finished:
    """The job ran to its end. Scores of a failed job carry a failure (``bad_genome`` or ``bug``)."""

    result: Result


@dataclass(frozen=True)
class Stopped:
    """The job gave back after ``stop``; ``checkpointed`` says whether its work up to now was kept."""

    checkpointed: bool


@dataclass(frozen=True)
class Died:
    """The process is gone; the job it ran, if any, is *lost* and may run again.

    ``signal`` is the signal's number, None after an exit; ``peak_rss`` in bytes. ``reason`` is a code:
    ``out_of_memory`` (over its limit, or it could not allocate), ``device_error``, ``disk_full``, ``killed``
    (we did it), ``closed`` (asked to end), ``signal``, ``exit``, ``protocol``. ``log`` is the end of what
    the process wrote to its output.
    """

    returncode: int
    signal: int | None
    peak_rss: int
    reason: str
    log: str = ""


Message = Ready | Progress | Checkpointed | Finished | Stopped | Died


def line(value: Json) -> bytes:
    return dumps(value).encode() + b"\n"


def parse_message(text: bytes) -> Message | tuple[str, str]:
    """One line of a training process: a message, or (reason, sentence) of a process about to exit.

    Raises ``ValueError`` or ``KeyError`` when the line is none."""
    value = loads(text)
    match value["is"]:
        case "progress":
            return Progress(value["step"], value["of"], value["metrics"], value["findings"])
        case "finished":
            return Finished(Result.from_json(value["result"]))
        case "checkpointed":
            return Checkpointed(value["step"], value["curve"])
        case "stopped":
            return Stopped(value["checkpointed"])
        case "ready":
            if value["protocol"] != PROTOCOL:
                raise ValueError(
                    f"the training process speaks protocol {value['protocol']}, expected {PROTOCOL}"
                )
            return Ready(value["about"])
        case "lost":
            return value["reason"], value["text"]
        case other:
            raise ValueError(f"a training process never says {other!r}")
