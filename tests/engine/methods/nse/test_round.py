"""A round on real digits: training of weights and gates, pruning, stopping and going on, scoring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from searchengine.core.errors import Stopped
from searchengine.methods.nse import costs
from searchengine.methods.nse.candidates import CellCosts
from searchengine.methods.nse.describe import describe
from searchengine.methods.nse.gates import probability
from searchengine.methods.nse.round_training import RoundRecipe, RoundTraining, Trained
from searchengine.methods.nse.sampling import weight_path
from searchengine.methods.nse.scoring import Calibration, score_paths
from searchengine.methods.nse.subset import Cells
from searchengine.methods.nse.supernet import Supernet
from searchengine.training import context as context_module
from searchengine.training.context import Context
from searchengine.training.schedules import Schedule

from .cases import SMALL

ACTIVE: Cells = ((0, 9), (1, 4), (2, 5), (3, 7), (7, 12), (6,), (0, 5))
NOTHING: Cells = ((),) * 7
RECIPE = RoundRecipe(
    Schedule(steps=24, batch=32, learning_rate=0.2, weight_decay=4e-5, warmup=4),
    gate_every=2,
    gate_rate=0.05,
    target=120.0,
    penalty_weight=0.0,
    prune_below=None,
    mode="multi",
    look_every=8,
)
Make = Callable[..., Context]


def training(
    context: Context, recipe: RoundRecipe = RECIPE, active: Cells = ACTIVE, locked: Cells = NOTHING
) -> RoundTraining:
    table = costs.macs(SMALL, (1, 8, 8), 10)
    thousands = CellCosts(
        [[cost / 1000 for cost in row] for row in table.of_active(active)], table.fixed / 1000
    )
    architecture = describe(SMALL, active, context.setting)
    return RoundTraining(context, architecture, SMALL.cells, active, locked, thousands, recipe)


def same(one: Trained, other: Trained) -> None:
    for name, value in one.supernet.network.state_dict().items():
        assert torch.equal(value, other.supernet.network.state_dict()[name]), name
    assert (one.active, one.alphas, one.pruned) == (other.active, other.alphas, other.pruned)
    assert (one.samples, one.metrics) == (other.samples, other.metrics)


def test_it_learns_and_says_how_its_gates_moved(context: Make) -> None:
    recipe = replace(RECIPE, schedule=replace(RECIPE.schedule, steps=150))
    made = training(context(), recipe)
    trained = made.run()
    assert float(made.losses[-20:].mean()) < float(made.losses[:5].mean()) - 0.3
    assert [sample["step"] for sample in trained.samples][-1] == 150
    assert trained.metrics["active_ops"] == 13
    assert 0 < trained.metrics["expected_cost"] < costs.macs(SMALL, (1, 8, 8), 10).largest() / 1000
    assert any(alpha != 0 for row in trained.alphas for alpha in row)


@pytest.mark.parametrize("at", [1, 7, 16])
def test_stopped_and_resumed_it_ends_with_the_same_bits(context: Make, at: int) -> None:
    recipe = replace(RECIPE, prune_below=-0.12, gate_rate=0.1, penalty_weight=1e-3)
    left_alone = training(context("alone"), recipe).run()
    asked = 0

    def stops() -> bool:
        nonlocal asked
        asked += 1
        return asked > at

    with pytest.raises(Stopped):
        training(context("cut", stops=stops), recipe).run()
    resumed = training(context("cut"), recipe)
    assert resumed.done == at
    same(resumed.run(), left_alone)
    assert any(left_alone.pruned), "the recipe is meant to prune, so that going on restores that too"


def test_gates_are_told_while_they_move_and_a_resumed_round_goes_on_telling(
    context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the beginning, at every look, and after a stop from where the checkpoint stands."""
    monkeypatch.setattr(context_module, "FINDINGS_SECONDS", 0.0)
    monkeypatch.setattr(context_module, "REPORT_SECONDS", 1000.0)  # the rare reports alone
    recipe = replace(RECIPE, prune_below=-0.12, gate_rate=0.1, penalty_weight=1e-3)
    whole = training(context("alone"), recipe)
    trained = whole.run()
    told = whole.context._parent.found
    assert [step for step, _ in told] == [0, 8, 16, 24]
    assert told[0][1] == {
        "active": [list(ops) for ops in ACTIVE],
        "alphas": [[0.0] * len(ops) for ops in ACTIVE],
    }
    assert any(trained.pruned)
    last = told[-1][1]
    assert [[round(a, 4) for a in row] for row in trained.alphas] == last["alphas"]
    assert [list(ops) for ops in trained.active] == last["active"]
    assert sum(map(len, last["active"])) < sum(map(len, ACTIVE)), "pruned ones have left"
    asked = 0

    def stops() -> bool:
        nonlocal asked
        asked += 1
        return asked > 12

    with pytest.raises(Stopped):
        training(context("cut", stops=stops), recipe).run()
    resumed = training(context("cut"), recipe)
    same(resumed.run(), trained)
    again = resumed.context._parent.found
    assert [step for step, _ in again] == [12, 16, 24]
    assert again[1:] == told[2:]


def test_the_penalty_pulls_the_expected_cost_to_its_target(context: Make) -> None:
    """The same round with a target far below and far above: gates follow it, by the penalty alone."""

    def expected(target: float) -> float:
        recipe = replace(
            RECIPE, target=target, penalty_weight=1e-3, gate_every=1,
            schedule=replace(RECIPE.schedule, steps=40),
        )  # fmt: skip
        trained = training(context(f"to {target}"), recipe).run()
        return float(np.mean([probability(alpha) for row in trained.alphas for alpha in row]))

    low, high = expected(50.0), expected(900.0)
    assert low < 0.4
    assert high > 0.6


def test_a_locked_op_stays_and_a_cell_that_changes_shape_keeps_ops(context: Make) -> None:
    recipe = replace(
        RECIPE, target=0.0, penalty_weight=1e-2, gate_every=1, gate_rate=0.2, prune_below=-0.2,
        schedule=replace(RECIPE.schedule, steps=30),
    )  # fmt: skip
    locked: Cells = ((9,), (), (), (7,), (), (), ())
    trained = training(context(), recipe, locked=locked).run()
    assert any(trained.pruned)
    for cell, kind in enumerate(SMALL.cells):
        assert set(locked[cell]) <= set(trained.active[cell])
        assert set(trained.active[cell]) | set(trained.pruned[cell]) == set(ACTIVE[cell])
        if kind != "N":
            assert trained.active[cell]


def test_the_gates_learn_on_samples_the_weights_never_see(context: Make) -> None:
    made = training(context())
    taken: dict[str, int] = {"train": 0, "held out": 0}
    for name, batches in (("train", made.train), ("held out", made.held_out)):
        take = batches.take

        def counted(*given: object, name: str = name, take: Callable = take, **more: object) -> object:
            taken[name] += 1
            return take(*given, **more)

        batches.take = counted  # type: ignore[method-assign]
    before = {name: value.clone() for name, value in made.supernet.network.named_parameters()}
    made._gate_step(0)
    assert taken == {"train": 0, "held out": 1}
    for name, value in made.supernet.network.named_parameters():
        assert torch.equal(value, before[name])
        assert value.grad is None
    gates = [gate.detach().clone() for gate in made.gates]
    made._weight_step()
    assert taken == {"train": 1, "held out": 1}
    assert all(torch.equal(gate, was) for gate, was in zip(made.gates, gates, strict=True))


def test_decay_falls_on_convolutions_and_linear_weights_alone(context: Make) -> None:
    made = training(context())
    groups = made.optimiser.param_groups
    assert [group["weight_decay"] for group in groups] == [4e-5, 0.0]
    assert {one.ndim for one in groups[1]["params"]} == {1}
    assert all(one.ndim >= 2 for one in groups[0]["params"])
    assert all(group["nesterov"] and group["momentum"] == 0.9 for group in groups)


# --- scoring -----------------------------------------------------------------------------------------


@pytest.fixture
def net(context: Make) -> Supernet:
    trained = training(context("trained"), replace(RECIPE, schedule=replace(RECIPE.schedule, steps=60)))
    return trained.run().supernet.requires_grad_(False)


def drawn(count: int) -> dict[int, Cells]:
    rng = np.random.default_rng(3)
    return {number: weight_path(SMALL.cells, ACTIVE, rng) for number in range(count)}


CALIBRATION = Calibration(4, 64, 11, None)


def test_a_score_depends_on_no_other_path(context: Make, net: Supernet) -> None:
    paths = drawn(4)
    together = score_paths(context("together"), net, paths, CALIBRATION)
    turned = score_paths(context("turned"), net, dict(reversed(paths.items())), CALIBRATION)
    alone = score_paths(context("alone"), net, {2: paths[2]}, CALIBRATION)
    assert together == turned
    assert together[2] == alone[2]
    assert len({score.metrics["loss"] for score in together.values()}) == 4
    assert all(score.fitness == score.metrics["accuracy"] for score in together.values())


def test_scoring_goes_on_where_it_stopped(context: Make, net: Supernet) -> None:
    paths = drawn(4)
    whole = score_paths(context("whole"), net, paths, CALIBRATION)
    asked = 0

    def stops() -> bool:
        nonlocal asked
        asked += 1
        return asked > 18

    with pytest.raises(Stopped, match="of 4 paths"):
        score_paths(context("cut", stops=stops), net, paths, CALIBRATION)
    resumed = context("cut")
    kept = resumed.resumed()
    assert kept is not None
    assert 0 < kept.step < 4
    walked: set[Cells] = set()
    net.register_forward_pre_hook(lambda _, given: walked.add(given[1]))
    assert score_paths(context("cut"), net, paths, CALIBRATION) == whole
    assert walked == {paths[number] for number in range(kept.step, 4)}, "what was scored is not again"


def test_without_statistics_of_its_own_a_path_scores_worse(context: Make, net: Supernet) -> None:
    """What the supernet's normalisation saw came from other paths; a few batches of momentum forget too
    little of the start."""
    paths = drawn(6)

    def mean_loss(calibration: Calibration, attempt: str) -> float:
        scores = score_paths(context(attempt), net, paths, calibration)
        return float(np.mean([score.metrics["loss"] for score in scores.values()]))

    assert mean_loss(CALIBRATION, "own") < mean_loss(Calibration(4, 64, 11, 0.1), "faded")
