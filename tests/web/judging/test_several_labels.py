"""What test said of data with several labels: mean average precision, which has no interval of a share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from searchengine.core.jsontext import dumps, loads
from searchengine.testing import rehearsal
from tests.web.searches.test_steps import drive
from webapp.accounts.models import User
from webapp.judging.models import Judgement, JudgementState
from webapp.judging.pages.judging_page import judging_page
from webapp.searches.models import SearchRun

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def judged(launched: Callable[..., SearchRun]) -> Callable[..., SearchRun]:
    """Makes a finished run that was judged with ``metrics`` on test and ``validation`` where it was
    chosen."""

    def make(labels: str, metrics: dict[str, float], validation: dict[str, float]) -> SearchRun:
        run = launched(evaluations=6, finalists=0)
        drive(run, rehearsal.constant)
        plan = loads(run.plan)
        plan["data"]["labels"] = labels
        outcome = {"kind": "network", "members": [], "metrics": validation}
        SearchRun.objects.filter(pk=run.pk).update(plan=dumps(plan), outcome=dumps(outcome))
        run.refresh_from_db()
        Judgement.objects.create(
            team=run.team,
            run=run,
            fingerprint=plan["data"]["fingerprint"],
            state=JudgementState.DONE,
            look=1,
            metrics=dumps(metrics),
            samples=359,
        )
        return run

    return make


def test_several_labels_have_a_precision_and_no_interval(
    client: Client, researcher: User, judged: Callable[..., SearchRun]
) -> None:
    metric = "mean_average_precision"
    run = judged("multi", {metric: 0.58123, "loss": 0.2}, {metric: 0.61254})
    (row,) = judging_page(run, may_judge=True).rows
    assert (row.value, row.interval, row.validation) == ("0.5812", None, "0.6125")
    client.force_login(researcher)
    page = client.get(f"/runs/{run.pk}/test/").content.decode()
    assert "mAP on test" in page
    assert "359 samples" in page
    assert "95 % interval" not in page
    assert "accuracy" not in page.lower()


def test_one_label_has_an_accuracy_and_its_interval(
    client: Client, researcher: User, judged: Callable[..., SearchRun]
) -> None:
    run = judged("single", {"accuracy": 0.9}, {"accuracy": 0.93})
    (row,) = judging_page(run, may_judge=True).rows
    assert (row.value, row.validation) == ("90.00 %", "93.00 %")
    assert row.interval is not None
    assert row.interval[0] < 0.9 < row.interval[1]
    client.force_login(researcher)
    page = client.get(f"/runs/{run.pk}/test/").content.decode()
    assert "accuracy on test" in page
    assert "95 % interval" in page
