"""What the chain space declares."""

from __future__ import annotations

from searchengine.core.jsontext import Json
from searchengine.core.method import Accepts, BuiltInSpace
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary
from searchengine.spaces.chain import genome as code
from searchengine.spaces.chain.space import ChainParams, ChainSpace


def _two_blocks(params: Params, data: DataSummary) -> Json:
    block = {"channels": 16, "kernel": 3, "stride": 1, "pool": False, "activation": "relu"}
    return code.make([block, {**block, "channels": 32}])


SPACE = BuiltInSpace(
    slug="chain",
    title="Chain of convolutions",
    summary="Small image networks of one to four blocks: width, kernel, stride, pool and activation each.",
    params=ChainParams,
    accepts=Accepts(modalities=frozenset({"images"})),
    space=ChainSpace,
    evaluators="searchengine.spaces.chain.evaluate",
    examples={"two blocks of 3×3": _two_blocks},
)
