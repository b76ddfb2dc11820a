"""``summary.json``: what a finished run was and found, in one object."""

from __future__ import annotations

from searchengine import catalogue
from searchengine.core.jsontext import Json
from searchengine.core.method import Member
from searchengine.driver.folder import RunFolder


def summary(folder: RunFolder) -> Json:
    """The summary of a run in its folder, finished or not (``finished`` says which).

    ``seconds`` is wall time over all sessions, ``training_seconds`` what the training processes used;
    ``cost`` is the predicted cost of the search phase in multiply-adds times samples, ``final_cost`` that of
    the trainings after it. Scores are on validation.
    """
    plan = folder.plan
    outcome = folder.outcome
    members = [_member(folder, member) for member in outcome.members] if outcome is not None else []
    records = folder.lineage.records()
    final_cost = sum(
        one["cost"] for record in records for one in record["evaluations"] if one["phase"] == "final"
    )
    return {
        "method": plan.method,
        "params": plan.params,
        "preset": folder.launch.get("preset"),
        "seed": plan.seed,
        "window": plan.window,
        "order": plan.order,
        "budget": plan.budget.to_json(),
        "data": {"slug": plan.data.slug, "fingerprint": plan.data.fingerprint},
        "recipe": plan.recipe,
        "finished": folder.finished,
        "stopped_by": folder.progress.get("closing"),
        "births": len(records),
        "evaluations": folder.progress.get("evaluations", 0),
        "reused": folder.progress.get("reused", 0),
        "failed": folder.progress.get("failed", 0),
        "cost": folder.progress.get("cost", 0.0),
        "final_cost": final_cost,
        "seconds": round(folder.elapsed, 3),
        "training_seconds": round(folder.spent_seconds, 3),
        "best": members[0] if members else None,
        "result": {
            "kind": catalogue.method(plan.method).result,
            "metrics": outcome.metrics if outcome is not None else {},
            "members": members,
        },
    }


def _member(folder: RunFolder, member: Member) -> Json:
    record = folder.lineage.record(member.birth)
    score = next((one for one in record["evaluations"] if one["job"] == member.job), None)
    metrics = score["metrics"] if score is not None else {}
    return {
        "birth": member.birth,
        "genome": record["genome"],
        "fitness": metrics.get("fitness", record["fitness"]),
        "metrics": metrics,
        "parameters": record["parameters"],
        "flops": record["flops"],
        "job": member.job,
        "weights": member.weights,
    }
