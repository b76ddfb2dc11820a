"""The ways a search can be refused. Each message says what was expected, what came and what to do."""

from __future__ import annotations

from collections.abc import Mapping


class EngineError(Exception):
    """Base of everything the engine refuses on purpose; anything else that is raised is a bug."""


class InvalidParams(EngineError, ValueError):
    """Parameters of a method are out of range or contradict each other.

    ``fields`` maps a field's name to its message in plain words, ready to stand beside that field; the
    empty name holds what belongs to no single field.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__("; ".join(f"{name}: {text}" if name else text for name, text in self.fields.items()))


class InvalidGenome(EngineError, ValueError):
    """A genome breaks the rules of its space; the message names the gene, what was expected and what came."""


class InfeasibleArchitecture(EngineError, ValueError):
    """A network cannot be built: a shape, a width or a cost is out of bounds. Found before anything is
    trained."""


class DataRefused(EngineError, ValueError):
    """A data set cannot be used: not what the method accepts, broken, or with too few samples."""


class UnknownName(EngineError, KeyError):
    """A method, preset, data set, kind or panel that nobody registered; the message lists what there is."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class StateMismatch(EngineError, ValueError):
    """A stored state was written by another method or a newer version, or is not what the driver expects."""


class Stopped(EngineError):
    """The job was asked to stop (pause, kill, shutdown) and has checkpointed what it could."""


class BadGenome(EngineError):
    """A candidate cannot be trained: NaN, divergence, constant output or out of memory.

    Failed, never retried, never a parent. ``reason`` is a short sentence for the page; ``code`` is one of
    ``nan``, ``diverged``, ``constant_output``, ``out_of_memory``, ``over_deadline``, ``infeasible``.
    """

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code}: {reason}")


class InvalidResult(EngineError, ValueError):
    """A result cannot be told: it lacks a subject, holds a number that is not finite, or is too large. A bug
    of the evaluator, never of the genome."""


class BadRegistration(EngineError):
    """A method or space folder cannot be listed: a slug twice, a missing name, presets that do not parse."""


class BrokenContract(RuntimeError):
    """A search broke what ``searchengine.core.method.Search`` promises (a birth out of order, a search
    proposal after ``close``): a bug of the method, so the run stops as broken and nothing of the step is
    kept."""
