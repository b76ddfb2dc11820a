"""Every method of the catalogue passes the contract shipped with the engine."""

from __future__ import annotations

import pytest

from searchengine import catalogue
from searchengine.testing.contract import MethodContract


@pytest.fixture(params=sorted(catalogue.methods()), scope="class")
def slug(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestEveryMethod(MethodContract):
    pass
