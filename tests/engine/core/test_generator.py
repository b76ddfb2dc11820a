"""A generator's state as JSON."""

from __future__ import annotations

import numpy as np
import pytest

from searchengine.core.errors import StateMismatch
from searchengine.core.generator import first_generator, generator_from, job_seed, state_of
from searchengine.core.jsontext import dumps, loads


def test_a_restored_generator_draws_what_the_first_would_have() -> None:
    rng = first_generator(5)
    rng.integers(10, size=7, dtype=np.uint32)  # leaves half a word behind
    restored = generator_from(loads(dumps(state_of(rng))))
    assert state_of(restored) == state_of(rng)
    assert restored.integers(1000, size=50).tolist() == rng.integers(1000, size=50).tolist()
    assert restored.normal(size=5).tolist() == rng.normal(size=5).tolist()


def test_job_seeds_are_63_bit_and_differ_by_run_and_job() -> None:
    seeds = {job_seed(run, job) for run in range(20) for job in range(200)}
    assert len(seeds) == 4000
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert job_seed(3, 4) == job_seed(3, 4)
    assert job_seed(2**63 - 1, 10**6) >= 0


@pytest.mark.parametrize("value", [{}, {"kind": "MT19937"}, {"kind": "PCG64", "state": "x"}, [], None])
def test_what_is_no_stored_generator_is_refused(value: object) -> None:
    with pytest.raises(StateMismatch, match="PCG64"):
        generator_from(value)  # type: ignore[arg-type]


def test_another_kind_of_generator_is_refused() -> None:
    with pytest.raises(StateMismatch, match="use the one handed in"):
        state_of(np.random.Generator(np.random.MT19937(1)))
