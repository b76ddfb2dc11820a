"""One round's training: the weights of a supernet along blind paths, and its gates along pairs of paths.

Every ``gate_every`` steps of the weights one step of the gates follows, on samples the weights never see.
What can be pruned is pruned before every step of the weights. Stopped anywhere and resumed, the round ends
with the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import BadGenome, Stopped
from searchengine.core.jsontext import Json
from searchengine.data.batches import Batches, Order, members
from searchengine.methods.nse.candidates import CellCosts
from searchengine.methods.nse.gates import penalty, probability, to_prune
from searchengine.methods.nse.sampling import Mode, pairs, weight_path
from searchengine.methods.nse.subset import Cells
from searchengine.methods.nse.supernet import Supernet
from searchengine.training.checkpoint import Payload
from searchengine.training.context import Context
from searchengine.training.device import placed
from searchengine.training.health import Health
from searchengine.training.losses import blind_loss, classification_loss
from searchengine.training.micro import most_at_once, parts
from searchengine.training.schedules import GroupRate, Schedule

GATE_BETAS = (0.0, 0.999)
"""Adam's, for the gates: no momentum. torch refuses an int zero here."""


@dataclass(frozen=True)
class RoundRecipe:
    """``schedule`` of the weights; decay falls on convolutions and linear weights alone. ``gate_every`` steps
    of the weights one of the gates, at ``gate_rate``. ``target`` and ``penalty_weight`` of the resource, in
    its unit. ``prune_below``: the gate parameter under which an op leaves (None: never). ``look_every`` steps
    between samples of the gates."""

    schedule: Schedule
    gate_every: int
    gate_rate: float
    target: float
    penalty_weight: float
    prune_below: float | None
    mode: Mode
    look_every: int


class Trained(NamedTuple):
    """What a round's training found: the supernet, gate parameters of the ops still active (in their order),
    those that were pruned, samples of the gates on the way, mean losses of the last steps."""

    supernet: Supernet
    active: Cells
    alphas: tuple[tuple[float, ...], ...]
    pruned: Cells
    samples: tuple[Json, ...]
    metrics: dict[str, float]


class RoundTraining:
    """``architecture`` is the network of all ``active`` ops, ``costs`` stand in their order; ``locked`` ones
    are never pruned."""

    def __init__(
        self,
        context: Context,
        architecture: Architecture,
        kinds: str,
        active: Cells,
        locked: Cells,
        costs: CellCosts,
        recipe: RoundRecipe,
    ) -> None:
        self.context, self.recipe, self.kinds, self.locked = context, recipe, kinds, locked
        self.first, self.costs = active, costs
        kept = context.resumed()
        manifest, precision = context.data.manifest, context.recipe
        place = partial(
            Batches,
            manifest=manifest,
            device=context.device,
            inputs=architecture.inputs,
            fidelity=context.job.fidelity,
            memory_format=precision.memory_format,
        )
        self.train = place(context.data.train, label_smoothing=recipe.schedule.label_smoothing)
        self.held_out = place(context.data.validation)
        with torch.random.fork_rng(enabled=kept is not None):
            self.supernet = placed(Supernet(architecture, kinds), context.device, precision.memory_format)
        self.supernet.train()
        self.weights = [*self.supernet.network.parameters()]
        flat = [one for one in self.weights if one.ndim < 2]
        schedule = recipe.schedule
        self.schedule = _with_plain_group(schedule)
        self.optimiser = self.schedule.make_optimiser(self.weights, {"undecayed": flat})
        for one in self.weights:
            # A path trains some ops only, and torch's fused step wants momentum for all or none: zero is
            # where momentum begins anyway.
            self.optimiser.state[one]["momentum_buffer"] = torch.zeros_like(one)
        self.gates = [nn.Parameter(torch.zeros(len(ops))) for ops in active]
        self.gate_optimiser = torch.optim.Adam(self.gates, lr=recipe.gate_rate, betas=GATE_BETAS)
        self.order = Order(
            members(context.data.train, manifest, context.job.fidelity.samples), schedule.batch, context.rng
        )
        self.gate_order = Order(
            members(context.data.validation, manifest, context.job.fidelity.samples),
            schedule.batch,
            context.rng,
        )
        self.most = most_at_once(context, self.order.batch)
        self.alive = [[True] * len(ops) for ops in active]
        self.losses = torch.zeros(schedule.steps, device=context.device)
        self.gate_losses = torch.zeros(schedule.steps // recipe.gate_every, device=context.device)
        self.expected = 0.0
        self.samples: list[Json] = []
        self.done = 0
        if kept is not None:
            self._restore(kept)

    # --- what is in the supernet now -----------------------------------------------------------------

    @property
    def active(self) -> Cells:
        """The ops still in the supernet, in the order of the record."""
        return tuple(
            tuple(op for op, here in zip(ops, alive, strict=True) if here)
            for ops, alive in zip(self.first, self.alive, strict=True)
        )

    def _of_active(self, rows: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
        return tuple(
            tuple(value for value, here in zip(row, alive, strict=True) if here)
            for row, alive in zip(rows, self.alive, strict=True)
        )

    def alphas(self) -> tuple[tuple[float, ...], ...]:
        """Gate parameters in the order of :attr:`active`."""
        return self._of_active([gate.tolist() for gate in self.gates])

    # --- the round -----------------------------------------------------------------------------------

    def run(self) -> Trained:
        """Train to the last step. Raises ``BadGenome`` (not finite, diverged) and ``Stopped``."""
        context, steps = self.context, self.schedule.steps
        # Where it begins, or goes on: what an attempt before told of later steps does not hold.
        context.report(self.done, steps, {}, always=True, findings=self.found)
        blind = blind_loss(self.train.classes, several=context.summary.labels == "multi")
        health = Health(steps, blind)
        while self.done < steps:
            self._give_back_if_asked()
            rate = self.schedule.set_rates(self.optimiser, self.done)
            self._prune()
            self._weight_step()
            if self.done % self.recipe.gate_every == 0:
                self._gate_step(self.done // self.recipe.gate_every - 1)
            if health.due(self.done):
                health.check(self.losses, self.done)
            if self.done % self.recipe.look_every == 0 or self.done == steps:
                self._look()
            if context.report_due():
                context.report(self.done, steps, {**self._live(), "lr": rate}, findings=self.found)
            if context.checkpoint_due():
                context.checkpoint(self._payload())
        self._prune()
        return Trained(
            self.supernet, self.active, self.alphas(), self._pruned(), tuple(self.samples), self._live()
        )

    def _prune(self) -> None:
        active, alphas = self.active, self.alphas()
        for cell, kind in enumerate(self.kinds):
            for op in to_prune(kind, active[cell], alphas[cell], self.recipe.prune_below, self.locked[cell]):
                self.alive[cell][self.first[cell].index(op)] = False

    def _pruned(self) -> Cells:
        return tuple(
            tuple(op for op, here in zip(ops, alive, strict=True) if not here)
            for ops, alive in zip(self.first, self.alive, strict=True)
        )

    def _weight_step(self) -> None:
        context, schedule = self.context, self.schedule
        batch = self.train.take(self.order.next().to(context.device), schedule.augmentation, context.rng)
        path = weight_path(self.kinds, self.active, context.rng, mode=self.recipe.mode)
        told = torch.zeros((), device=context.device)
        for part in parts(len(batch.y), self.most):
            with self._autocast():
                logits = self.supernet(batch.x[part.samples], path)
            loss = self._loss(logits, batch.y[part.samples]) * part.share
            loss.backward()
            told += loss.detach()
        if schedule.gradient_norm:
            nn.utils.clip_grad_norm_(self.weights, schedule.gradient_norm, foreach=True)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.losses[self.done] = told
        self.done += 1

    def _loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        several = self.context.summary.labels == "multi"
        return classification_loss(logits.float(), targets, several=several)

    def _gate_step(self, number: int) -> None:
        """Cross-entropy on held-out samples plus w (E - target)²; the gates alone are stepped, gradients of
        weights are never made. Raises ``BadGenome`` when a gate is no number afterwards."""
        context, active = self.context, self.active
        batch = self.held_out.take(self.gate_order.next().to(context.device))
        probabilities = [[probability(alpha) for alpha in row] for row in self.alphas()]
        drawn = pairs(self.kinds, active, probabilities, context.rng, mode=self.recipe.mode)
        told = torch.zeros((), device=context.device)
        for part in parts(len(batch.y), self.most):
            # A cell may have had no op from the beginning: without its type its mask would be no mask.
            alive = [
                gate[torch.tensor(here, dtype=torch.bool)]
                for gate, here in zip(self.gates, self.alive, strict=True)
            ]
            self.supernet.network.requires_grad_(False)
            with self._autocast():
                found = self.supernet.gated(
                    batch.x[part.samples], drawn, active, alive, self._of_active(self.costs.ops),
                    self.costs.fixed,
                )  # fmt: skip
            self.supernet.network.requires_grad_(True)
            loss = self._loss(found.logits, batch.y[part.samples])
            excess = found.cost - self.recipe.target
            total = loss + (self.recipe.penalty_weight * excess * excess).to(loss.dtype)
            self.expected = float(found.cost.detach())
            if total.requires_grad:
                (total * part.share).backward()
            told += loss.detach() * part.share
        self.gate_optimiser.step()
        self.gate_optimiser.zero_grad(set_to_none=True)
        self.gate_losses[number] = told
        if not all(bool(torch.isfinite(gate).all()) for gate in self.gates):
            # Weights that are no longer finite say so at their next check only, and no path can be drawn by
            # such gates until then.
            raise BadGenome("nan", f"the gates were no longer finite by step {self.done}")

    # --- what is told ----------------------------------------------------------------------------------

    def _live(self) -> dict[str, float]:
        recent = self.losses[max(0, self.done - 50) : self.done]
        gated = self.done // self.recipe.gate_every
        found = {"train_loss": float(recent.mean()) if len(recent) else 0.0, "expected_cost": self.expected}
        if gated:
            found["gate_loss"] = float(self.gate_losses[max(0, gated - 20) : gated].mean())
            found["resource_loss"] = penalty(self.expected, self.recipe.target, self.recipe.penalty_weight)
        found["active_ops"] = float(sum(map(len, self.active)))
        return found

    def found(self) -> Json:
        """The gates as they are now, under the names they have in the findings of the round."""
        return {
            "active": [list(ops) for ops in self.active],
            "alphas": [[round(alpha, 4) for alpha in row] for row in self.alphas()],
        }

    def _look(self) -> None:
        gates = [[round(probability(alpha), 4) for alpha in row] for row in self.alphas()]
        self.samples.append({"step": self.done, "active": [list(ops) for ops in self.active], "gates": gates})
        self.context.report(self.done, self.schedule.steps, self._live(), always=True, findings=self.found)

    # --- giving back and going on ------------------------------------------------------------------------

    def _give_back_if_asked(self) -> None:
        if self.context.should_stop():
            self.context.checkpoint(self._payload())
            raise Stopped(f"gave back at step {self.done} of {self.schedule.steps}")

    def _autocast(self) -> torch.autocast:
        context = self.context
        return torch.autocast(context.device.type, torch.bfloat16, enabled=context.recipe.precision == "bf16")

    def _payload(self) -> Payload:
        tensors = {f"network.{name}": value for name, value in self.supernet.network.state_dict().items()}
        for label, optimiser, parameters in self._optimisers():
            for number, parameter in enumerate(parameters):
                for name, value in optimiser.state[parameter].items():
                    if isinstance(value, Tensor):
                        tensors[f"{label}.{number}.{name}"] = value
        for cell, gate in enumerate(self.gates):
            tensors[f"gate.{cell}"] = gate.detach()
        tensors["losses"], tensors["gate_losses"] = self.losses, self.gate_losses
        for name, order in (("order", self.order), ("gate_order", self.gate_order)):
            tensors[name] = torch.from_numpy(order.permutation)
        values: Json = {
            "position": self.order.position,
            "gate_position": self.gate_order.position,
            "alive": self.alive,
            "expected": self.expected,
            "samples": self.samples,
        }
        return Payload(self.done, tensors, values)

    def _optimisers(
        self,
    ) -> tuple[tuple[str, torch.optim.Optimizer, Sequence[nn.Parameter]], ...]:
        return (
            ("weights", self.optimiser, self.weights),
            ("gates", self.gate_optimiser, self.gates),
        )

    def _restore(self, kept: Payload) -> None:
        self.supernet.network.load_state_dict(_under("network.", kept.tensors), strict=True)
        for label, optimiser, parameters in self._optimisers():
            for name, value in _under(f"{label}.", kept.tensors).items():
                number, _, what = name.partition(".")
                parameter = parameters[int(number)]
                like = parameter if value.shape == parameter.shape else value
                optimiser.state[parameter][what] = torch.empty_like(like).copy_(value)
        with torch.no_grad():
            for cell, gate in enumerate(self.gates):
                gate.copy_(kept.tensors[f"gate.{cell}"])
        self.losses.copy_(kept.tensors["losses"])
        self.gate_losses.copy_(kept.tensors["gate_losses"])
        self.order.permutation = kept.tensors["order"].numpy()
        self.order.position = kept.values["position"]
        self.gate_order.permutation = kept.tensors["gate_order"].numpy()
        self.gate_order.position = kept.values["gate_position"]
        self.alive = [list(row) for row in kept.values["alive"]]
        self.expected = kept.values["expected"]
        self.samples = list(kept.values["samples"])
        self.done = kept.step


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _with_plain_group(schedule: Schedule) -> Schedule:
    """Decay falls on convolutions and linear weights: normalisation and biases are a group without."""
    return replace(schedule, groups={"undecayed": GroupRate(schedule.learning_rate, 0.0)})
