"""A plain process that trains what it is handed and knows of no product: one command a line in, one line out.

python -m benchmarks.plain_trainer STORE DATA_ROOT
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from searchengine.training.process import Workshop


class Nobody:
    """Where a product would listen."""

    running = None

    def progress(self, step: int, of: int, metrics: dict[str, float], findings: Any) -> None: ...

    def checkpointed(self, step: int, curve: list[dict[str, Any]]) -> None: ...

    def wants_stop(self) -> bool:
        return False


def main(store: str, data_root: str) -> None:
    import torch

    torch.set_num_threads(1)
    place = argparse.Namespace(
        store=Path(store), data_root=Path(data_root), device="cpu", checkpoint_seconds=3600.0
    )
    workshop = Workshop(place, Nobody())
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        result = workshop.run(json.loads(line))
        fitness = [score.fitness for score in result.scores.values()]
        print(json.dumps({"job": result.job, "seconds": result.seconds, "fitness": fitness}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
