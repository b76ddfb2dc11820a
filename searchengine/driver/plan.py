"""What a run is: method, parameters, data, seed, window, budget, recipe. Fixed at launch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from searchengine import catalogue
from searchengine.core.budget import Budget
from searchengine.core.controls import ControlParams
from searchengine.core.errors import DataRefused, InvalidParams, UnknownName
from searchengine.core.jsontext import Json
from searchengine.core.method import Method, Space
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary

_LARGEST_SEED = 2**63 - 1
_LARGEST_WINDOW = 4096


@dataclass(frozen=True)
class Plan:
    """Everything history is a function of, and the recipe all its jobs share.

    ``window`` is W, the most jobs untold at a time; ``params`` are the method's, as JSON, whole;
    ``order`` is ``birth``: results are told in job order whatever order they arrive in.
    """

    method: str
    params: Json
    data: DataSummary
    seed: int
    window: int
    budget: Budget = field(default_factory=Budget)
    recipe: Json = field(default_factory=lambda: {"precision": "float32"})
    order: str = "birth"

    def to_json(self) -> Json:
        return {
            "method": self.method,
            "params": self.params,
            "data": self.data.to_json(),
            "seed": self.seed,
            "window": self.window,
            "budget": self.budget.to_json(),
            "recipe": self.recipe,
            "order": self.order,
        }

    @classmethod
    def from_json(cls, value: Json) -> Plan:
        data, budget = DataSummary.from_json(value["data"]), Budget.from_json(value["budget"])
        return cls(**{**value, "data": data, "budget": budget})


class Parts:
    """A plan checked, with what it names looked up. Raises ``InvalidParams``, ``DataRefused``,
    ``UnknownName``."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.method: Method = catalogue.method(plan.method)
        check_numbers(plan.seed, plan.window, plan.order)
        self.params: Params = self.method.params.parse(plan.params)
        refusal = self.method.accepts.refusal(plan.data)
        if refusal:
            raise DataRefused(refusal)
        self.space: Space | None
        self.evaluator: str
        if isinstance(self.params, ControlParams):
            self.evaluator = self.params.space
            self.space = self._searched_space(self.params)
        else:
            self.evaluator = self.method.slug
            self.space = self.method.space(self.params, plan.data) if self.method.space else None

    def _searched_space(self, params: ControlParams) -> Space:
        try:
            return catalogue.space(params.space, params.space_params, self.plan.data)
        except UnknownName as error:
            raise InvalidParams({"space": str(error)}) from None
        except InvalidParams as error:
            raise InvalidParams({"space_params": str(error)}) from None


def check_numbers(seed: object, window: object, order: str) -> None:
    """Raises ``InvalidParams`` when seed, window or order are out of range."""
    wrong: dict[str, str] = {}
    if not _is_whole(seed, 0, _LARGEST_SEED):
        wrong["seed"] = f"expected a whole number from 0 to {_LARGEST_SEED}, got {seed!r}"
    if not _is_whole(window, 1, _LARGEST_WINDOW):
        wrong["window"] = f"expected a whole number from 1 to {_LARGEST_WINDOW}, got {window!r}"
    if order != "birth":
        wrong["order"] = f"results are told in birth order; choose order 'birth', got {order!r}"
    if wrong:
        raise InvalidParams(wrong)


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def preset_name(method: Method, preset: str | None) -> str:
    """The preset a launch takes: ``demo`` by default, where there is one. Raises ``UnknownName``."""
    name = preset or ("demo" if "demo" in method.presets else next(iter(method.presets)))
    if name not in method.presets:
        raise UnknownName(f"{method.slug} has no preset {name!r}; it has {', '.join(method.presets)}")
    return name


def make_plan(
    method: str,
    data: DataSummary,
    *,
    seed: int,
    preset: str | None = None,
    values: Mapping[str, Any] | None = None,
    window: int | None = None,
    budget: Budget | None = None,
    recipe: Json | None = None,
) -> Plan:
    """The plan of a launch: the preset's values (``demo`` by default, where there is one), ``values`` over
    them. ``recipe`` is float32 by default; ``recipes.recipe_at_launch`` chooses the fastest.

    Raises ``UnknownName``, ``InvalidParams`` and ``DataRefused`` in words.
    """
    found = catalogue.method(method)
    chosen = found.presets[preset_name(found, preset)]
    params = found.params.parse({**chosen.values, **(values or {})})
    plan = Plan(
        method=method,
        params=params.to_json(),
        data=data,
        seed=seed,
        window=chosen.window if window is None else window,
        budget=budget or Budget(),
        recipe=recipe or {"precision": "float32"},
    )
    Parts(plan)
    return plan
