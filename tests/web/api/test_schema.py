"""What the schema promises is what comes: generated requests never meet an error of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings

from webapp.accounts.models import User
from webapp.accounts.services.tokens import create_token
from webapp.datasets.models import Dataset

pytestmark = pytest.mark.django_db(transaction=True)
EACH = 12


@pytest.fixture
def document(probes: None, researcher: User, dataset: Dataset) -> dict[str, Any]:
    client = Client()
    client.force_login(researcher)
    found: dict[str, Any] = client.get("/api/v1/schema/").json()
    return found


def test_every_route_is_described_with_its_refusals(document: dict[str, Any]) -> None:
    assert len(document["paths"]) == 20
    for path in document["paths"].values():
        for operation in path.values():
            assert {"400", "401", "403"} <= operation["responses"].keys()


@pytest.mark.timeout(280)
def test_generated_requests_are_answered_or_refused(document: dict[str, Any], researcher: User) -> None:
    answer_or_refuse(document, researcher, each=EACH)


def answer_or_refuse(document: dict[str, Any], researcher: User, *, each: int) -> int:
    """Put up to ``each`` generated requests to every operation; returns how many were put."""
    asked = 0
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Bearer {create_token(user=researcher, name='fuzz').secret}"}
    schema = schemathesis.openapi.from_dict(document)

    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        path, query = case.formatted_path, dict(case.query or {})
        body = case.body if isinstance(case.body, dict | list) else {}
        answer = client.generic(
            case.method,
            path,
            json.dumps(body),
            content_type="application/json",
            query_params={name: str(value) for name, value in query.items()},
            headers=headers,
        )
        assert answer.status_code < 500, (case.method, path, query, body, answer.content[:300])

    for found in schema.get_all_operations():
        operation = found.ok()
        check = settings(
            max_examples=each, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
        )(given(case=operation.as_strategy())(ask))
        check()
    return asked
