"""JSON text: finite, without duplicate keys, the same for equal values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchengine.core.jsontext import canonical, digest, dumps, loads

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_values)
def test_values_survive_their_text_to_the_last_bit(value: object) -> None:
    text = dumps(value)
    assert dumps(loads(text)) == text
    assert repr(loads(text)) == repr(value)


def test_minus_zero_large_numbers_and_key_order_survive() -> None:
    assert dumps(loads('{"b":-0.0,"a":1e22}')) == '{"b":-0.0,"a":1e+22}'


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", "-Infinity", "1e400", '{"a":1,"a":2}', '{"x":{"b":1,"b":1}}']
)
def test_what_cannot_be_stored_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|key"):
        loads(text)


def test_nan_and_infinity_are_not_written() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"JSON|Out of range"):
            dumps(value)


def test_equal_values_have_one_digest_whatever_their_key_order() -> None:
    assert canonical({"b": 1, "a": [True]}) == canonical({"a": [True], "b": 1})
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    assert len(digest(0)) == 32
