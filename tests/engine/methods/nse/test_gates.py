"""Numbers of the gates: probabilities, the two-path estimator, the penalty, pruning."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchengine.methods.nse.gates import (
    expected_cost,
    gate_gradient,
    joint,
    log_joint,
    penalty,
    penalty_slope,
    probabilities,
    probability,
    share,
    share_slope,
    slope,
    to_prune,
)

ALPHAS = st.floats(-6, 6)
STEP = 1e-5


def test_gate_probabilities():
    assert probability(0.0) == 0.5
    assert probability(-2.0) == pytest.approx(0.119584, abs=5e-7)
    assert (probability(-1e4), probability(1e4)) == pytest.approx((0.0005, 0.9995), abs=1e-15)
    assert probabilities([[0.0, -2.0], []]) == ((0.5, probability(-2.0)), ())


@given(alpha=st.floats(-30, 30))
def test_the_slope_of_a_gate_is_its_derivative(alpha):
    numeric = (probability(alpha + STEP) - probability(alpha - STEP)) / (2 * STEP)
    assert slope(alpha) == pytest.approx(numeric, abs=1e-9)
    assert slope(0.0) == pytest.approx(0.24975, abs=1e-15)


def test_penalty_of_the_published_targets():
    assert penalty(320, 300, 1e-5) == pytest.approx(0.004)
    assert penalty(400, 300, 1e-5) == pytest.approx(0.1)
    assert penalty(72, 66, 2e-4) == pytest.approx(0.0072)
    assert penalty(280, 300, 1e-5) == pytest.approx(0.004), "too cheap is as wrong as too dear"
    assert penalty_slope(320, 300, 1e-5) == pytest.approx(4e-4)
    assert penalty_slope(280, 300, 1e-5) == pytest.approx(-4e-4)


# --- two paths -------------------------------------------------------------------------------------


def test_four_subsets_of_two_ops_are_equally_likely_at_first():
    for on in [(False, False), (True, False), (False, True), (True, True)]:
        assert joint((0.5, 0.5), on) == pytest.approx(0.25)


def test_the_share_of_one_op_against_none_is_its_gate():
    alphas, a, b = (0.0, 0.0), (True, False), (False, False)
    gates = [probability(alpha) for alpha in alphas]
    assert share(log_joint(gates, a), log_joint(gates, b)) == pytest.approx(0.5)
    assert share_slope(alphas, a, b) == pytest.approx([0.24975, 0.0], abs=1e-15)
    alphas = (1.3, -0.4)
    gates = [probability(alpha) for alpha in alphas]
    assert share(log_joint(gates, a), log_joint(gates, b)) == pytest.approx(gates[0])
    assert share_slope(alphas, a, b) == pytest.approx([slope(1.3), 0.0])


def test_shares_survive_a_pool_whose_joint_probability_underflows():
    gates = [0.0005] * 200
    assert joint(gates, [True] * 200) == 0.0
    a, b = [True] * 200, [True] * 199 + [False]
    assert share(log_joint(gates, a), log_joint(gates, b)) == pytest.approx(0.0005)


@given(logs=st.tuples(st.floats(-900, 0), st.floats(-900, 0)))
def test_both_shares_add_up_to_one(logs):
    assert share(*logs) + share(*reversed(logs)) == pytest.approx(1)


@st.composite
def two_paths(draw):
    ops = draw(st.integers(1, 7))
    masks = st.lists(st.booleans(), min_size=ops, max_size=ops).map(tuple)
    alphas = draw(st.lists(ALPHAS, min_size=ops, max_size=ops))
    a, b = draw(masks), draw(masks)
    if a == b:
        b = (not b[0], *b[1:])
    return alphas, a, b


def _share(alphas, a, b):
    gates = [probability(alpha) for alpha in alphas]
    q_a, q_b = (math.prod(p if g else 1 - p for p, g in zip(gates, on, strict=True)) for on in (a, b))
    return q_a / (q_a + q_b)


@given(paths=two_paths(), seed=st.integers(0, 1000))
def test_the_gradient_is_that_of_the_expected_loss_of_both_paths(paths, seed):
    """Central differences of p_a <g, y_a> + p_b <g, y_b> + w (E - target)^2, E = rest + p_a c_a + p_b c_b and
    g fixed."""
    alphas, a, b = paths
    rng = np.random.default_rng(seed)
    g, y_a, y_b = rng.normal(size=(3, 8))
    c_a, c_b, rest, target, weight = 40.0, 25.0, 90.0, 120.0, 1e-3

    def loss(values):
        p_a = _share(values, a, b)
        cost = expected_cost([(p_a, c_a, c_b)], rest)
        return p_a * (g @ y_a) + (1 - p_a) * (g @ y_b) + penalty(cost, target, weight)

    cost = expected_cost([(_share(alphas, a, b), c_a, c_b)], rest)
    found = gate_gradient(
        alphas,
        a,
        b,
        along_a=float(g @ y_a),
        along_b=float(g @ y_b),
        cost_a=c_a,
        cost_b=c_b,
        penalty_slope=penalty_slope(cost, target, weight),
    )
    for place in range(len(alphas)):
        up, down = list(alphas), list(alphas)
        up[place] += STEP
        down[place] -= STEP
        assert found[place] == pytest.approx((loss(up) - loss(down)) / (2 * STEP), abs=1e-6)
        if a[place] == b[place]:
            assert found[place] == 0


def test_equal_outputs_of_equal_cost_teach_a_gate_nothing():
    """No gate weights an output: a gate hears only of the difference between the two paths."""
    found = gate_gradient((0.3, -1.0), (True, False), (False, True), along_a=2.5, along_b=2.5)
    assert found.tolist() == [0.0, 0.0]


def test_expected_cost_of_a_path():
    assert expected_cost([], 7.0) == 7.0
    assert expected_cost([(0.25, 100.0, 20.0), (1.0, 30.0, 0.0)], 7.0) == 7 + 25 + 15 + 30


# --- pruning ---------------------------------------------------------------------------------------


def test_only_ops_below_the_threshold_go_and_the_lowest_first():
    assert to_prune("N", (7, 2, 9), (-2.5, -2.0, -3.0), -2.0) == (9, 7)
    assert to_prune("N", (7, 2, 9), (-2.5, -9.0, -3.0), None) == ()
    assert to_prune("N", (7, 2), (-4.0, -4.0), -2.0) == (7, 2), "a cell that keeps its shape may vanish"
    assert to_prune("N", (), (), -2.0) == ()


def test_a_locked_op_stays():
    assert to_prune("N", (7, 2, 9), (-9.0, -5.0, -3.0), -2.0, locked=(7,)) == (2, 9)


@pytest.mark.parametrize("kind", ["R", "E"])
def test_a_cell_that_changes_shape_is_never_emptied_even_when_all_fall_together(kind):
    assert to_prune(kind, (4, 5, 6), (-3.0, -5.0, -4.0), -2.0) == (5,)
    assert to_prune(kind, (4, 5), (-3.0, -5.0), -2.0) == ()
    assert to_prune(kind, (4,), (-5.0,), -2.0) == ()
    assert to_prune(kind, (4, 5, 6, 7), (-3.0, -5.0, -4.0, 2.0), -2.0) == (5, 6)


@given(
    kind=st.sampled_from("NRE"),
    alphas=st.lists(ALPHAS, min_size=1, max_size=7),
    threshold=st.floats(-10, 0),
    data=st.data(),
)
def test_pruning_never_empties_a_shape_change_and_never_takes_a_locked_op(kind, alphas, threshold, data):
    active = tuple(data.draw(st.permutations(range(20)))[: len(alphas)])
    locked = data.draw(st.sets(st.sampled_from(active)))
    gone = to_prune(kind, active, alphas, threshold, locked)
    alpha = dict(zip(active, alphas, strict=True))
    assert len(set(gone)) == len(gone)
    assert set(gone) <= set(active) - locked
    assert all(alpha[op] < threshold for op in gone)
    assert [alpha[op] for op in gone] == sorted(alpha[op] for op in gone)
    left = set(active) - set(gone)
    if kind != "N":
        assert left
    weak = {op for op in left - locked if alpha[op] < threshold}
    assert not weak or (kind != "N" and len(left) <= 2), "what is weak goes as far as it may"
    assert not gone or all(alpha[op] >= alpha[gone[-1]] for op in weak)
