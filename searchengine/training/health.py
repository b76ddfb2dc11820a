"""Candidates that cannot be trained are found within 50 steps: not finite, diverged, or deaf to their input.

Losses stay on the device in one vector; they are read at a few steps only, so training does not wait for
them.
"""

from __future__ import annotations

from math import isfinite

from torch import Tensor

from searchengine.core.errors import BadGenome

LATEST = 50
_CHECKS = frozenset({1, 5, 10, 20, 30, 40, LATEST})
# Twenty times the loss of blind guessing: far above anything a network that still learns shows.
_CEILING = 20.0


class Health:
    """Watches the losses of one training of ``steps`` steps; ``blind`` is the loss of blind guessing."""

    def __init__(self, steps: int, blind: float) -> None:
        self._steps = steps
        self._ceiling = _CEILING * blind

    def due(self, done: int) -> bool:
        """Whether losses are to be looked at after ``done`` steps."""
        return done in _CHECKS or done % LATEST == 0 or done == self._steps

    def probe_due(self, done: int) -> bool:
        """Whether to test after ``done`` steps that the output depends on the input: once."""
        return done == min(LATEST, self._steps)

    def check(self, losses: Tensor, done: int) -> None:
        """Raise ``BadGenome`` when the losses (done,) so far show that training failed."""
        recent = losses[max(0, done - 10) : done]
        latest = float(recent.mean())
        if not isfinite(latest):
            raise BadGenome("nan", f"the training loss was no longer finite by step {done}")
        first = float(losses[0])
        # Early on a bad start may still come down; growing from it is divergence.
        grew = done >= min(LATEST, self._steps) or latest > 2 * first
        if latest > self._ceiling and grew:
            raise BadGenome(
                "diverged",
                f"the training loss stood at {latest:.3g} by step {done}; blind guessing gives"
                f" {self._ceiling / _CEILING:.3g}",
            )
