"""What ``tell`` needs where nothing is trained: gates and active ops made up from the space by a hash."""

from __future__ import annotations

from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json, digest
from searchengine.methods.nse.costs import macs
from searchengine.methods.nse.genome import SpaceGenome, parse

MACS_A_MICROSECOND = 1024
WHERE: Json = {
    "device": "none",
    "threads": 1,
    "batch": 1,
    "repetitions": 2,
    "torch": "none",
    "measured": "never",
}


def findings(job: Job) -> Json:
    """Gates between -1 and 1 for every active op, none of them pruned; latencies in proportion to
    multiply-adds on images of 3×8×8; nothing for other jobs."""
    if job.kind not in ("train_supernet", "measure_latency"):
        return {}
    (number,) = job.subjects
    genome = parse(job.genomes[number])
    assert isinstance(genome, SpaceGenome)
    if job.kind == "measure_latency":
        table = macs(genome.skeleton.as_trained(job.arguments["space_params"]), (3, 8, 8), 10)
        scaled = [[cost / MACS_A_MICROSECOND for cost in row] for row in table.ops]
        return {"costs": {"ops": scaled, "fixed": table.fixed / MACS_A_MICROSECOND}, "where": WHERE}
    active = [list(ops) for ops in genome.space.active]
    alphas = [
        [int(digest([job.seed, cell, op])[:6], 16) / 0x7FFFFF - 1.0 for op in ops]
        for cell, ops in enumerate(active)
    ]
    return {"active": active, "alphas": alphas}
