"""Parameters of a method: one declaration gives default, range, unit, help and what the paper used.

The launch form, the command line, the API schema and validation all read the same fields.
"""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticUndefined

from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import Json, loads

Group = Literal["evolution", "space", "training", "final", "limits"]


class Params(BaseModel):
    """Base of every method's parameters: frozen, no unknown names, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, values: Json) -> Any:
        """Parameters from outside. Raises ``InvalidParams`` with a sentence a field."""
        try:
            # Through JSON text, strictly: a list may become a tuple and 1 a float, "3" never becomes 3.
            return cls.model_validate_json(json.dumps(values))
        except ValidationError as error:
            raise InvalidParams(_in_words(cls, error)) from None

    def to_json(self) -> Json:
        return self.model_dump(mode="json")


def object_from_text(value: Any) -> Any:
    """For a parameter that is a JSON object: a form hands in text, a program an object; both are read as an
    object. Raises ``ValueError`` in words."""
    if isinstance(value, str):
        try:
            value = loads(value or "{}")
        except ValueError as error:
            raise ValueError(f"expected a JSON object such as {{}}, got {value[:40]!r}: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object such as {{}}, got {str(value)[:40]!r}")
    return value


class KnobView(NamedTuple):
    """One parameter as a form, a command line or a table shows it. ``kind`` is ``integer``, ``number``,
    ``choice``, ``flag``, ``text`` or ``list``; ``low`` and ``high`` are inclusive; ``paper`` is the published
    value in words."""

    name: str
    kind: str
    default: Any
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    unit: str
    help: str
    paper: str
    group: Group


def knob(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    paper: str = "",
    group: Group = "evolution",
) -> Any:
    """A field of a ``Params`` class. ``low`` and ``high`` are inclusive."""
    return Field(
        default=default,
        ge=low,
        le=high,
        description=help,
        json_schema_extra={"unit": unit, "paper": paper, "group": group},
    )


def knobs(params: type[Params]) -> tuple[KnobView, ...]:
    """Every parameter of ``params`` in the order of declaration."""
    return tuple(_view(name, field) for name, field in params.model_fields.items())


def _view(name: str, field: Any) -> KnobView:
    extra = field.json_schema_extra or {}
    bounds = {type(item).__name__: item for item in field.metadata}
    low = bounds["Ge"].ge if "Ge" in bounds else None
    high = bounds["Le"].le if "Le" in bounds else None
    annotation = field.annotation
    choices = (
        tuple(getattr(annotation, "__args__", ()))
        if getattr(annotation, "__origin__", None) is Literal
        else ()
    )
    kind = "choice" if choices else _KINDS.get(annotation, "list" if "tuple" in str(annotation) else "text")
    if kind == "text" and "int" in str(annotation):
        kind = "integer"
    elif kind == "text" and "float" in str(annotation):
        kind = "number"
    default = None if field.default is PydanticUndefined else field.default
    return KnobView(
        name,
        kind,
        default,
        low,
        high,
        choices,
        extra.get("unit", ""),
        field.description or "",
        extra.get("paper", ""),
        extra.get("group", "evolution"),
    )


_KINDS: dict[Any, str] = {int: "integer", float: "number", bool: "flag", str: "text"}


def _in_words(params: type[Params], error: ValidationError) -> dict[str, str]:
    views = {view.name: view for view in knobs(params)}
    fields: dict[str, str] = {}
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else ""
        view = views.get(name)
        came = repr(item.get("input"))[:60]
        if item["type"] == "extra_forbidden":
            known = ", ".join(views)
            fields[name] = f"there is no such parameter; known are {known}"
        elif view is None:
            words = str(item["msg"]).removeprefix("Value error, ")
            # What several parameters get wrong together stands beside the one that the sentence begins with.
            first = words.split(" ", 1)[0].rstrip(":")
            fields[first if first in views else name] = words
        else:
            fields[name] = (
                f"{_expected(view)}, got {came}" if item["type"] != "value_error" else item["msg"][13:]
            )
    return fields


def _expected(view: KnobView) -> str:
    if view.kind == "choice":
        return f"choose one of {', '.join(map(str, view.choices))}"
    what = {"integer": "a whole number", "number": "a number", "flag": "true or false", "list": "a list"}.get(
        view.kind, "a text"
    )
    if view.low is not None and view.high is not None:
        return f"expected {what} from {view.low:g} to {view.high:g}"
    if view.low is not None:
        return f"expected {what} of at least {view.low:g}"
    if view.high is not None:
        return f"expected {what} of at most {view.high:g}"
    return f"expected {what}"
