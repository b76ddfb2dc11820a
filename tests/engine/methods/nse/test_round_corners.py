"""A round where something is amiss: a cell without operations, weights that blow up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from searchengine.core.errors import BadGenome, Stopped
from searchengine.methods.nse.subset import Cells
from searchengine.training.context import Context

from .test_round import ACTIVE, RECIPE, same, training

Make = Callable[..., Context]


def test_a_cell_that_begins_without_an_op_trains_as_the_identity(context: Make) -> None:
    """Its front used none of its ops and nothing waits for it."""
    active: Cells = (*ACTIVE[:5], (), *ACTIVE[6:])
    left_alone = training(context("alone"), active=active).run()
    assert left_alone.active[5] == left_alone.alphas[5] == ()
    asked = 0

    def stops() -> bool:
        nonlocal asked
        asked += 1
        return asked > 9

    with pytest.raises(Stopped):
        training(context("cut", stops=stops), active=active).run()
    same(training(context("cut"), active=active).run(), left_alone)


def test_weights_that_blow_up_between_two_checks_are_the_space_s_fault(context: Make) -> None:
    """Gates that are no numbers would else break the drawing of the next pair."""
    recipe = replace(RECIPE, schedule=replace(RECIPE.schedule, steps=49))
    made = training(context(), recipe)
    made.done = 41  # the next look at the losses is at step 49
    with torch.no_grad():
        made.weights[0].fill_(float("nan"))
    with pytest.raises(BadGenome, match=r"gates were no longer finite by step 42"):
        made.run()
