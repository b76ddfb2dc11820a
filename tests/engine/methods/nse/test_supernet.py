"""The supernet against the networks of its paths, and the gradient of its gates by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from searchengine.core.setting import Setting
from searchengine.methods.nse.describe import describe
from searchengine.methods.nse.gates import gate_gradient, log_joint, probability, share
from searchengine.methods.nse.sampling import Pair, pairs, weight_path
from searchengine.methods.nse.skeleton import Skeleton
from searchengine.methods.nse.subset import Cells, first_space
from searchengine.methods.nse.supernet import Supernet, place_of
from searchengine.nets.build import build

from .cases import SMALL

SETTING = Setting({"image": (1, 8, 8)}, 10)
ACTIVE: Cells = ((0, 9), (1, 4), (2,), (3, 7), (7, 12), (), (0, 5))


def supernet(active: Cells = ACTIVE, skeleton: Skeleton = SMALL) -> Supernet:
    torch.manual_seed(3)
    return Supernet(describe(skeleton, active, SETTING), skeleton.cells)


def pair(alphas: list[float], on_a: tuple[bool, ...], on_b: tuple[bool, ...], ops: tuple[int, ...]) -> Pair:
    p = [probability(alpha) for alpha in alphas]
    chosen = [tuple(op for op, on in zip(ops, mask, strict=True) if on) for mask in (on_a, on_b)]
    log_a, log_b = log_joint(p, on_a), log_joint(p, on_b)
    return Pair(chosen[0], chosen[1], on_a, on_b, log_a, log_b, share(log_a, log_b))


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=20, deadline=None)
def test_along_a_path_it_is_that_path_s_own_network(seed: int, excited: bool) -> None:
    """With the weights of the same names: a path's weights are a subset of the supernet's."""
    skeleton = replace(SMALL, excited=excited)
    whole = supernet(skeleton=skeleton).eval()
    path = weight_path(SMALL.cells, ACTIVE, np.random.default_rng(seed))
    own = build(describe(skeleton, path, SETTING)).eval()
    weights = whole.network.state_dict()
    own.load_state_dict({name: weights[name] for name in own.state_dict()}, strict=True)
    x = torch.rand(3, 1, 8, 8)
    torch.testing.assert_close(whole(x, path), own(x), rtol=0, atol=0)


def test_every_active_op_has_a_place_and_its_order_does_not_matter() -> None:
    whole = supernet().eval()
    assert whole.active == ACTIVE
    x = torch.rand(2, 1, 8, 8)
    one, other = ((0, 9), (1,), (), (), (7, 12), (), ()), ((9, 0), (1,), (), (), (12, 7), (), ())
    torch.testing.assert_close(whole(x, one), whole(x, other), rtol=1e-5, atol=1e-6)
    assert place_of("cell3.op12.expand_norm") == (3, 12)
    assert place_of("cell3.mean") == (3, None)
    assert place_of("stem.conv") is place_of("tail.pool") is None


def test_two_paths_give_the_first_in_value_and_the_difference_in_gradient() -> None:
    """One N cell, two ops at alpha 0, a = {1}, b = {}: p_a = 0.5, dp_a/dalpha_1 = 0.24975, dp_a/dalpha_2 =
    0. Against autograd, the algebra in numpy, and finite differences."""
    torch.set_default_dtype(torch.float64)
    try:
        skeleton = Skeleton("N", (4,), 1, 8, False, "small13")
        whole = Supernet(describe(skeleton, ((0, 1),), SETTING), "N").double().eval()
        whole.requires_grad_(False)
        alphas = [torch.zeros(2, dtype=torch.float64, requires_grad=True)]
        chosen = pair([0.0, 0.0], (True, False), (False, False), (0, 1))
        x = torch.rand(2, 1, 8, 8)
        found = whole.gated(x, (chosen,), ((0, 1),), alphas, ((100.0, 30.0),), 7.0)
        torch.testing.assert_close(found.logits, whole(x, ((0,),)))
        assert float(found.cost.detach()) == pytest.approx(7 + 0.5 * 100)
        target = torch.rand(2, 10)

        def loss(logits: Tensor) -> Tensor:
            return ((logits - target) ** 2).sum()

        ce = loss(found.logits)
        (gradient,) = torch.autograd.grad(ce, alphas, retain_graph=True)
        (cost_gradient,) = torch.autograd.grad(found.cost, alphas)
        assert float(gradient[1]) == 0.0
        assert cost_gradient.tolist() == pytest.approx([0.24975 * 100, 0.0])

        # The cell's outputs, and how the loss moves along each: <g, y_a>, <g, y_b>.
        stem = whole._stem
        y_b = x
        for layer in stem:
            y_b = layer.module(y_b)
        y_a = whole._cell(0, y_b, (0,)).detach()
        y_b = y_b.detach()
        y = y_a.clone().requires_grad_(True)
        out = y
        for layer in whole._tail:
            out = layer.module(out)
        (g,) = torch.autograd.grad(loss(out), y)
        along_a, along_b = float((g * y_a).sum()), float((g * y_b).sum())
        assert float(gradient[0]) == pytest.approx(0.24975 * (along_a - along_b), rel=1e-6)
        by_hand = gate_gradient(
            [0.0, 0.0], (True, False), (False, False), along_a=along_a, along_b=along_b,
            cost_a=100.0, cost_b=0.0, penalty_slope=0.0,
        )  # fmt: skip
        assert gradient.tolist() == pytest.approx(by_hand.tolist())

        def mixed(alpha: float) -> float:
            p = [probability(alpha), 0.5]
            p_a = share(log_joint(p, (True, False)), log_joint(p, (False, False)))
            return p_a * along_a + (1 - p_a) * along_b

        step = 1e-5
        assert float(gradient[0]) == pytest.approx((mixed(step) - mixed(-step)) / (2 * step), rel=1e-5)
    finally:
        torch.set_default_dtype(torch.float32)


def test_gates_weight_nothing_and_the_second_path_leaves_no_graph() -> None:
    """Whatever the gates, the value is that of the first path; weights get a gradient through it alone."""
    whole = supernet()
    whole.eval()
    rng = np.random.default_rng(5)
    for alpha in (-1.5, 0.0, 4.0):
        alphas = [torch.full((len(ops),), alpha, requires_grad=True) for ops in ACTIVE]
        gates = [[probability(alpha)] * len(ops) for ops in ACTIVE]
        drawn = pairs(SMALL.cells, ACTIVE, gates, rng)
        path = tuple(one.a for one in drawn)
        costs = tuple(tuple(10.0 for _ in ops) for ops in ACTIVE)
        x = torch.rand(2, 1, 8, 8)
        found = whole.gated(x, drawn, ACTIVE, alphas, costs, 0.0)
        torch.testing.assert_close(found.logits, whole(x, path), rtol=1e-4, atol=1e-5)
        whole.zero_grad()
        found.logits.sum().backward()
        on_path = {name for name, one in whole.network.named_parameters() if _on(name, path)}
        with_gradient = {name for name, one in whole.network.named_parameters() if one.grad is not None}
        assert with_gradient <= on_path
    assert drawn[5].b is None, "a cell without an op carries no gate term"


def _on(name: str, path: Cells) -> bool:
    place = place_of(name)
    return place is None or place[1] in path[place[0]]


def test_it_holds_a_whole_subset_of_a_pool() -> None:
    space = first_space(SMALL.cells, len(SMALL.ops), 4, 4, np.random.default_rng(1))
    whole = supernet(tuple(tuple(sorted(ops)) for ops in space.active))
    assert whole.active == tuple(tuple(sorted(ops)) for ops in space.active)
