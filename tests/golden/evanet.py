"""A short recorded EvaNet search with real training (the rehearsed one stands in ``evanet.jsonl``). After a
change that is meant to alter history, record it anew and say why:

    python -m tests.golden.evanet record
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from searchengine.core.jsontext import Json
from searchengine.driver import make_plan
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import LocalRun
from tests.engine.methods.evanet.bars import moving_bars

HERE = Path(__file__).parent
TRAINED = HERE / "evanet_trained.json"
SEED = 20
SHORT = {
    "population": 4, "sample_size": 2, "rounds": 4, "mutations_decay": 2, "train_steps": 10, "batch": 16,
    "final_steps": 20, "final_batch": 16, "ensemble_size": 2, "baselines": False, "dropout": 0.0,
}  # fmt: skip


def trained(folder: Path) -> Json:
    """A short search with real training processes on one core, in float32: births with fitness, and the
    result."""
    found = moving_bars(folder)
    plan = make_plan("evanet", found.summary, seed=SEED, values=SHORT, window=2)
    run = RunFolder.create(folder / "run", plan, preset=None, workers=1, control=False)
    try:
        LocalRun(run, workers=1, data_root=folder / "data").run()
        births = [
            {
                "number": record["number"],
                "key": record["key"],
                "parents": record["parents"],
                "fitness": round(record["fitness"], 6),
                "parameters": record["parameters"],
            }
            for record in run.lineage.records()
        ]
        assert run.outcome is not None
        return {"births": births, "members": [member.birth for member in run.outcome.members]}
    finally:
        run.close()


def record() -> None:
    with tempfile.TemporaryDirectory() as folder:
        TRAINED.write_text(json.dumps(trained(Path(folder)), indent=1) + "\n", encoding="utf-8")
    print(TRAINED)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["record"])
    parser.parse_args()
    record()
    sys.exit(0)
