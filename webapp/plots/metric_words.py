"""The metrics that networks are judged by, in the words and digits of the field."""

from __future__ import annotations

from webapp.plots.scale import percent

SHORT = {"mean_average_precision": "mAP"}
SHARES = ("accuracy", "top_k")
"""Metrics that are a share of samples, said in per cent."""


def metric_name(metric: str) -> str:
    """``mAP`` for the mean average precision; other names as words."""
    return SHORT.get(metric, metric.replace("_", " "))


def metric_value(metric: str, value: float | None, digits: int = 1) -> str:
    """``93.1 %`` for a share of samples, ``0.612`` for any other in [0, 1]; a dash for nothing."""
    if value is None or metric in SHARES:
        return percent(value, digits)
    return f"{value:.{digits + 2}f}"
