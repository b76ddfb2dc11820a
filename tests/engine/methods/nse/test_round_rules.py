"""The rules of a round, one by one: which paths train weights and gates, when, on what, and who leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from searchengine.methods.nse.sampling import Mode, Pair
from searchengine.methods.nse.scoring import Calibration, score_paths
from searchengine.methods.nse.subset import Cells
from searchengine.training.context import Context

from .cases import SMALL
from .test_round import ACTIVE, RECIPE, RoundTraining, training

Make = Callable[..., Context]
N_CELLS = [cell for cell, kind in enumerate(SMALL.cells) if kind == "N"]


def walked(made: RoundTraining) -> list[Cells]:
    """The paths that weights are stepped along, as they go by."""
    paths: list[Cells] = []
    made.supernet.register_forward_pre_hook(lambda _, given: paths.append(given[1]))
    return paths


def paired(made: RoundTraining) -> list[tuple[Pair, ...]]:
    """The pairs that gates are stepped on, as they go by."""
    found: list[tuple[Pair, ...]] = []
    plain = made.supernet.gated

    def gated(x: Tensor, drawn: tuple[Pair, ...], *given: Any) -> Any:
        found.append(drawn)
        return plain(x, drawn, *given)

    made.supernet.gated = gated  # type: ignore[method-assign,assignment]
    return found


def shut(made: RoundTraining, alpha: float) -> None:
    with torch.no_grad():
        for gate in made.gates:
            gate[0] = alpha


def small(mode: Mode = "multi", **values: Any) -> Any:
    return replace(RECIPE, mode=mode, schedule=replace(RECIPE.schedule, batch=4, steps=120), **values)


def test_weights_are_stepped_along_paths_that_no_gate_steers(context: Make) -> None:
    """Else early winners would starve new operations: even a gate that is shut lets half of the steps by."""
    made = training(context(), small())
    shut(made, -8.0)
    paths = walked(made)
    for _ in range(120):
        made._weight_step()
    for cell in N_CELLS:
        for op in ACTIVE[cell]:
            share = np.mean([op in path[cell] for path in paths])
            assert 0.5 - 0.19 < share < 0.5 + 0.19, (cell, op)  # four standard deviations of 120 draws


def test_gates_are_stepped_on_pairs_drawn_by_them(context: Make) -> None:
    made = training(context(), small())
    shut(made, -8.0)
    found = paired(made)
    for number in range(20):
        made._gate_step(number)
    first = [ACTIVE[cell][0] in drawn[cell].a for drawn in found for cell in N_CELLS]
    others = [
        op in drawn[cell].a for drawn in found for cell in N_CELLS for op in ACTIVE[cell][1:]
    ]  # fmt: skip
    assert np.mean(first) < 0.1
    assert np.mean(others) > 0.3
    assert all(one.a != one.b for drawn in found for one in drawn)


def test_in_single_mode_no_step_runs_two_ops_of_a_cell(context: Make) -> None:
    made = training(context(), small("single"))
    paths, found = walked(made), paired(made)
    for number in range(10):
        made._weight_step()
        made._gate_step(number)
    assert all(len(ops) <= 1 for path in paths for ops in path)
    both = [ops for drawn in found for one in drawn for ops in (one.a, one.b or ())]
    assert all(len(ops) <= 1 for ops in both)
    assert any(ops for path in paths for ops in path)


def test_weights_see_training_samples_and_gates_the_held_out_ones(context: Make) -> None:
    made = training(context())
    data = made.context.data
    assert torch.equal(made.train.labels(slice(None)), torch.from_numpy(data.train.y))
    assert torch.equal(made.held_out.labels(slice(None)), torch.from_numpy(data.validation.y))
    assert len(data.train.y) != len(data.validation.y)


def test_every_so_many_steps_of_the_weights_comes_one_of_the_gates(context: Make) -> None:
    made = training(context(), replace(RECIPE, gate_every=3))
    order: list[str] = []
    made.supernet.register_forward_pre_hook(lambda *_: order.append("w"))
    plain = made._gate_step

    def gate_step(number: int) -> None:
        order.append(f"g{number}")
        plain(number)

    made._gate_step = gate_step  # type: ignore[method-assign]
    made.run()
    assert order == [step for number in range(8) for step in ("w", "w", "w", f"g{number}")]


def test_gates_start_open_by_half_and_move_by_their_rate_without_momentum(context: Make) -> None:
    """Adam without a first moment: the first step is the rate, and a gate without a gradient stands still
    whatever it did before."""
    made = training(context(), replace(RECIPE, gate_rate=0.03))
    assert {alpha for row in made.alphas() for alpha in row} == {0.0}
    found = paired(made)
    seen = [[gate.detach().clone() for gate in made.gates]]
    for number in range(6):
        made._gate_step(number)
        seen.append([gate.detach().clone() for gate in made.gates])
    moved = [abs(value) for gate in seen[1] for value in gate.tolist() if value]
    assert moved
    assert moved == pytest.approx([0.03] * len(moved), rel=1e-3)
    rested = 0
    for drawn, (before, after) in zip(found, pairwise(seen), strict=True):
        for cell, one in enumerate(drawn):
            for place in range(len(ACTIVE[cell])):
                if one.b is None or one.on_a[place] == one.on_b[place]:
                    assert before[cell][place] == after[cell][place]
                    rested += int(bool(before[cell][place] != 0))
    assert rested > 3, "some gate that had moved before rested"


def test_an_op_leaves_before_the_next_step_of_the_weights(context: Make) -> None:
    made = training(context(), replace(RECIPE, prune_below=-2.0))
    with torch.no_grad():
        made.gates[0][1] = -2.5
        made.gates[3][0] = -1.9
    paths = walked(made)
    trained = made.run()
    assert all(9 not in path[0] for path in paths)
    assert trained.pruned[0] == (9,)
    assert trained.pruned[3] == ()


def test_what_the_last_step_of_the_gates_shut_leaves_too(context: Make) -> None:
    recipe = replace(
        RECIPE, gate_every=1, gate_rate=0.2, prune_below=-0.1, schedule=replace(RECIPE.schedule, steps=1)
    )
    trained = training(context(), recipe).run()
    assert any(trained.pruned)
    for cell in N_CELLS:
        assert all(alpha >= -0.1 for alpha in trained.alphas[cell])


def test_a_gradient_is_cut_to_its_largest_norm(context: Make) -> None:
    moved = []
    for norm in (0.0, 1e-4):
        schedule = replace(RECIPE.schedule, gradient_norm=norm, weight_decay=0.0)
        made = training(context(f"to {norm}"), replace(RECIPE, schedule=schedule))
        before = [one.detach().clone() for one in made.weights]
        made.schedule.set_rates(made.optimiser, 3)
        made._weight_step()
        change = [
            (one.detach() - was).flatten() for one, was in zip(made.weights, before, strict=True)
        ]  # fmt: skip
        moved.append(float(torch.cat(change).norm()))
    # Nesterov's first step is 1.9 times the gradient.
    assert moved[1] == pytest.approx(1.9 * 0.2 * 1e-4, rel=0.02)
    assert moved[0] > 100 * moved[1]


def test_the_recipe_s_precision_and_layout_are_kept(context: Make) -> None:
    given = context()
    given.recipe = replace(given.recipe, precision="bf16", memory_format="channels_last")
    made = training(given)
    weight = made.supernet.network.get_submodule("stem.conv").weight
    assert isinstance(weight, Tensor)
    assert all(one.is_contiguous(memory_format=torch.channels_last) for one in made.weights if one.dim() == 4)
    types: list[torch.dtype] = []
    made.supernet.network.get_submodule("tail.classifier").register_forward_hook(
        lambda _, given, out: types.append(out.dtype)
    )
    made._weight_step()
    made._gate_step(0)
    assert types == [torch.bfloat16] * 2
    assert all(one.dtype == torch.float32 for one in (*made.weights, *made.gates))


def test_paths_are_scored_in_the_recipe_s_precision(context: Make) -> None:
    given = context()
    given.recipe = replace(given.recipe, precision="bf16")
    supernet = training(context()).supernet.requires_grad_(False)
    types: list[torch.dtype] = []
    supernet.network.get_submodule("tail.conv").register_forward_hook(
        lambda _, given, out: types.append(out.dtype)
    )
    path = tuple(ops[:1] for ops in ACTIVE)
    score_paths(given, supernet, {0: path}, Calibration(2, 64, 11, None))
    assert len(types) > 2
    assert set(types) == {torch.bfloat16}
