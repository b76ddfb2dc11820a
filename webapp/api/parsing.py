"""Reading JSON from outside: bounded, finite, no key twice, nothing that a row cannot hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

from searchengine.core.jsontext import JsonValue, loads

LARGEST_BODY = 1 << 20
DEEPEST = 64


class TooLarge(APIException):
    status_code = 413
    default_detail = f"a request holds at most {LARGEST_BODY} bytes"
    default_code = "too_large"


class StrictJsonParser(BaseParser):
    """Refuses NaN, infinities, duplicate keys, depths and signs that no text column holds."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> JsonValue:
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise TooLarge
        try:
            value = loads(body.decode("utf-8"))
            _check(value)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"expected JSON: {str(error)[:200]}") from None
        return value


def _check(value: JsonValue, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise ValueError(f"nested deeper than {DEEPEST}")
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise ValueError("a text holds a NUL or half a surrogate pair")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("a whole number does not fit 64 bits")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check(key, depth + 1)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
