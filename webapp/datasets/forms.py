"""The form that adds optical flow to a data set of clips."""

from __future__ import annotations

from typing import NamedTuple

from django import forms

from webapp.datasets.models import FlowChoice

FLOW_HELP = {
    FlowChoice.AUTO: "Farnebäck up to 64 pixels a side, DIS above.",
    FlowChoice.FARNEBACK: "A smooth field around every pixel; sure on small frames and short moves.",
    FlowChoice.DIS: "Matches patches; follows far moves on large frames, from 12 pixels a side on.",
}


class FlowOption(NamedTuple):
    value: str
    label: str
    help: str
    chosen: bool


class FlowForm(forms.Form):
    method = forms.ChoiceField(label="Method", choices=FlowChoice.choices)

    def options(self) -> list[FlowOption]:
        """Every method with one sentence of help."""
        chosen = self.data.get("method") if self.is_bound else FlowChoice.AUTO
        return [FlowOption(one.value, str(one.label), FLOW_HELP[one], one == chosen) for one in FlowChoice]
