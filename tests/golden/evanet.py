"""A short recorded EvaNet search with real training (the rehearsed one stands in ``evanet.jsonl``). After a
change that is meant to alter history, record it anew and say why:

    python -m tests.golden.evanet record
"""

from pathlib import Path

from searchengine.core.jsontext import Json
from searchengine.driver import make_plan
from tests.engine.methods.evanet.bars import moving_bars
from tests.golden import short_search

TRAINED = Path(__file__).parent / "evanet_trained.json"
SEED = 20
SHORT = {
    "population": 4, "sample_size": 2, "rounds": 4, "mutations_decay": 2, "train_steps": 10, "batch": 16,
    "final_steps": 20, "final_batch": 16, "ensemble_size": 2, "baselines": False, "dropout": 0.0,
}  # fmt: skip


def trained(folder: Path) -> Json:
    """The search on bars that move, in float32."""
    found = moving_bars(folder)
    return short_search.trained(make_plan("evanet", found.summary, seed=SEED, values=SHORT, window=2), folder)


if __name__ == "__main__":
    short_search.recorder(__doc__, trained, TRAINED)
