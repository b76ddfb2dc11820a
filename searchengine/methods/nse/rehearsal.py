"""What ``tell`` needs where nothing is trained: gates and active ops made up from the space by a hash."""

from __future__ import annotations

from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json, digest
from searchengine.methods.nse.genome import SpaceGenome, parse


def findings(job: Job) -> Json:
    """Gates between -1 and 1 for every active op, none of them pruned; nothing for other jobs."""
    if job.kind != "train_supernet":
        return {}
    (number,) = job.subjects
    genome = parse(job.genomes[number])
    assert isinstance(genome, SpaceGenome)
    active = [list(ops) for ops in genome.space.active]
    alphas = [
        [int(digest([job.seed, cell, op])[:6], 16) / 0x7FFFFF - 1.0 for op in ops]
        for cell, ops in enumerate(active)
    ]
    return {"active": active, "alphas": alphas}
