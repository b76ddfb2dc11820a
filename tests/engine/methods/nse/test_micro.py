"""Where memory does not hold a batch, a round and its scoring go on with parts of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log

from torch import Tensor, nn

from searchengine.methods.nse.scoring import Calibration, score_paths
from searchengine.methods.nse.supernet import Supernet
from searchengine.training.context import Context
from searchengine.training.micro import most_at_once

from .test_round import ACTIVE, RECIPE, training

Make = Callable[..., Context]


def test_the_recipe_and_memory_that_ran_out_say_how_many_go_at_once(context: Make) -> None:
    usual, halved, small = context(), context(), context()
    halved.micro_batch_divisor = 2
    small.recipe = replace(small.recipe, micro_batch=10)
    assert [most_at_once(one, 33) for one in (usual, halved, small)] == [33, 17, 10]


def seen(supernet: Supernet) -> list[int]:
    """Samples of every pass through the stem, as they go by."""
    sizes: list[int] = []

    def look(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        sizes.append(len(given[0]))

    supernet.network.get_submodule("stem.conv").register_forward_pre_hook(look)
    return sizes


def test_after_memory_ran_out_weights_and_gates_learn_from_half_batches(context: Make) -> None:
    halved = context("halved")
    halved.micro_batch_divisor = 2
    made = training(halved)
    sizes = seen(made.supernet)
    made._weight_step()
    assert sizes == [16, 16]
    made._gate_step(0)
    assert sizes == [16] * 4, "the stem runs once a pass, for both paths"
    # Means over the batch, not sums over its parts.
    for loss in (made.losses[0], made.gate_losses[0]):
        assert 0.5 * log(10) < float(loss) < 1.6 * log(10)
    assert any(bool((gate != 0).any()) for gate in made.gates)


def test_after_memory_ran_out_paths_are_calibrated_on_half_batches(context: Make) -> None:
    halved = context("halved")
    halved.micro_batch_divisor = 2
    supernet = training(context()).supernet.requires_grad_(False)
    sizes = seen(supernet)
    path = tuple(ops[:1] for ops in ACTIVE)
    score_paths(halved, supernet, {0: path}, Calibration(3, 64, 11, None))
    assert sizes[:6] == [32] * 6
    assert sum(sizes[6:]) == len(halved.data.validation.y)


def test_the_recipe_s_own_limit_is_kept(context: Make) -> None:
    small = context()
    small.recipe = replace(small.recipe, micro_batch=12)
    made = training(small, RECIPE)
    sizes = seen(made.supernet)
    made._weight_step()
    assert sizes == [10, 11, 11]
