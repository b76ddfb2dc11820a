"""A short recorded AssembleNet search with real training on clips with flow (the rehearsed one stands in
``assemblenet.jsonl``). After a change that is meant to alter history, record it anew and say why:

    python -m tests.golden.assemblenet record
"""

from pathlib import Path

from searchengine.core.jsontext import Json
from searchengine.data.manifest import Preparation
from searchengine.data.prepare import prepare
from searchengine.driver import make_plan
from searchengine.driver.folder import RunFolder
from tests.engine.methods.evanet.bars import moving_bars
from tests.golden import short_search

TRAINED = Path(__file__).parent / "assemblenet_trained.json"
SEED = 20
SHORT = {
    "population": 4, "sample_size": 2, "rounds": 4, "mutations_decay": 2, "train_steps": 20, "batch": 16,
    "final_steps": 20, "final_batch": 16, "finalists": 2,
}  # fmt: skip


def trained(folder: Path) -> Json:
    """The search on bars that move, with the flow they make, in float32; besides, what the connections of
    its founders learned."""
    moving_bars(folder)
    found = prepare(str(folder / "bars.npz"), folder / "data", Preparation(flow="farneback"))
    plan = make_plan("assemblenet", found.summary, seed=SEED, values=SHORT, window=2)
    births = short_search.trained(plan, folder)
    archive = RunFolder(folder / "run", read_only=True).archive
    founders = range(plan.params["population"])
    weights = {str(number): archive.report(number).findings["weights"] for number in founders}
    return {**births, "weights": weights}


if __name__ == "__main__":
    short_search.recorder(__doc__, trained, TRAINED)
