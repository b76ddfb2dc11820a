"""How a candidate is trained: steps, batch, learning rate and what keeps it in bounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from math import cos, pi

import torch

from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import Json
from searchengine.data.augmentation import Augmentation


@dataclass(frozen=True)
class Schedule:
    """SGD with Nesterov momentum, cosine decay to 0 after a linear warm-up; weight decay is part of the
    gradient.

    ``steps`` optimiser steps of ``batch`` samples; ``learning_rate`` at the top; ``warmup`` steps from 0;
    ``gradient_norm``: the whole gradient is scaled down to that norm (0: left alone); ``top_k``: also score
    whether the class is among the k likeliest (None: 5 from 20 classes on, else 2); ``validate_every`` steps
    between validations for the curve (0: at the end alone); ``keep_weights``: store them as an artifact.
    """

    steps: int
    batch: int = 32
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 1e-4
    warmup: int = 0
    gradient_norm: float = 5.0
    label_smoothing: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)
    top_k: int | None = None
    validate_every: int = 0
    keep_weights: bool = True

    def __post_init__(self) -> None:
        wrong = {}
        if self.steps < 1:
            wrong["steps"] = f"expected at least 1, got {self.steps}"
        if self.batch < 2:
            wrong["batch"] = f"normalisation needs at least 2 samples, got {self.batch}"
        if not self.learning_rate > 0:
            wrong["learning_rate"] = f"expected more than 0, got {self.learning_rate}"
        if not 0 <= self.momentum < 1:
            wrong["momentum"] = f"expected 0 to below 1, got {self.momentum}"
        if not 0 <= self.label_smoothing < 1:
            wrong["label_smoothing"] = f"expected 0 to below 1, got {self.label_smoothing}"
        if wrong:
            raise InvalidParams(wrong)

    def to_json(self) -> Json:
        return asdict(self)

    def rate(self, step: int) -> float:
        """The learning rate of step ``step``, counted from 0."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return 0.5 * self.learning_rate * (1.0 + cos(pi * done))

    def optimiser(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.SGD:
        return torch.optim.SGD(
            parameters,
            lr=self.learning_rate,
            momentum=self.momentum,
            nesterov=self.momentum > 0,
            weight_decay=self.weight_decay,
            fused=True,
        )
