"""What jobs would find, for rehearsals without training: a weight a connection, by a hash."""

from __future__ import annotations

from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json, digest
from searchengine.methods.assemblenet.connections import by_block
from searchengine.methods.assemblenet.genome import parse


def findings(job: Job) -> Json:
    genome = parse(job.genomes[job.subjects[0]])
    weights = {
        edge: int(digest([job.genomes[job.subjects[0]], list(edge)])[:8], 16) / 2**32
        for edge in genome.weighted
    }
    return {"weights": by_block(genome, weights)}
