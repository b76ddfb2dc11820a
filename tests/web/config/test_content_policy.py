"""Every answer carries the policy, and a view may widen it for itself alone."""

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from webapp.config.content_policy import HEADER, ContentPolicyMiddleware, allow


def answer(widen: bool = False) -> str:
    def view(request: HttpRequest) -> HttpResponse:
        response = HttpResponse()
        if widen:
            allow(response, "script-src", "'sha256-abc'")
        return response

    response = ContentPolicyMiddleware(view)(RequestFactory().get("/"))
    assert isinstance(response, HttpResponse)
    return response.headers[HEADER]


def test_no_inline_script_and_nothing_from_elsewhere() -> None:
    said = answer()
    assert "script-src 'self';" in said
    assert "default-src 'self'" in said
    assert "object-src 'none'" in said


def test_a_hash_is_allowed_for_one_answer_alone() -> None:
    assert "script-src 'self' 'sha256-abc'" in answer(widen=True)
    assert "sha256" not in answer()


async def test_it_works_in_an_asynchronous_chain() -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    awaited = ContentPolicyMiddleware(view)(RequestFactory().get("/"))
    assert not isinstance(awaited, HttpResponse)
    response = await awaited  # type: ignore[misc]
    assert HEADER in response.headers
