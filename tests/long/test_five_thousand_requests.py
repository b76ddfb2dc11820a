"""Five thousand generated requests to the API: each is answered or refused, none meets an error of ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.long.scale import scaled
from tests.web.api.test_schema import answer_or_refuse, document
from tests.web.conftest import dataset, person, probes, researcher, team
from webapp.accounts.models import User

__all__ = ["dataset", "document", "person", "probes", "researcher", "team"]

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]

REQUESTS = 5000


@pytest.mark.timeout(7200)
def test_every_request_is_answered_or_refused(document: dict[str, Any], researcher: User) -> None:
    operations = sum(len(path) for path in document["paths"].values())
    few = sum(not operation.get("parameters") and "requestBody" not in operation
              for path in document["paths"].values() for operation in path.values())  # fmt: skip
    wanted = scaled(REQUESTS, least=100)
    asked = answer_or_refuse(document, researcher, each=-(-wanted // (operations - few)))
    assert asked >= 0.9 * wanted  # some operations have fewer different requests than that
