"""Draws of paths and pairs: their distributions, and the cells that must never be empty."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.methods.nse import sampling
from searchengine.methods.nse.gates import joint, probability
from searchengine.methods.nse.sampling import gated_path, log10_paths, masks, pairs, subsets, weight_path

FULL = "NRNNNRNNNRNNNENNNRNNNE"
DRAWS = 20_000
MODES = pytest.mark.parametrize("mode", ["multi", "single"])


@st.composite
def supernets(draw):
    """Cells, active ops and gates, some of the gates nearly shut or nearly certain."""
    cells = draw(st.text("NRE", min_size=1, max_size=5))
    active, gates = [], []
    for kind in cells:
        count = draw(st.integers(0 if kind == "N" else 1, 7))
        active.append(tuple(draw(st.permutations(range(20)))[:count]))
        alphas = draw(
            st.lists(st.sampled_from([-30.0, -2.0, 0.0, 1.5, 30.0]), min_size=count, max_size=count)
        )
        gates.append([probability(alpha) for alpha in alphas])
    return cells, tuple(active), gates


def _legal(cells, active, path, mode):
    for kind, ops, chosen in zip(cells, active, path, strict=True):
        assert list(chosen) == sorted(set(chosen))
        assert set(chosen) <= set(ops)
        assert kind == "N" or chosen, "an R or E cell is never empty"
        assert mode == "multi" or len(chosen) <= 1


@MODES
@settings(max_examples=60, deadline=None)
@given(net=supernets(), seed=st.integers(0, 10**6))
def test_every_path_drawn_is_legal(net, seed, mode):
    cells, active, gates = net
    rng = np.random.default_rng(seed)
    for _ in range(3):
        _legal(cells, active, weight_path(cells, active, rng, mode=mode), mode)
        _legal(cells, active, gated_path(cells, active, gates, rng, mode=mode), mode)
        for kind, ops, pair in zip(cells, active, pairs(cells, active, gates, rng, mode=mode), strict=True):
            _legal(kind, (ops,), (pair.a,), mode)
            has_term = len(ops) > (kind != "N")
            assert (pair.b is not None) == has_term
            if has_term:
                assert pair.b != pair.a
                _legal(kind, (ops,), (pair.b,), mode)
            else:
                assert pair.a == ops
                assert pair.share == 1.0


def test_a_seed_draws_the_same_again():
    active, gates = ((3, 1, 2), (0, 4)), [[0.2, 0.5, 0.7], [0.5, 0.9]]
    one, two = np.random.default_rng(9), np.random.default_rng(9)
    for _ in range(20):
        assert weight_path("NR", active, one) == weight_path("NR", active, two)
        assert pairs("NR", active, gates, one) == pairs("NR", active, gates, two)


# --- how many paths a supernet spans ---------------------------------------------------------------


def test_number_of_paths_of_the_published_spaces():
    assert FULL.count("N") == 16
    assert log10_paths(FULL, [5] * 22) == pytest.approx(33.03, abs=5e-3)
    assert log10_paths(FULL, [27] * 22) == pytest.approx(178.81, abs=5e-3)
    assert log10_paths(FULL, [72] * 22) == pytest.approx(476.83, abs=5e-3)
    assert 10 ** log10_paths("NR", [3, 3]) == pytest.approx(8 * 7)
    assert 10 ** log10_paths("NR", [3, 3], "single") == pytest.approx(4 * 3)


@MODES
def test_the_table_of_subsets_holds_each_legal_one_once(mode):
    for kind in "NRE":
        table = subsets(kind, 4, mode)
        assert len(set(table)) == len(table) == round(10 ** log10_paths(kind, [4], mode))
        assert ((False,) * 4 in table) == (kind == "N")
        assert mode == "multi" or all(sum(on) <= 1 for on in table)


# --- distributions ---------------------------------------------------------------------------------


def _within(counts, expected, sigmas=4.5):
    """Every count lies within ``sigmas`` of a multinomial with these probabilities, and nothing else came."""
    total = sum(counts.values())
    assert set(counts) <= set(expected)
    assert sum(expected.values()) == pytest.approx(1)
    for key, q in expected.items():
        assert abs(counts[key] - total * q) <= sigmas * np.sqrt(total * q * (1 - q)) + 1e-9, (key, q)


def _subset_probabilities(kind, gates, mode="multi"):
    table = {
        tuple(op for op, g in enumerate(on) if g): joint(gates, on) for on in subsets(kind, len(gates), mode)
    }
    total = sum(table.values())
    return {ops: q / total for ops, q in table.items()}


@pytest.mark.parametrize(("kind", "mean", "variance"), [("N", 2.5, 1.25), ("R", 2.5806, 1.0825)])
def test_branches_of_a_cell_with_five_ops(kind, mean, variance):
    rng = np.random.default_rng(12)
    by_weights = [weight_path(kind, ((4, 0, 3, 1, 2),), rng)[0] for _ in range(DRAWS)]
    by_gates = masks(kind, [[0.5] * 5], DRAWS, rng)[0].sum(axis=1)
    for branches in ([len(ops) for ops in by_weights], by_gates):
        assert np.mean(branches) == pytest.approx(mean, abs=4 * np.sqrt(variance / DRAWS))
    _within(Counter(by_weights), _subset_probabilities(kind, [0.5] * 5))


def test_no_gate_steers_the_paths_for_the_weights():
    """Every active op is on half the time whatever its gate became, so a newcomer trains as much as an early
    winner."""
    rng = np.random.default_rng(3)
    paths = [weight_path("NN", ((7, 8, 9), (1,)), rng)[0] for _ in range(DRAWS)]
    for op in (7, 8, 9):
        assert sum(op in ops for ops in paths) == pytest.approx(DRAWS / 2, abs=4 * np.sqrt(DRAWS / 4))


@MODES
@pytest.mark.parametrize("kind", ["N", "R"])
@pytest.mark.parametrize("gates", [[0.5, 0.5, 0.5], [0.1196, 0.9, 0.4], [0.0005, 0.0005, 0.001]])
def test_paths_by_gates_follow_the_joint_probability(kind, gates, mode):
    drawn = masks(kind, [gates], DRAWS, np.random.default_rng(5), mode=mode)[0]
    counts = Counter(tuple(np.flatnonzero(row).tolist()) for row in drawn)
    _within(counts, _subset_probabilities(kind, gates, mode))


@pytest.mark.parametrize("kind", ["N", "E"])
def test_single_branch_is_uniform_over_ops_and_skip(kind):
    rng = np.random.default_rng(6)
    counts = Counter(weight_path(kind, ((4, 2, 9),), rng, mode="single")[0] for _ in range(DRAWS))
    expected = [(4,), (2,), (9,), *([()] if kind == "N" else [])]
    _within(counts, dict.fromkeys(expected, 1 / len(expected)))


@MODES
@pytest.mark.parametrize("table", [5, 0], ids=["table", "rejection"])
@pytest.mark.parametrize("kind", ["N", "R"])
def test_pairs_are_drawn_by_joint_probability_without_replacement(kind, table, mode, monkeypatch):
    """Both ways give P(a, b) = q_a q_b / (1 - q_a)."""
    monkeypatch.setattr(sampling, "TABLE", table)
    rng, gates = np.random.default_rng(7), [0.3, 0.5, 0.8]
    q = _subset_probabilities(kind, gates, mode)
    found = [pairs(kind, ((0, 1, 2),), [gates], rng, mode=mode)[0] for _ in range(DRAWS // 2)]
    expected = {(a, b): q[a] * q[b] / (1 - q[a]) for a in q for b in q if a != b}
    _within(Counter((pair.a, pair.b) for pair in found), expected)
    for pair in found[:50]:
        assert pair.share == pytest.approx(q[pair.a] / (q[pair.a] + q[pair.b]))
        assert pair.on_a == tuple(op in pair.a for op in (0, 1, 2))
        assert pair.on_b == tuple(op in pair.b for op in (0, 1, 2))


def test_above_five_ops_no_table_is_made(monkeypatch):
    def refuse(*args):
        raise AssertionError("2^27 subsets were about to be enumerated")

    monkeypatch.setattr(sampling, "subsets", refuse)
    rng = np.random.default_rng(8)
    (pair,) = pairs("N", (tuple(range(27)),), [[0.5] * 27], rng)
    assert pair.a != pair.b
    (pair,) = pairs("R", (tuple(range(6)),), [[0.9995] * 6], rng)
    assert pair.a != pair.b


def test_ops_stand_by_id_whatever_their_place_in_active():
    """Gates are in the order of active, paths in the order of ids."""
    rng = np.random.default_rng(1)
    paths = [gated_path("N", ((9, 2, 5),), [[0.9995, 0.0005, 0.9995]], rng)[0] for _ in range(200)]
    assert Counter(paths).most_common(1)[0][0] == (5, 9)


# --- refusals --------------------------------------------------------------------------------------


def test_an_empty_cell_that_changes_shape_is_refused_and_not_drawn_for_ever():
    rng = np.random.default_rng(0)
    for draw in (
        lambda: weight_path("NR", ((1,), ()), rng),
        lambda: weight_path("NE", ((1,), ()), rng, mode="single"),
        lambda: gated_path("NR", ((1,), ()), [[0.5], []], rng),
        lambda: pairs("NR", ((1,), ()), [[0.5], []], rng),
    ):
        with pytest.raises(ValueError, match=r"cell 1 \([RE]\) changes shape"):
            draw()


@pytest.mark.parametrize("gate", [0.0, 1.0, 0.0004, float("nan")])
def test_a_gate_that_makes_an_op_certain_or_impossible_is_refused(gate):
    with pytest.raises(ValueError, match="gate probabilities from"):
        masks("N", [[0.5, gate]], 1, np.random.default_rng(0))
