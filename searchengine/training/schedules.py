"""How a candidate is trained: steps, batch, learning rate and what keeps it in bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import cos, pi
from typing import Any, Literal, get_args

import torch
from torch.nn import Parameter

from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import Json
from searchengine.data.augmentation import Augmentation

Optimiser = Literal["sgd", "adamw"]


@dataclass(frozen=True)
class GroupRate:
    """How the parameters of one group (``Network.parameters_by_group``) differ from the others: their own
    peak learning rate and weight decay."""

    learning_rate: float
    weight_decay: float


@dataclass(frozen=True)
class Staircase:
    """The learning rate times ``factor`` after every ``every`` steps, counted from the first of all."""

    every: int
    factor: float


@dataclass(frozen=True)
class Schedule:
    """SGD with Nesterov momentum (decay is part of the gradient) or AdamW (Loshchilov and Hutter 2019), both
    with cosine decay to 0 after a linear warm-up, or down a ``staircase``.

    ``steps`` optimiser steps of ``batch`` samples; ``learning_rate`` at the top; ``warmup`` steps from 0;
    ``groups``: parameter groups with rates of their own, which follow the same curve; ``gradient_norm``: the
    whole gradient is scaled down to that norm (0: left alone); ``top_k``: also score whether the class is
    among the k likeliest (None: 5 from 20 classes on, else 2); ``validate_every`` steps between validations
    for the curve, ``watch_every`` between looks into the network (0: at the end alone); ``keep_weights``:
    store them as an artifact.
    """

    steps: int
    batch: int = 32
    learning_rate: float = 0.05
    optimiser: Optimiser = "sgd"
    momentum: float = 0.9
    weight_decay: float = 1e-4
    groups: Mapping[str, GroupRate] = field(default_factory=dict)
    warmup: int = 0
    staircase: Staircase | None = None
    gradient_norm: float = 5.0
    label_smoothing: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)
    top_k: int | None = None
    validate_every: int = 0
    watch_every: int = 0
    keep_weights: bool = True

    def __post_init__(self) -> None:
        wrong = {}
        if self.steps < 1:
            wrong["steps"] = f"expected at least 1, got {self.steps}"
        if self.batch < 2:
            wrong["batch"] = f"normalisation needs at least 2 samples, got {self.batch}"
        if not self.learning_rate > 0:
            wrong["learning_rate"] = f"expected more than 0, got {self.learning_rate}"
        if self.optimiser not in get_args(Optimiser):
            wrong["optimiser"] = f"choose one of {', '.join(get_args(Optimiser))}, got {self.optimiser!r}"
        if not 0 <= self.momentum < 1:
            wrong["momentum"] = f"expected 0 to below 1, got {self.momentum}"
        if self.staircase and not (self.staircase.every >= 1 and 0 < self.staircase.factor <= 1):
            wrong["staircase"] = f"expected steps from 1 on and a factor in (0, 1], got {self.staircase}"
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
        if self.staircase:
            return self.learning_rate * self.staircase.factor ** (step // self.staircase.every)
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return 0.5 * self.learning_rate * (1.0 + cos(pi * done))

    def make_optimiser(
        self, parameters: Sequence[Parameter], by_group: Mapping[str, Sequence[Parameter]]
    ) -> torch.optim.Optimizer:
        """The optimiser over ``parameters``; those of ``by_group`` that the schedule names get rates of
        their own."""
        named = {id(one): name for name in self.groups for one in by_group.get(name, ())}
        rest = [one for one in parameters if id(one) not in named]
        options: list[dict[str, Any]] = [
            {"params": rest, "lr": self.learning_rate, "weight_decay": self.weight_decay}
        ]
        for name, own in self.groups.items():
            members = [one for one in parameters if named.get(id(one)) == name]
            if members:
                options.append({"params": members, "lr": own.learning_rate, "weight_decay": own.weight_decay})
        options = [option for option in options if option["params"]]
        if self.optimiser == "adamw":
            return torch.optim.AdamW(options, betas=(self.momentum, 0.999), fused=True)
        return torch.optim.SGD(
            options, momentum=self.momentum, nesterov=self.momentum > 0, fused=True, lr=self.learning_rate
        )

    def set_rates(self, optimiser: torch.optim.Optimizer, step: int) -> float:
        """Set every group's learning rate for ``step``; the rate of the common one."""
        rate = self.rate(step)
        for group in optimiser.param_groups:
            peak = group.setdefault("peak", group["lr"])
            group["lr"] = rate if peak == self.learning_rate else rate / self.learning_rate * peak
        return rate
