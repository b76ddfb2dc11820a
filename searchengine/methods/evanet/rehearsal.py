"""What jobs would find, for rehearsals without training."""

from __future__ import annotations

from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json


def findings(job: Job) -> Json:
    if job.kind == "ensemble":
        return {
            "ensemble": {
                "fitness": 1.8,
                "accuracy": 0.9,
                "top_k": 0.9,
                "loss": 0.3,
                "members": len(job.subjects),
            }
        }
    if job.kind == "retrain":
        state = {
            "mu": [0.5, 2.5],
            "profiles": [[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]],
            "tau": [[0.1, 0.2, 0.3, 0.4, 0.5]] * 3,
        }
        return {"itgm": [{"layer": "stem.conv", "frames": 3, "before": state, "after": state}]}
    return {}
