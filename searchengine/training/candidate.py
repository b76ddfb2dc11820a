"""The standard job: one candidate network trained from its seed and scored on validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import BadGenome, Stopped
from searchengine.core.jobs import Score
from searchengine.core.jsontext import Json
from searchengine.data.batches import Batches, Order, members
from searchengine.nets.build import build
from searchengine.nets.network import Network
from searchengine.training.checkpoint import Payload
from searchengine.training.context import Context, Output
from searchengine.training.device import placed
from searchengine.training.health import Health
from searchengine.training.losses import blind_loss, classification_loss
from searchengine.training.metrics import Scored, is_constant, logits_of, pack_bits, score_logits
from searchengine.training.micro import most_at_once, parts
from searchengine.training.schedules import Schedule

_PROBE = 64
_LAST_LOSSES = 50


class Trained(NamedTuple):
    """``metrics``: fitness (= accuracy, or mean average precision, until the evaluator says otherwise), what
    ``Scored`` has, train_loss (mean of the last 50 steps), parameters, flops. ``weights``: the artifact, None
    when not kept. ``correct``: per-sample correctness on validation as ``metrics.pack_bits`` writes it.
    ``watched``: what was seen of the network on the way, rows ``{"step": n, name: value}``."""

    metrics: dict[str, float]
    weights: str | None
    correct: str
    network: Network
    watched: tuple[Json, ...] = ()

    def output(self, subject: int, findings: Json | None = None) -> Output:
        """The output of a job that trained this one candidate: score, ``correct`` among the findings,
        weights."""
        artifacts = {"weights": self.weights} if self.weights else {}
        return Output(
            {subject: Score(self.metrics)}, {"correct": self.correct, **(findings or {})}, artifacts
        )


Watch = Callable[[Network], Mapping[str, float]]
"""What is worth seeing of a network while it trains: a few dozen named numbers."""


def train_candidate(
    context: Context,
    architecture: Architecture,
    schedule: Schedule,
    *,
    start: str | None = None,
    amend: Callable[[Network], None] | None = None,
    watch: Watch | None = None,
    more_follows: bool = False,
) -> Trained:
    """Train the network of ``architecture`` by ``schedule`` and score it on validation.

    ``start`` is an artifact of weights to begin from (strictly the same names and shapes). ``amend`` changes
    the network before the first step (fixed parameters, replaced inputs) and does the same after a resume;
    ``watch`` is asked every ``schedule.watch_every`` steps and after the last, its numbers go to the curve.
    With ``more_follows`` the end is checkpointed too: a job that goes on with the network and is stopped
    there does not train again.
    Raises ``BadGenome`` (NaN, divergence, constant output) and ``Stopped`` after a checkpoint when asked to
    give back. Stopped and resumed any number of times it ends with the same bits on one CPU class and recipe.
    """
    training = _Training(context, architecture, schedule, start, amend, watch)
    training.run()
    trained = training.trained()
    if more_follows:
        training.keep()
    return trained


class _Training:
    def __init__(
        self,
        context: Context,
        architecture: Architecture,
        schedule: Schedule,
        start: str | None,
        amend: Callable[[Network], None] | None,
        watch: Watch | None,
    ) -> None:
        self.context, self.architecture, self.schedule = context, architecture, schedule
        self.metric, self.several = context.summary.metric, context.summary.labels == "multi"
        self.watch = watch
        self.watched: list[Json] = []
        kept = context.resumed()
        manifest, recipe = context.data.manifest, context.recipe
        place = partial(
            Batches,
            manifest=manifest,
            device=context.device,
            inputs=architecture.inputs,
            fidelity=context.job.fidelity,
            memory_format=recipe.memory_format,
        )
        self.train = place(context.data.train, label_smoothing=schedule.label_smoothing)
        self.validation = place(context.data.validation)
        # First weights are drawn from torch's generator; when resuming, it stays where the checkpoint left
        # it.
        with torch.random.fork_rng(enabled=kept is not None):
            self.network = placed(build(architecture), context.device, recipe.memory_format)
        if start is not None:
            self.network.load_state_dict(load_file(context.path(start)), strict=True)
        if amend is not None:
            amend(self.network)
        self.network.train()
        self.parameters = [value for value in self.network.parameters() if value.requires_grad]
        self.optimiser = schedule.make_optimiser(self.parameters, self.network.parameters_by_group())
        chosen = members(context.data.train, manifest, context.job.fidelity.samples)
        self.order = Order(chosen, schedule.batch, context.rng)
        self.most = most_at_once(context, self.order.batch)
        self.losses = torch.zeros(schedule.steps, device=context.device)
        self.done = 0
        self.unscored = False
        if kept is not None:
            self._restore(kept)

    def run(self) -> None:
        context, schedule = self.context, self.schedule
        health = Health(schedule.steps, blind_loss(self.architecture.classes, several=self.several))
        reported = self.done
        self._validate_if_due()
        while self.done < schedule.steps:
            self._give_back_if_asked()
            rate = schedule.set_rates(self.optimiser, self.done)
            self._step()
            self.unscored = self._validates_now()
            if health.due(self.done):
                health.check(self.losses, self.done)
            if health.probe_due(self.done):
                self._refuse_constant_output()
            if context.report_due():
                loss = float(self.losses[reported : self.done].mean())
                context.report(self.done, schedule.steps, {"train_loss": loss, "lr": rate})
                reported = self.done
            if self._watches_now():
                self._look()
            self._validate_if_due()
            if context.checkpoint_due():
                self.keep()

    def keep(self) -> None:
        """Checkpoint."""
        self.context.checkpoint(self._payload())

    def trained(self) -> Trained:
        scored = self._score()
        schedule, architecture = self.schedule, self.architecture
        metrics = {
            "fitness": scored.metrics[self.metric],
            **scored.metrics,
            "train_loss": float(self.losses[-_LAST_LOSSES:].mean()),
            "parameters": float(architecture.parameters),
            "flops": float(architecture.macs),
        }
        final = {name: metrics[name] for name in (self.metric, "loss", "train_loss")}
        self.context.report(schedule.steps, schedule.steps, final, always=True)
        weights = self.context.put(save(_plain(self.network.state_dict()))) if schedule.keep_weights else None
        return Trained(metrics, weights, pack_bits(scored.correct), self.network, tuple(self.watched))

    def _step(self) -> None:
        schedule, context = self.schedule, self.context
        batch = self.train.take(self.order.next().to(context.device), schedule.augmentation, context.rng)
        total = len(batch.y)
        loss_sum: Tensor | None = None
        for part in parts(total, self.most):
            inputs, y = [values[part.samples] for values in batch.inputs], batch.y[part.samples]
            with torch.autocast(
                context.device.type, torch.bfloat16, enabled=context.recipe.precision == "bf16"
            ):
                logits = self.network(*inputs)
            loss = classification_loss(logits.float(), y, several=self.several)
            if part.share < 1:
                loss = loss * part.share
            loss.backward()
            loss_sum = loss.detach() if loss_sum is None else loss_sum + loss.detach()
        if schedule.gradient_norm:
            nn.utils.clip_grad_norm_(self.parameters, schedule.gradient_norm, foreach=True)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        assert loss_sum is not None
        self.losses[self.done] = loss_sum
        self.done += 1

    def _give_back_if_asked(self) -> None:
        if self.context.should_stop():
            self.keep()
            raise Stopped(f"gave back at step {self.done} of {self.schedule.steps}")

    def _still_here(self) -> None:
        """Between batches of a scoring: a long one is no job that hangs."""
        self._give_back_if_asked()
        self.context.report(self.done, self.schedule.steps, {})

    def _validates_now(self) -> bool:
        every = self.schedule.validate_every
        return bool(every) and self.done % every == 0 and self.done < self.schedule.steps

    def _validate_if_due(self) -> None:
        """A validation that a stop cuts short is due again on resuming: ``unscored`` is kept."""
        if self.unscored:
            metrics = self._score().metrics
            self.unscored = False
            self.context.report(self.done, self.schedule.steps, metrics, always=True)

    def _watches_now(self) -> bool:
        every = self.schedule.watch_every
        return self.watch is not None and (
            self.done == self.schedule.steps or bool(every and self.done % every == 0)
        )

    def _look(self) -> None:
        assert self.watch is not None
        seen = {name: float(value) for name, value in self.watch(self.network).items()}
        self.watched.append({"step": self.done, **seen})
        self.context.report(self.done, self.schedule.steps, seen, always=True)

    def _score(self) -> Scored:
        logits = logits_of(
            self.network,
            self.validation,
            precision=self.context.recipe.precision,
            between=self._still_here,
        )
        return score_logits(logits, self.validation.labels(slice(None)), self.schedule.top_k)

    def _refuse_constant_output(self) -> None:
        self.network.eval()
        with torch.inference_mode():
            logits = self.network(*self.validation.take(slice(0, _PROBE)).inputs)
        self.network.train()
        if is_constant(logits):
            raise BadGenome(
                "constant_output", f"by step {self.done} the network gives the same output for every sample"
            )

    def _payload(self) -> Payload:
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        for number, parameter in enumerate(self.parameters):
            for name, value in self.optimiser.state[parameter].items():
                if isinstance(value, Tensor):
                    tensors[f"optimiser.{number}.{name}"] = value
        tensors["losses"] = self.losses
        tensors["order"] = torch.from_numpy(self.order.permutation)
        values = {"position": self.order.position, "watched": self.watched, "unscored": self.unscored}
        return Payload(self.done, tensors, values)

    def _restore(self, kept: Payload) -> None:
        self.network.load_state_dict(_under("network.", kept.tensors), strict=True)
        for name, value in _under("optimiser.", kept.tensors).items():
            number, _, what = name.partition(".")
            parameter = self.parameters[int(number)]
            # Laid out in memory as its parameter is, so that updates round alike.
            alike = torch.empty_like(parameter) if value.shape == parameter.shape else torch.empty_like(value)
            self.optimiser.state[parameter][what] = alike.to(self.context.device).copy_(value)
        self.losses.copy_(kept.tensors["losses"])
        self.order.permutation = kept.tensors["order"].numpy()
        self.order.position = kept.values["position"]
        self.watched = list(kept.values["watched"])
        self.unscored = kept.values.get("unscored", False)
        self.done = kept.step


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _plain(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict as safetensors wants it: on the CPU, contiguous."""
    return {name: value.detach().cpu().contiguous() for name, value in state.items()}
