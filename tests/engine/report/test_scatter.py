from __future__ import annotations

import pytest

from searchengine.report.history import BirthRow, RunHistory, ScoreRow, history
from searchengine.report.panels.scatter import accuracy_cost


def run(plan_labels: str = "", **metrics: float) -> RunHistory:
    """One birth with those metrics, none without any."""
    scores = [ScoreRow(0, 0, 0, 0.5, metrics)] if metrics else []
    plan = {"data": {"labels": plan_labels}} if plan_labels else {}
    return history(births=[BirthRow(0, parameters=100, flops=200)], scores=scores, plan=plan)


@pytest.mark.parametrize(
    ("told", "metric"),
    [
        (run(accuracy=0.9, loss=0.1), "accuracy"),
        (run(mean_average_precision=0.6, loss=0.1), "mean average precision"),
        (run("multi"), "mean average precision"),
        (run("single"), "accuracy"),
        (run(), "accuracy"),
        (run("multi", accuracy=0.9), "accuracy"),
        (run("multi", loss=0.1), "mean average precision"),
    ],
)
def test_births_stand_by_the_metric_that_the_scores_have(told: RunHistory, metric: str) -> None:
    panel = accuracy_cost("parameters")(told)
    assert panel.slug == "accuracy-parameters"
    assert panel.y.title == metric
    assert panel.title == f"{metric.capitalize()} and parameters"
    assert metric.removesuffix(" precision") in panel.help


def test_several_labels_are_drawn_by_their_precision() -> None:
    panel = accuracy_cost("flops")(run(mean_average_precision=0.6))
    assert panel.series[0].y == (0.6,)
    assert panel.empty == ""


def test_a_named_metric_stays_the_one_named() -> None:
    panel = accuracy_cost("flops", "loss")(run(accuracy=0.9, loss=0.1))
    assert (panel.slug, panel.y.title, panel.series[0].y) == ("loss-flops", "loss", (0.1,))
