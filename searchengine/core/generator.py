"""A random generator as JSON: part of every search's state, so that a restored search draws what it would
have."""

from __future__ import annotations

import numpy as np

from searchengine.core.errors import StateMismatch
from searchengine.core.jsontext import Json


def first_generator(seed: int) -> np.random.Generator:
    """The generator a search starts with. ``seed`` is at least 0."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))


def job_seed(seed: int, job: int) -> int:
    """The seed of job ``job`` of a run: 63 bits, a function of the two numbers alone."""
    return int(np.random.SeedSequence([seed, job]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def state_of(rng: np.random.Generator) -> Json:
    """The whole state of a PCG64 generator. Its 128-bit words are text, because many JSON readers keep 53
    bits."""
    state = rng.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise StateMismatch(
            f"expected a PCG64 generator, got {state['bit_generator']}; use the one handed in"
        )
    words = state["state"]
    return {
        "kind": "PCG64",
        "state": str(words["state"]),
        "increment": str(words["inc"]),
        "half": [int(state["has_uint32"]), int(state["uinteger"])],
    }


def generator_from(value: Json) -> np.random.Generator:
    """The generator ``state_of`` wrote. Raises ``StateMismatch`` when ``value`` is not one."""
    try:
        if value["kind"] != "PCG64":
            raise ValueError(value["kind"])
        bits = np.random.PCG64()
        bits.state = {
            "bit_generator": "PCG64",
            "state": {"state": int(value["state"]), "inc": int(value["increment"])},
            "has_uint32": int(value["half"][0]),
            "uinteger": int(value["half"][1]),
        }
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise StateMismatch(f"expected the stored state of a PCG64 generator, got {value!r:.80}") from error
    return np.random.Generator(bits)
