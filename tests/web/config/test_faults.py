"""An answer that cannot be made says so, in the shape its reader expects, without asking the database."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from webapp.config.faults import fault


def told(address: str, error: Exception) -> HttpResponse:
    try:
        raise error
    except Exception:
        return fault(RequestFactory().get(address))


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [(OperationalError("gone"), 503, "does not answer"), (ZeroDivisionError("a bug"), 500, "on our side")],
)
def test_programs_get_json_and_people_a_page(error: Exception, status: int, word: str) -> None:
    answer = told("/api/v1/runs/", error)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    assert word in json.loads(answer.content)["detail"]
    page = told("/runs/1/", error)
    assert page.status_code == status
    assert word in page.content.decode()
    assert "gone" not in page.content.decode()
    assert (status == 503) == page.has_header("Retry-After")


def away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("the connection was closed")


urlpatterns = [path("api/v1/away/", away)]
handler500 = "webapp.config.faults.fault"


@override_settings(ROOT_URLCONF=__name__)
def test_django_calls_it_with_the_exception_at_hand() -> None:
    answer = Client(raise_request_exception=False).get("/api/v1/away/")
    assert answer.status_code == 503
    assert "database" in answer.json()["detail"]
