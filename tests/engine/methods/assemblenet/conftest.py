from pathlib import Path

import numpy as np
import pytest

from searchengine.data.prepare import prepare
from searchengine.data.prepared import PreparedData, open_prepared
from searchengine.methods.assemblenet.params import AssembleNetParams
from searchengine.methods.assemblenet.space import AssembleNetSpace
from tests.engine.methods.assemblenet.published import SMALL_DATA


@pytest.fixture
def space() -> AssembleNetSpace:
    """The space of the demo preset on small clips with flow."""
    return AssembleNetSpace(AssembleNetParams(), SMALL_DATA)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def streams_root(built_in_root: Path) -> Path:
    return built_in_root


@pytest.fixture(scope="session")
def streams(streams_root: Path) -> PreparedData:
    """Digits in motion with optical flow, 16 classes."""
    return open_prepared(streams_root, prepare("digits-motion16", streams_root).summary.fingerprint)
