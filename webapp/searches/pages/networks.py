"""The network of a birth, described anew from its genome whenever somebody looks at it."""

from __future__ import annotations

from functools import lru_cache

from searchengine import catalogue
from searchengine.architecture.graph import Architecture
from searchengine.core.errors import EngineError
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.method import Space
from searchengine.core.setting import DataSummary
from searchengine.driver.control import searched as _searched
from searchengine.report.drawing import Drawing
from searchengine.report.layout import layout
from webapp.searches.models import Genome, SearchRun


def architecture(run: SearchRun, birth: Genome) -> Architecture:
    """The birth's network at full fidelity, as an export would hold it. Raises ``EngineError`` when its
    method is gone or no longer understands the genome."""
    return _described(*_space_of(run), birth.genome)


def drawing(run: SearchRun, birth: Genome) -> Drawing:
    """The birth's network laid out, repeats drawn once. Raises as ``architecture``."""
    return _laid_out(*_space_of(run), birth.genome)


def space_of(run: SearchRun) -> Space:
    """The space a run searches: its method's own, or the one a control was given. Raises ``EngineError``."""
    return _space(*_space_of(run))


def searched(run: SearchRun) -> str:
    """The slug of the method or space whose genomes the run's births are, of a draft too. Raises
    ``EngineError``."""
    return _searched(run.method, run.params_json)[0]


def params_of(run: SearchRun) -> Json:
    """The parameters of what the run searches: its method's, or those of the space a control was given.
    Raises ``EngineError``."""
    return _searched(run.method, run.params_json)[1]


def unplotted(run: SearchRun) -> tuple[str, ...]:
    """How the names of a curve begin that the searched method or space shows otherwise; none where it is
    gone."""
    try:
        return catalogue.spaces()[searched(run)].unplotted
    except (EngineError, KeyError):
        return ()


def data_of(run: SearchRun) -> DataSummary:
    """The data set as it was when the run was launched; a draft's as it is now. Raises ``EngineError`` where
    that is not ready."""
    plan: Json = loads(run.plan)
    return DataSummary.from_json(plan["data"]) if plan else run.dataset.data_summary()


def _space_of(run: SearchRun) -> tuple[str, str, str]:
    slug, params = _searched(run.method, run.params_json)
    return slug, dumps(params), dumps(data_of(run).to_json())


@lru_cache(maxsize=64)
def _space(slug: str, params: str, data: str) -> Space:
    return catalogue.space(slug, loads(params), DataSummary.from_json(loads(data)))


@lru_cache(maxsize=256)
def _described(slug: str, params: str, data: str, genome: str) -> Architecture:
    return _space(slug, params, data).describe(loads(genome), DataSummary.from_json(loads(data)).setting())


@lru_cache(maxsize=256)
def _laid_out(slug: str, params: str, data: str, genome: str) -> Drawing:
    return layout(_described(slug, params, data, genome))
