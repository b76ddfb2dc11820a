"""Prepared digits, once for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchengine.data.prepare import prepare
from searchengine.data.prepared import PreparedData, open_prepared


@pytest.fixture(scope="session")
def data_root(built_in_root: Path) -> Path:
    return built_in_root


@pytest.fixture(scope="session")
def digits(data_root: Path) -> PreparedData:
    return open_prepared(data_root, prepare("digits", data_root).summary.fingerprint)


@pytest.fixture(scope="session")
def motion(data_root: Path) -> PreparedData:
    return open_prepared(data_root, prepare("digits-motion", data_root).summary.fingerprint)
