"""The launch form, made from what a method's ``spec.py`` declares."""

from __future__ import annotations

import json
import uuid
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField

from searchengine import catalogue
from searchengine.core.errors import EngineError, InvalidParams
from searchengine.core.jsontext import Json
from searchengine.core.method import Method, Preset
from searchengine.core.params import KnobView, knobs
from searchengine.driver.control import control_title
from webapp.datasets.models import Dataset
from webapp.searches.services.launch import Launch

KNOB = "param-"
SERVICE_NAMES = {"dataset_id": "dataset", "budget_seconds": "budget_minutes", "key": "launch_key"}
"""Fields of the launch service that stand under another name here."""

GROUPS = {
    "evolution": "How it evolves",
    "space": "What it searches",
    "training": "How a network is trained",
    "final": "The last phase",
    "limits": "Limits",
}


class KnobRow(NamedTuple):
    """A knob beside its field; ``says`` is range, unit and the paper's value in words."""

    view: KnobView
    field: BoundField
    says: str


class KnobGroup(NamedTuple):
    title: str
    rows: list[KnobRow]
    touched: bool


LONGEST_VALUE = 4000
LONGEST_TEXT = 40_000
"""Letters of a parameter; one that is text may hold a JSON object, such as a table that was measured."""


class LaunchForm(forms.Form):
    """Data set, preset, budget; every knob of the method, empty where the preset's value holds.

    ``datasets`` are those the method accepts.
    """

    dataset = forms.ChoiceField(label="Data set")
    preset = forms.ChoiceField(label="Preset", widget=forms.RadioSelect)
    name = forms.CharField(
        label="Name", required=False, max_length=160, help_text="Empty: method and data set."
    )
    budget_minutes = forms.FloatField(
        label="Minutes at most",
        required=False,
        min_value=0.1,
        max_value=1e6,
        help_text="The search closes then and keeps what it found. Empty: the preset's own end.",
    )
    budget_evaluations = forms.IntegerField(
        label="Evaluations at most",
        required=False,
        min_value=1,
        max_value=10**9,
        help_text="Candidates before it closes, known ones too. Empty: the preset's own number.",
    )
    with_control = forms.BooleanField(label="Launch a control of equal cost beside it", required=False)
    seed = forms.IntegerField(
        label="Seed", min_value=0, max_value=2**31 - 1, help_text="The same seed gives the same search again."
    )
    window = forms.IntegerField(
        label="Window",
        required=False,
        min_value=1,
        max_value=4096,
        help_text="Networks in flight at most. It belongs to the search: another window, another history.",
    )
    launch_key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self, method: Method, datasets: list[Dataset], data: Any = None, initial: Json | None = None
    ) -> None:
        self.method = method
        self.datasets = {dataset.slug: dataset for dataset in datasets}
        self.views = knobs(method.params)
        start = {
            "preset": next(iter(method.presets)),
            "dataset": method.demo_data
            if method.demo_data in self.datasets
            else next(iter(self.datasets), ""),
            "seed": 1,
            "with_control": method.control is not None,
            "launch_key": uuid.uuid4().hex,
            **(initial or {}),
        }
        super().__init__(data, initial=start)
        self.fields["dataset"].choices = [(one.slug, one.title) for one in datasets]  # type: ignore[attr-defined]
        self.fields["preset"].choices = [  # type: ignore[attr-defined]
            (slug, preset.title) for slug, preset in method.presets.items()
        ]
        if method.control is None:
            del self.fields["with_control"]
        else:
            self.fields[
                "with_control"
            ].label = f"Launch a control of equal cost beside it: {control_title(method.slug)}"
        for view in self.views:
            self.fields[KNOB + view.name] = _knob_field(view, method)
        self._say_preset_values()
        self._tie_help_and_errors()

    @property
    def chosen_preset(self) -> Preset:
        """The preset chosen so far, the first where none is."""
        slug = self.data.get("preset") if self.is_bound else self.initial.get("preset")
        return self.method.presets.get(str(slug), next(iter(self.method.presets.values())))

    @property
    def chosen_dataset(self) -> Dataset | None:
        slug = self.data.get("dataset") if self.is_bound else self.initial.get("dataset")
        return self.datasets.get(str(slug), next(iter(self.datasets.values()), None))

    def preset_values(self, preset: Preset) -> dict[str, Any]:
        """Every knob's value under a preset."""
        return {view.name: preset.values.get(view.name, view.default) for view in self.views}

    def overrides(self) -> Json:
        """Knobs a person filled in, in the types the method takes; text stays where it is no such thing, so
        that the method's own check can say what it expected."""
        found: Json = {}
        for view in self.views:
            text = str(self.data.get(KNOB + view.name, "")).strip()
            if text:
                found[view.name] = _typed(view, text)
        return found

    def params(self) -> Any:
        """The method's parameters as filled in. Raises ``InvalidParams``."""
        return self.method.params.parse({**self.chosen_preset.values, **self.overrides()})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            self.params()
        except InvalidParams as error:
            for name, text in error.fields.items():
                field = KNOB + name if KNOB + name in self.fields else None
                self.add_error(field, text[:1].upper() + text[1:] + ".")
        except EngineError as error:
            self.add_error(None, str(error))
        return cleaned

    def add_refusal(self, error: InvalidParams) -> None:
        """Puts a refusal of the launch itself beside the fields it belongs to."""
        for name, text in error.fields.items():
            name = SERVICE_NAMES.get(name, name)
            field = next((one for one in (KNOB + name, name) if one in self.fields), None)
            self.add_error(field, text[:1].upper() + text[1:] + ".")

    def wanted(self) -> Launch:
        """What to launch; the form must be valid."""
        cleaned = self.cleaned_data
        minutes = cleaned["budget_minutes"]
        return Launch(
            method=self.method.slug,
            dataset_id=self.datasets[cleaned["dataset"]].pk,
            preset=cleaned["preset"],
            values=self.overrides(),
            name=cleaned["name"].strip(),
            seed=cleaned["seed"],
            window=cleaned["window"],
            budget_evaluations=cleaned["budget_evaluations"],
            budget_seconds=None if minutes is None else minutes * 60,
            control=bool(cleaned.get("with_control")),
            key=cleaned["launch_key"],
        )

    def groups(self) -> list[KnobGroup]:
        """The knobs in groups, in the order of declaration."""
        rows: dict[str, list[KnobRow]] = {}
        for view in self.views:
            rows.setdefault(view.group, []).append(KnobRow(view, self[KNOB + view.name], _says(view)))
        return [
            KnobGroup(
                GROUPS.get(group, group), found, any(row.field.errors or row.field.value() for row in found)
            )
            for group, found in rows.items()
        ]

    def _say_preset_values(self) -> None:
        preset = self.chosen_preset
        self.fields["window"].widget.attrs["placeholder"] = str(preset.window)
        for name, value in self.preset_values(preset).items():
            widget = self.fields[KNOB + name].widget
            widget.attrs["data-presets"] = json.dumps(
                {slug: _said(self.preset_values(one)[name]) for slug, one in self.method.presets.items()}
            )
            if isinstance(widget, forms.Select):
                widget.choices = [("", f"{_said(value)} (preset)"), *list(widget.choices)[1:]]
            else:
                widget.attrs["placeholder"] = _said(value)

    def _tie_help_and_errors(self) -> None:
        for name in self.errors if self.is_bound else ():
            if name in self.fields:
                self.fields[name].widget.attrs["autofocus"] = name == next(iter(self.errors))


def _knob_field(view: KnobView, method: Method) -> forms.Field:
    label = view.name.replace("_", " ").capitalize()
    choices = [(str(choice), str(choice).replace("_", " ")) for choice in view.choices]
    if view.kind == "flag":
        choices = [("true", "yes"), ("false", "no")]
    if method.is_control and view.name == "space":
        choices = [(slug, found.title) for slug, found in catalogue.spaces().items()]
    if choices:
        return forms.CharField(
            label=label,
            required=False,
            help_text=view.help,
            widget=forms.Select(choices=[("", ""), *choices]),
        )
    numeric = view.kind in ("integer", "number")
    attrs = {"inputmode": "numeric" if view.kind == "integer" else "decimal"} if numeric else {}
    field = forms.CharField(
        label=label,
        required=False,
        help_text=view.help,
        max_length=LONGEST_TEXT if view.kind == "text" else LONGEST_VALUE,
        widget=forms.TextInput(attrs=attrs),
    )
    field.unit = view.unit  # type: ignore[attr-defined]
    return field


def _typed(view: KnobView, text: str) -> Any:
    if view.kind == "flag":
        return {"true": True, "false": False}.get(text, text)
    if view.kind == "choice":
        return next((choice for choice in view.choices if str(choice) == text), text)
    if view.kind == "text":
        return _json_or_text(text) if text.startswith("{") else text
    if view.kind == "list":
        found = _json_or_text(text if text.startswith("[") else f"[{text}]")
        return found if isinstance(found, list) else [part.strip() for part in text.split(",")]
    found = _json_or_text(text)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else text


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if value is None:
        return "not set"
    return json.dumps(value) if isinstance(value, dict) else str(value).replace("_", " ")


def _says(view: KnobView) -> str:
    words = []
    if view.low is not None and view.high is not None:
        words.append(f"{view.low:g} to {view.high:g}")
    elif view.low is not None:
        words.append(f"at least {view.low:g}")
    elif view.high is not None:
        words.append(f"at most {view.high:g}")
    if view.default is not None and view.default != "":
        words.append(f"default {_said(view.default)}")
    if view.paper:
        words.append(f"paper: {view.paper}")
    return " · ".join(words)
