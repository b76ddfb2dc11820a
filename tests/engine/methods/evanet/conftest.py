import numpy as np
import pytest

from searchengine.methods.evanet.params import EvaNetParams
from searchengine.methods.evanet.space import EvaNetSpace
from tests.engine.methods.evanet.published import SMALL_DATA


@pytest.fixture
def space() -> EvaNetSpace:
    """The space of the demo preset on small clips."""
    return EvaNetSpace(EvaNetParams(), SMALL_DATA)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
