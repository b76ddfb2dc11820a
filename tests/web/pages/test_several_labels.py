"""Data whose samples may have several labels is judged by mean average precision, and every page says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from searchengine.core.jobs import Job, Result, Score
from searchengine.core.jsontext import dumps, loads
from tests.web.searches.test_steps import drive
from webapp.accounts.models import User
from webapp.plots.metric_words import metric_name, metric_value
from webapp.searches.models import SearchRun

pytestmark = pytest.mark.django_db(transaction=True)


def precise(job: Job) -> Result:
    """Networks of several labels, as a training scores them."""
    metrics = {"fitness": 0.6131, "mean_average_precision": 0.6131, "parameters": 12.0, "flops": 24.0}
    return Result(job.number, dict.fromkeys(job.subjects, Score(metrics)))


@pytest.fixture
def run(launched: Callable[..., SearchRun]) -> SearchRun:
    """A finished run as one on data of several labels is written."""
    made = launched(evaluations=8, finalists=0)
    drive(made, precise)
    made.refresh_from_db()
    plan = loads(made.plan)
    plan["data"]["labels"] = "multi"
    SearchRun.objects.filter(pk=made.pk).update(plan=dumps(plan))
    made.refresh_from_db()
    return made


def test_the_run_page_says_map(client: Client, researcher: User, run: SearchRun) -> None:
    client.force_login(researcher)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "mAP 0.613" in page
    assert "accuracy" not in page.lower()
    live = client.get(f"/runs/{run.pk}/live/?after=-1&birth=2").json()
    assert "mAP 0.613" in live["parts"]["selected"]


def test_the_genome_page_says_it_in_digits(client: Client, researcher: User, run: SearchRun) -> None:
    client.force_login(researcher)
    page = client.get(f"/runs/{run.pk}/genomes/0/").content.decode()
    assert "mean average precision</dt><dd>0.6131" in page
    assert "accuracy" not in page.lower()


def test_the_shared_panels_stand_over_the_precision(client: Client, researcher: User, run: SearchRun) -> None:
    client.force_login(researcher)
    assert "Mean average precision and parameters" in client.get(f"/runs/{run.pk}/analysis/").content.decode()
    figure = client.get(f"/runs/{run.pk}/panels/").json()["panels"]["accuracy-parameters"]
    assert figure["data"][0]["y"][0] == 0.6131
    assert "tickformat" not in figure["layout"]["yaxis"]


@pytest.mark.parametrize(
    ("metric", "value", "digits", "said"),
    [
        ("accuracy", 0.9312, 1, "93.1 %"),
        ("top_k", 1.0, 2, "100.00 %"),
        ("mean_average_precision", 0.61254, 1, "0.613"),
        ("mean_average_precision", 0.61254, 2, "0.6125"),
        ("accuracy", None, 1, "–"),
        ("mean_average_precision", None, 2, "–"),
    ],
)
def test_metrics_are_said_in_the_field_s_digits(
    metric: str, value: float | None, digits: int, said: str
) -> None:
    assert metric_value(metric, value, digits) == said


def test_names_of_metrics_are_short_where_the_field_has_a_short_one() -> None:
    assert [metric_name(one) for one in ("accuracy", "mean_average_precision", "top_k")] == [
        "accuracy",
        "mAP",
        "top k",
    ]
